// A user who asked once and now reads for a long time.
import http from 'k6/http';
import { sleep } from 'k6';

export default function () {
  http.get(__ENV.TARGET_URL);
  sleep(3600);
}
