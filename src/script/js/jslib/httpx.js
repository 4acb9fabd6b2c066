// httpx: a session over k6/http with a base URL and its own headers, tags and other parameters.
import http from 'k6/http';

function merge(session, own) {
  const out = { ...session, ...own };
  for (const key of ['headers', 'tags', 'cookies']) {
    if (session[key] || (own && own[key])) out[key] = { ...session[key], ...(own && own[key]) };
  }
  return out;
}

export class Request {
  constructor(method, url, body, params = {}) {
    this.method = method;
    this.url = url;
    this.body = body;
    this.params = params;
  }
}

export class Get extends Request {
  constructor(url, body, params) { super('GET', url, null, params || body); }
}
export class Head extends Request {
  constructor(url, body, params) { super('HEAD', url, null, params || body); }
}
export class Post extends Request {
  constructor(url, body, params) { super('POST', url, body, params); }
}
export class Put extends Request {
  constructor(url, body, params) { super('PUT', url, body, params); }
}
export class Patch extends Request {
  constructor(url, body, params) { super('PATCH', url, body, params); }
}
export class Delete extends Request {
  constructor(url, body, params) { super('DELETE', url, body, params); }
}
export class Options extends Request {
  constructor(url, body, params) { super('OPTIONS', url, body, params); }
}

export class Httpx {
  constructor({ baseURL = '', ...params } = {}) {
    this.baseURL = baseURL;
    this.params = merge({ headers: {}, tags: {}, timeout: 60000 }, params);
  }

  setBaseUrl(url) { this.baseURL = url; }

  addHeader(name, value) { this.params.headers[name] = value; }

  addHeaders(headers) { Object.assign(this.params.headers, headers); }

  clearHeader(name) { delete this.params.headers[name]; }

  addTag(name, value) { this.params.tags[name] = value; }

  addTags(tags) { Object.assign(this.params.tags, tags); }

  clearTag(name) { delete this.params.tags[name]; }

  setTimeout(timeout) { this.params.timeout = timeout; }

  setOptions(options) { this.params = merge(this.params, options); }

  #url(url) {
    return typeof url === 'string' && !/^[a-z][a-z0-9+.-]*:\/\//i.test(url) ? this.baseURL + url : url;
  }

  request(method, url, body = null, params = {}) {
    return http.request(method, this.#url(url), body, merge(this.params, params));
  }

  asyncRequest(method, url, body = null, params = {}) {
    return http.asyncRequest(method, this.#url(url), body, merge(this.params, params));
  }

  get(url, body, params) { return this.request('GET', url, null, params || body || {}); }

  head(url, body, params) { return this.request('HEAD', url, null, params || body || {}); }

  post(url, body, params) { return this.request('POST', url, body, params); }

  put(url, body, params) { return this.request('PUT', url, body, params); }

  patch(url, body, params) { return this.request('PATCH', url, body, params); }

  delete(url, body, params) { return this.request('DELETE', url, body, params); }

  del(url, body, params) { return this.request('DELETE', url, body, params); }

  options(url, body, params) { return this.request('OPTIONS', url, body, params); }

  batch(requests, params = {}) {
    const one = (request) => {
      if (typeof request === 'string') return ['GET', this.#url(request), null, merge(this.params, params)];
      const [method, url, body, own] = Array.isArray(request) ? request : [request.method, request.url, request.body, request.params];
      return [method || 'GET', this.#url(url), body === undefined ? null : body, merge(merge(this.params, params), own)];
    };
    return http.batch(Array.isArray(requests) ? requests.map(one) : Object.fromEntries(Object.keys(requests).map((key) => [key, one(requests[key])])));
  }
}

export default { Httpx, Request, Get, Head, Post, Put, Patch, Delete, Options };
