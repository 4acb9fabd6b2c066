"""Which Content-Encodings to ask for."""


def accept_encoding():
    """As requests where Locust is installed, which brings brotli along. The engine decodes all of them."""
    return "gzip, deflate, br"
