"""Which Locust we are compatible with."""
__version__ = "2.47.0"
FAST_USER_AGENT = "python/gevent-http-client-2.6.1"
