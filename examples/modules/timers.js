// k6/timers: things that happen later or again and again, beside the rest. (The four functions are also globals.)
// An iteration is over when no timer is left.
import http from 'k6/http';
import { check } from 'k6';
import { clearInterval, setInterval, setTimeout } from 'k6/timers';

const base = __ENV.ENDPOINT || 'http://127.0.0.1:6400';

export const options = { vus: 2, iterations: 2 };

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

export default async function () {
  // A heartbeat, three times.
  let beats = 0;
  const heart = setInterval(() => {
    beats += 1;
    http.get(`${base}/api/v1/health`);
    if (beats === 3) {
      clearInterval(heart);
    }
  }, 100);

  // sleep() would stop the heart too, since it blocks this user; a pause does not.
  await pause(2000);
  check(beats, { 'three beats in the pause': (count) => count === 3 });
}
