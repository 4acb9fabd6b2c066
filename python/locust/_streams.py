"""Answers that are read while they come (stream=True).

The engine hands over the bytes as they arrive; here they are decompressed and cut as requests and geventhttpclient do.
What nobody has read yet waits in memory: the server is never slowed by a slow reader.
"""
import io
import zlib

from halftime import _native

from . import _failures, _requests


class _Deflate:
    """deflate is meant to be in zlib's clothes; some servers send it without."""

    def __init__(self):
        self._inner = zlib.decompressobj()
        self._first = True

    def decompress(self, data):
        if self._first and data:
            self._first = False
            try:
                return self._inner.decompress(data)
            except zlib.error:
                self._inner = zlib.decompressobj(-zlib.MAX_WBITS)
        return self._inner.decompress(data)

    def flush(self):
        return self._inner.flush()


class _Gzip:
    """gzip, which may be several members one after the other."""

    def __init__(self):
        self._inner = zlib.decompressobj(16 + zlib.MAX_WBITS)

    def decompress(self, data):
        out = self._inner.decompress(data)
        while self._inner.eof and self._inner.unused_data.lstrip(b"\0"):
            rest = self._inner.unused_data
            self._inner = zlib.decompressobj(16 + zlib.MAX_WBITS)
            out += self._inner.decompress(rest)
        return out

    def flush(self):
        return self._inner.flush()


class _Brotli:
    def __init__(self):
        try:
            import brotlicffi as brotli
        except ImportError:
            import brotli
        inner = brotli.Decompressor()
        self.decompress = getattr(inner, "decompress", None) or inner.process

    def flush(self):
        return b""


class _Zstd:
    def __init__(self):
        import zstandard

        self.decompress = zstandard.ZstdDecompressor().decompressobj().decompress

    def flush(self):
        return b""


class _Chain:
    """Several codings; the last one applied is taken off first."""

    def __init__(self, decoders):
        self._decoders = decoders

    def decompress(self, data):
        for decoder in self._decoders:
            data = decoder.decompress(data)
        return data

    def flush(self):
        out = b""
        for decoder in self._decoders:
            out = (decoder.decompress(out) if out else b"") + decoder.flush()
        return out


_DECODERS = {"gzip": _Gzip, "x-gzip": _Gzip, "deflate": _Deflate, "br": _Brotli, "zstd": _Zstd}


def decoder_of(header):
    """What takes off a Content-Encoding, or None if there is nothing (known) to take off."""
    codings = [coding.strip().lower() for coding in (header or "").split(",") if coding.strip()]
    if not codings or any(coding not in _DECODERS for coding in codings):
        return None
    try:
        return _Chain([_DECODERS[coding]() for coding in reversed(codings)])
    except ImportError:
        return None


class RawStream(io.RawIOBase):
    """response.raw of a streamed answer: the body as it comes, with what people use of urllib3's response."""

    decode_content = False

    def __init__(self, response):
        super().__init__()
        self._response = response
        self.status = response.status_code
        self.reason = response.reason
        self.headers = response.headers
        self.version = 10 if response.http_version == "HTTP/1.0" else 11

    def readable(self):
        return True

    def readinto(self, buffer):
        data = self.read(len(buffer))
        buffer[:len(data)] = data
        return len(data)

    def read(self, amt=None, decode_content=None, **_kwargs):
        decode = self.decode_content if decode_content is None else decode_content
        return self._response._take(-1 if amt is None else amt, decode)

    def stream(self, amt=65536, decode_content=None):
        decode = self.decode_content if decode_content is None else decode_content
        while chunk := self._response._take_some(amt, decode):
            yield chunk

    def getheader(self, name, default=None):
        return self.headers.get(name, default)

    def getheaders(self):
        return list(self.headers.items())

    def close(self):
        if not self.closed:
            self._response.close()
        super().close()

    def release_conn(self):
        """The engine keeps its connections itself."""


class Streamed:
    """Put before a response class: its content is read when somebody asks for it."""

    _errors = _failures.RequestsErrors
    _timeout = None
    _whole = None
    _begun = False
    _waiting = b""
    _decoder = None
    _decoder_known = False
    _at_end = False

    # --- bytes ---

    def _more(self, decode):
        """Some more bytes; b"" at the end."""
        while not self._at_end:
            data = self.read_some()
            if not data:
                self._at_end = True
                if self.fault:
                    raise _failures.error_of(self, self._timeout, self._errors)
                return self._decode(b"", True) if decode else b""
            data = self._decode(data, False) if decode else data
            if data:
                return data
        return b""

    def _decode(self, data, last):
        if not self._decoder_known:
            self._decoder_known = True
            self._decoder = decoder_of(self.header("Content-Encoding"))
        if self._decoder is None:
            return data
        try:
            return self._decoder.flush() if last else self._decoder.decompress(data)
        except Exception as error:
            self.close()
            raise self._decode_error(error) from error

    def _decode_error(self, error):
        coding = self.header("Content-Encoding")
        return _requests.ContentDecodingError(_failures.DecodeError(
            f"Received response with content-encoding: {coding}, but failed to decode it.", error))

    def _take_some(self, size, decode):
        """What is there, at most size bytes; waits for the first."""
        data = self._waiting or self._more(decode)
        self._waiting = data[size:] if size and size > 0 else b""
        return data[:size] if size and size > 0 else data

    def _take(self, size, decode):
        """size bytes (-1: all), fewer only at the end."""
        parts, have = [], 0
        while size < 0 or have < size:
            data = self._take_some(size - have if size > 0 else 0, decode)
            if not data:
                break
            parts.append(data)
            have += len(data)
        return b"".join(parts)

    # --- what people use ---

    @property
    def content(self):
        if self._whole is None:
            if self._begun:
                raise RuntimeError("The content for this response was already consumed")
            self._begun = True
            self._whole = self._take(-1, True)
        return self._whole

    @property
    def raw(self):
        if self.__dict__.get("_raw") is None:
            self._raw = RawStream(self)
        return self._raw

    def iter_content(self, chunk_size=1, decode_unicode=False):
        if chunk_size is not None and not isinstance(chunk_size, int):
            raise TypeError(f"chunk_size must be an int, it is instead a {type(chunk_size)}.")
        if self._whole is None and self._begun:
            raise _requests.StreamConsumedError()
        chunks = self._chunks(chunk_size)
        return self._as_text(chunks) if decode_unicode else chunks

    def _chunks(self, chunk_size):
        if self._whole is not None:
            step = chunk_size or max(len(self._whole), 1)
            yield from (self._whole[start:start + step] for start in range(0, len(self._whole), step))
            return
        self._begun = True
        # Of a body in chunks each is handed on as it comes; else as many bytes as were asked for.
        take = self._take if chunk_size and self.header("Content-Length") else self._take_some
        while chunk := take(chunk_size or 0, True):
            yield chunk

    def _as_text(self, chunks):
        import codecs

        if self.encoding is None:
            yield from chunks
            return
        decoder = codecs.getincrementaldecoder(self.encoding)(errors="replace")
        for chunk in chunks:
            text = decoder.decode(chunk)
            if text:
                yield text
        text = decoder.decode(b"", final=True)
        if text:
            yield text

    def iter_lines(self, chunk_size=512, decode_unicode=False, delimiter=None):
        rest = None
        for chunk in self.iter_content(chunk_size, decode_unicode):
            chunk = chunk if rest is None else rest + chunk
            lines = chunk.split(delimiter) if delimiter else chunk.splitlines()
            # What does not end here goes on in the next chunk.
            rest = lines.pop() if lines and lines[-1] and lines[-1][-1] == chunk[-1] else None
            yield from lines
        if rest is not None:
            yield rest

    def close(self):
        """The rest is not wanted: the connection ends, unless all has come."""
        _native.Response.close(self)

    def _length(self):
        """As Locust counts it: what the header says."""
        length = self.header("Content-Length") or ""
        return int(length) if length.isdigit() else 0

