"""The log of a locustfile's process."""
import logging
import logging.config
import os
import socket
import time
from collections import deque

HOSTNAME = socket.gethostname().partition(".")[0]

# Lines kept for whoever asks for the log.
_LINES_KEPT = 500
# Lines of one second that are handed on to the page and the ledger.
_FORWARDED_PER_S = 100


class LogReader(logging.Handler):
    """Keeps the latest lines."""

    def __init__(self):
        super().__init__()
        self.logs = deque(maxlen=_LINES_KEPT)

    def emit(self, record):
        self.logs.append(self.format(record))


_reader = LogReader()


def setup_logging(loglevel, logfile=None):
    """[date time] host/LEVEL/logger: message, on stderr or in a file; tables without the prefix."""
    loglevel = loglevel.upper()
    if logfile and os.path.dirname(logfile):
        os.makedirs(os.path.dirname(logfile), exist_ok=True)
    plain_target = {"class": "logging.FileHandler", "filename": logfile} if logfile else {"class": "logging.StreamHandler"}
    logging.config.dictConfig({
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "default": {"format": f"[%(asctime)s] {HOSTNAME}/%(levelname)s/%(name)s: %(message)s"},
            "plain": {"format": "%(message)s"},
        },
        "handlers": {
            "target": {**plain_target, "formatter": "default"},
            "plain_target": {**plain_target, "formatter": "plain"},
        },
        "loggers": {
            "locust": {"handlers": ["target"], "level": loglevel, "propagate": False},
            "locust.stats_logger": {"handlers": ["plain_target"], "level": "INFO", "propagate": False},
            # A line per connection is never what somebody wants here.
            "requests": {"level": "WARNING"},
            "urllib3": {"level": "WARNING"},
        },
        "root": {"handlers": ["target"], "level": loglevel},
    })
    _reader.setFormatter(logging.Formatter(f"[%(asctime)s] {HOSTNAME}/%(levelname)s/%(name)s: %(message)s"))
    for name in (None, "locust"):
        logger = logging.getLogger(name)
        if _reader not in logger.handlers:
            logger.addHandler(_reader)


class _Forwarder(logging.Handler):
    """Hands lines on, but no more a second than anybody can read: the rest is where this process prints its own."""

    def __init__(self, send, now=time.monotonic):
        super().__init__()
        self._send = send
        self._now = now
        self._since = now()
        self._count = 0

    def emit(self, record):
        try:
            self._forward(record)
        except RuntimeError:
            pass  # another thread than the engine's: the line is printed, and that must do

    def _forward(self, record):
        now = self._now()
        if now - self._since >= 1:
            left_out = self._count - _FORWARDED_PER_S
            self._since, self._count = now, 0
            if left_out > 0:
                self._send(logging.WARNING, f"{left_out} more lines of one second are only in the program's own log")
        self._count += 1
        if self._count <= _FORWARDED_PER_S:
            self._send(record.levelno, self.format(record))


def forward_to(send):
    """From now on ``send(level, text)`` gets every line, too; once."""
    forwarder = _Forwarder(send)
    for name in (None, "locust"):
        logger = logging.getLogger(name)
        for handler in [h for h in logger.handlers if isinstance(h, _Forwarder)]:
            logger.removeHandler(handler)
        logger.addHandler(forwarder)


def get_logs():
    """The latest lines of the log."""
    return list(_reader.logs)


def greenlet_exception_logger(logger, level=logging.CRITICAL):
    """A link for greenlets: logs what they died of."""

    def log_exception(greenlet):
        logger.log(level, "Unhandled exception in greenlet: %s", greenlet, exc_info=greenlet.exc_info)
        from . import _state

        _state.unhandled_exception = True

    return log_exception
