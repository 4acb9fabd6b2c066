// k6/data: test data that all users of a process share. An ordinary array would be copied for every user: 10 MB for 1,000 users are 10 GB.
import { SharedArray } from 'k6/data';
import exec from 'k6/execution';
import http from 'k6/http';
import { check } from 'k6';

const base = __ENV.ENDPOINT || 'http://127.0.0.1:6400';

// The function runs once. open() reads a file beside the script, and works only out here.
const users = new SharedArray('users', () => JSON.parse(open('./users.json')));

export const options = { vus: 2, iterations: 8 };

export default function () {
  const user = users[exec.scenario.iterationInTest % users.length];
  const login = http.post(`${base}/login`, { username: user.name, password: user.drink });
  check(login, { 'logged in as that user': (r) => r.json('user') === user.name });

  // Elements are read-only, for they belong to all.
  let refused = false;
  try {
    user.name = 'Mallory';
  } catch (error) {
    refused = error instanceof TypeError;
  }
  check(refused, { 'cannot be changed': (value) => value });
}
