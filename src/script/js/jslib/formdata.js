// FormData: multipart/form-data bodies put together by hand.

function bytesOf(value) {
  if (value instanceof ArrayBuffer) return new Uint8Array(value);
  if (ArrayBuffer.isView(value)) return new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
  if (Array.isArray(value)) return new Uint8Array(value);
  return new TextEncoder().encode(String(value));
}

export class FormData {
  constructor() {
    this.boundary = `------RWWorkerFormDataBoundary${Math.random().toString(36).substring(2)}`;
    this.parts = [];
  }

  // value: text, an http.file(), or {data, filename, content_type}
  append(name, value, filename) {
    const part = { field: String(name), value, filename };
    if (value !== null && typeof value === 'object' && value.data !== undefined) {
      part.value = value.data;
      part.filename = filename || value.filename;
      part.type = value.content_type;
    }
    this.parts.push(part);
  }

  // The body as ArrayBuffer.
  body() {
    const pieces = [];
    for (const part of this.parts) {
      let head = `--${this.boundary}\r\nContent-Disposition: form-data; name="${part.field}"`;
      if (part.filename) head += `; filename="${part.filename}"`;
      if (part.filename || part.type) head += `\r\nContent-Type: ${part.type || 'application/octet-stream'}`;
      pieces.push(bytesOf(`${head}\r\n\r\n`), bytesOf(part.value), bytesOf('\r\n'));
    }
    pieces.push(bytesOf(`--${this.boundary}--\r\n`));
    const body = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
    let at = 0;
    for (const piece of pieces) {
      body.set(piece, at);
      at += piece.length;
    }
    return body.buffer;
  }
}

export default { FormData };
