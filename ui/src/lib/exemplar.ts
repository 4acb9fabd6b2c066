// An exemplar is kept as text, as it went over the wire: request, empty line, body, then the response from its status line on.

export interface Message {
  /** "GET http://…" or "HTTP/1.1 503 Service Unavailable". */
  line: string;
  headers: [string, string][];
  body: string;
}

export interface Exchange {
  request: Message | null;
  response: Message | null;
}

const STATUS_LINE = /^HTTP\/\d(?:\.\d)? \d{3}/;
const REQUEST_LINE = /^[A-Z]+ \S+/;

function messageOf(lines: string[]): Message {
  const end = lines.findIndex((line, i) => i > 0 && line.trim() === '');
  const head = lines.slice(1, end < 0 ? lines.length : end);
  const headers = head.map((line): [string, string] => {
    const cut = line.indexOf(':');
    return cut < 0 ? ['', line] : [line.slice(0, cut), line.slice(cut + 1).trim()];
  });
  return { line: (lines[0] ?? '').trim(), headers, body: end < 0 ? '' : lines.slice(end).join('\n').trim() };
}

/** Null: the text is no exchange of HTTP, and is to be shown as it is. */
export function exchangeOf(text: string): Exchange | null {
  const lines = text.replace(/\r/g, '').split('\n');
  const answer = lines.findIndex((line) => STATUS_LINE.test(line));
  const asked = answer < 0 ? lines : lines.slice(0, answer);
  const request = REQUEST_LINE.test(asked[0] ?? '') ? messageOf(asked) : null;
  if (!request && answer < 0) return null;
  return { request, response: answer < 0 ? null : messageOf(lines.slice(answer)) };
}

export function statusOf(exchange: Exchange | null): string {
  return exchange?.response?.line.replace(/^\S+ /, '') ?? 'no answer';
}
