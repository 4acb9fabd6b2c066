"""Which Content-Encodings to ask for."""
import importlib.util


def accept_encoding():
    """As requests in this environment: brotli and zstandard when a package for them is installed."""
    codings = ["gzip", "deflate"]
    if any(importlib.util.find_spec(name) for name in ("brotli", "brotlicffi")):
        codings.append("br")
    return ", ".join(codings)
