// Multipart forms: a body that holds an http.file() is sent as multipart/form-data, as a browser sends a file.
import http from 'k6/http';
import { check } from 'k6';

const base = __ENV.ENDPOINT || 'http://127.0.0.1:6400';

// Out here, since it works before the test only; with 'b' it comes as bytes (an ArrayBuffer), which is right for pictures.
const picture = open('./users.json', 'b');

export const options = { vus: 2, iterations: 4 };

export default function () {
  const form = {
    username: 'kettle',
    note: http.file('Water, tea, patience.', 'note.txt', 'text/plain'), // data, name, type
    picture: http.file(picture, 'picture.json'),
  };
  // The practice backend takes no uploads and answers 400: expected here, so it is not counted in http_req_failed.
  const response = http.post(`${base}/login`, form, { responseCallback: http.expectedStatuses(400) });
  check(response, {
    'sent as multipart': (r) => r.request.headers['Content-Type'][0].startsWith('multipart/form-data; boundary='),
    'fields and files': (r) => ['name="username"', 'filename="note.txt"', 'Water, tea, patience.'].every((part) => r.request.body.includes(part)),
    'refused': (r) => r.status === 400,
  });
}
