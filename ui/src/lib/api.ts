// Asks the server. Errors come back as sentences a person can act upon.

export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
  ) {
    super(message);
  }
}

export type Params = Record<string, string | number | null | undefined>;

/** Address of an API path, below whatever base path the page itself was served from. */
export function url(path: string, params: Params = {}): string {
  const query = new URLSearchParams();
  for (const [key, value] of Object.entries(params)) {
    if (value !== null && value !== undefined && value !== '') query.set(key, String(value));
  }
  const tail = query.toString();
  return `api/v1/${path}${tail ? `?${tail}` : ''}`;
}

async function failure(reply: Response): Promise<ApiError> {
  let code = 'internal';
  let message = `The server answered ${reply.status} ${reply.statusText}.`;
  try {
    const body = (await reply.json()) as { error?: { code?: string; message?: string } };
    code = body.error?.code ?? code;
    message = body.error?.message ?? message;
  } catch {
    // Not JSON: the status line is all there is.
  }
  if (reply.status === 401) message = 'This server wants a token. Open the address that the program printed, or log in.';
  return new ApiError(reply.status, code, message);
}

async function ask(path: string, init: RequestInit): Promise<Response> {
  let reply: Response;
  try {
    reply = await fetch(path, { credentials: 'same-origin', ...init });
  } catch (e) {
    if (e instanceof DOMException && e.name === 'AbortError') throw e;
    throw new ApiError(0, 'offline', 'The server does not answer. Has the program ended?');
  }
  if (!reply.ok) throw await failure(reply);
  return reply;
}

export async function get<T>(path: string, params?: Params, signal?: AbortSignal): Promise<T> {
  return (await (await ask(url(path, params), { signal })).json()) as T;
}

export async function getText(path: string, signal?: AbortSignal): Promise<{ text: string; name: string | null }> {
  const reply = await ask(url(path), { signal });
  return { text: await reply.text(), name: reply.headers.get('X-Script-Name') };
}

export async function send<T>(method: 'POST' | 'PATCH' | 'DELETE', path: string, body: unknown = {}): Promise<T> {
  const headers: Record<string, string> = { 'X-Halftime': '1' };
  const init: RequestInit = { method, headers };
  if (method !== 'DELETE') {
    headers['Content-Type'] = 'application/json';
    init.body = JSON.stringify(body);
  }
  const reply = await ask(url(path), init);
  return (reply.status === 204 ? null : await reply.json()) as T;
}
