"""Statistics as a locustfile sees them.

What was measured is counted by the native side; ``RequestStats`` asks it for the merged figures of all workers when
somebody reads. The arithmetic here (rates, rounded buckets, percentiles) is for whoever reads these objects.
"""
import ast
import datetime
import hashlib
import logging
import math
import time
from collections import OrderedDict, defaultdict, namedtuple

import gevent
from halftime import _native

from . import _state
from .exception import CatchResponseError

logger = logging.getLogger(__name__)
console_logger = logging.getLogger("locust.stats_logger")

# Locustfiles set these.
STATS_NAME_WIDTH = 80
STATS_TYPE_WIDTH = 8
STATS_AUTORESIZE = True
CSV_STATS_INTERVAL_SEC = 1
CSV_STATS_FLUSH_INTERVAL_SEC = 5
CONSOLE_STATS_INTERVAL_SEC = 2
HISTORY_STATS_INTERVAL_SEC = 5
CURRENT_RESPONSE_TIME_PERCENTILE_WINDOW = 10
PERCENTILES_TO_REPORT = [0.50, 0.66, 0.75, 0.80, 0.90, 0.95, 0.98, 0.99, 0.999, 0.9999, 1.0]
PERCENTILES_TO_STATISTICS = [0.95, 0.99]
PERCENTILES_TO_CHART = [0.50, 0.95]
MODERN_UI_PERCENTILES_TO_CHART = PERCENTILES_TO_CHART

_MAX_CHART_PERCENTILES = 6
_MAX_REPORT_PERCENTILES = 64
# How old figures may be when they are read, in seconds.
_MAX_AGE = 0.25

_SECONDS_CACHED = CURRENT_RESPONSE_TIME_PERCENTILE_WINDOW + 10

CachedResponseTimes = namedtuple("CachedResponseTimes", ["response_times", "num_requests", "num_none_requests"])


class RequestStatsAdditionError(Exception):
    """Statistics that do not fit together."""


def get_readable_percentiles(percentile_list):
    """0.5 as "50%", 0.999 as "99.9%"."""
    return [f"{int(p * 100) if (p * 100).is_integer() else round(100 * p, 6)}%" for p in percentile_list]


def bucket_response_time(response_time):
    """The time to which a response time (ms) is rounded: two significant digits, whole ms below 100."""
    if response_time < 100:
        return round(response_time)
    if response_time < 1000:
        return int(round(response_time, -1))
    if response_time < 10000:
        return int(round(response_time, -2))
    return int(round(response_time, -3))


def calculate_response_time_percentile(response_times, num_requests, percent):
    """The smallest time that at most (1 − percent) of the requests exceed. response_times: {ms: how many}."""
    wanted = int(num_requests * percent)
    seen = 0
    for response_time in sorted(response_times, reverse=True):
        seen += response_times[response_time]
        if num_requests - seen <= wanted:
            return response_time
    return 0


def median_from_dict(total, count):
    """The time in the middle. count: {ms: how many}."""
    position = (total - 1) / 2
    for response_time in sorted(count):
        if position < count[response_time]:
            return response_time
        position -= count[response_time]
    return 0


def diff_response_time_dicts(latest, old):
    """What latest has more than old."""
    return {t: n - old.get(t, 0) for t, n in latest.items() if n - old.get(t, 0)}


def proper_round(val, digits=0):
    """val with that many decimals; half is rounded up."""
    scale = 10**digits
    return math.floor(val * scale + 0.5) / scale


def avg(values):
    return sum(values, 0.0) / max(len(values), 1)


def format_utc_timestamp(unix_timestamp):
    return datetime.datetime.fromtimestamp(int(unix_timestamp), datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


class EntriesDict(dict):
    """(name, method) → StatsEntry; asking for an unknown one makes an empty one."""

    def __init__(self, request_stats):
        super().__init__()
        self.request_stats = request_stats

    def __missing__(self, key):
        self[key] = entry = StatsEntry(self.request_stats, key[0], key[1], self.request_stats.use_response_times_cache)
        return entry


class RequestStats:
    """All statistics of a test: ``entries``, their ``total`` and the ``errors``."""

    def __init__(self, use_response_times_cache=True):
        self.use_response_times_cache = use_response_times_cache
        self.history = []
        self._source = None
        self._read_at = 0.0
        self._reader = None
        self._empty()

    def _empty(self):
        self._entries = EntriesDict(self)
        self._errors = {}
        self._exceptions = {}
        self._total = StatsEntry(self, "Aggregated", "", self.use_response_times_cache)

    # Reading is what brings the figures up to date, so that they cost nothing where nobody reads them.

    @property
    def entries(self):
        self.refresh()
        return self._entries

    @property
    def errors(self):
        self.refresh()
        return self._errors

    @property
    def exceptions(self):
        self.refresh()
        return self._exceptions

    @property
    def total(self):
        self.refresh()
        return self._total

    def attach(self, source):
        """source() returns everything that was measured, as ``load`` takes it; it is asked when somebody reads."""
        self._source = source

    def refresh(self, max_age=_MAX_AGE):
        """Brings the figures up to date if they are older than max_age seconds."""
        if self._source is None or time.monotonic() - self._read_at < max_age:
            return
        self._read_at = time.monotonic()
        self.load(self._source())
        if self._reader is None:
            # Somebody who reads once may keep an entry and look at it again; and rates of late need a past.
            self._reader = gevent.spawn(self._keep_fresh)

    def _keep_fresh(self):
        while True:
            gevent.sleep(1)
            self.refresh()

    @property
    def num_requests(self):
        return self.total.num_requests

    @property
    def num_none_requests(self):
        return self.total.num_none_requests

    @property
    def num_failures(self):
        return self.total.num_failures

    @property
    def last_request_timestamp(self):
        return self.total.last_request_timestamp

    @property
    def start_time(self):
        return self.total.start_time

    def get(self, name, method):
        return self.entries[(name, method)]

    def log_request(self, method, name, response_time, content_length):
        self._total.log(response_time, content_length)
        self._entries[(name, method)].log(response_time, content_length)

    def log_error(self, method, name, error):
        self._total.log_error(error)
        self._entries[(name, method)].log_error(error)
        key = StatsError.create_key(method, name, error)
        entry = self._errors.get(key)
        if entry is None:
            entry = self._errors[key] = StatsError(method, name, error)
        entry.occurred()

    def reset_all(self):
        """All figures zero; the names stay."""
        if self._source is not None:
            _native.reset_stats()
        self._total.reset()
        self._errors = {}
        for entry in self._entries.values():
            entry.reset()
        self.history = []

    def clear_all(self):
        """Forgets everything."""
        if self._source is not None:
            _native.reset_stats()
        self._empty()
        self.history = []

    def load(self, data):
        """Takes over everything that was measured: {"start_time", "entries", "errors", "exceptions"}, entries as
        ``StatsEntry.serialize`` writes them."""
        total = StatsEntry(self, "Aggregated", "")
        total.start_time = data["start_time"]
        known = set()
        for figures in data["entries"]:
            key = (figures["name"], figures["method"])
            known.add(key)
            entry = self._entries[key]
            entry.load(figures)
            total.extend(entry)
        for key in [key for key in self._entries if key not in known]:
            # It was reset, or somebody asked for a name that was never requested.
            if self._entries[key].num_requests:
                self._entries[key].reset()
        self._total.load(total.serialize())
        self._errors = {}
        for figures in data["errors"]:
            error = StatsError.from_dict(figures)
            self._errors[StatsError.create_key(error.method, error.name, error.error)] = error
        self._exceptions = {
            hash(row["traceback"]): {**row, "nodes": set(row["nodes"])} for row in data["exceptions"]
        }

    def serialize_stats(self):
        """What was counted since the last call, entry by entry; the entries start again from zero."""
        return [
            entry.get_stripped_report() for entry in self.entries.values() if entry.num_requests or entry.num_failures
        ]

    def serialize_errors(self):
        return {key: error.serialize() for key, error in self.errors.items()}


# The fields of an entry in the order in which they are written down.
_SERIALIZED = (
    "name", "method", "last_request_timestamp", "start_time", "num_requests", "num_none_requests", "num_failures",
    "total_response_time", "max_response_time", "min_response_time", "total_content_length", "response_times",
    "num_reqs_per_sec", "num_fail_per_sec",
)
_COUNTED = ("response_times", "num_reqs_per_sec", "num_fail_per_sec")


class StatsEntry:
    """The statistics of one (method, name)."""

    def __init__(self, stats, name, method, use_response_times_cache=False):
        self.stats = stats
        self.name = name
        self.method = method
        self.use_response_times_cache = use_response_times_cache
        self.reset()

    def reset(self):
        self.start_time = time.time()
        self.num_requests = 0
        self.num_none_requests = 0
        self.num_failures = 0
        self.total_response_time = 0
        self.min_response_time = None
        self.max_response_time = 0
        self.last_request_timestamp = None
        self.num_reqs_per_sec = defaultdict(int)
        self.num_fail_per_sec = defaultdict(int)
        self.response_times = defaultdict(int)
        self.total_content_length = 0
        self.response_times_cache = OrderedDict() if self.use_response_times_cache else None

    def log(self, response_time, content_length):
        """One request, failed or not. response_time: ms, or None if it means nothing."""
        instant = time.time()
        self._cache_second(instant)
        self.num_requests += 1
        self.num_reqs_per_sec[int(instant)] += 1
        self.last_request_timestamp = instant
        self.total_content_length += content_length
        if response_time is None:
            self.num_none_requests += 1
            return
        self.total_response_time += response_time
        if self.min_response_time is None or response_time < self.min_response_time:
            self.min_response_time = response_time
        if response_time > self.max_response_time:
            self.max_response_time = response_time
        self.response_times[bucket_response_time(response_time)] += 1

    def log_error(self, _error):
        self.num_failures += 1
        self.num_fail_per_sec[int(time.time())] += 1

    def load(self, figures):
        """Takes over figures as ``serialize`` writes them."""
        last = figures["last_request_timestamp"]
        if last is not None:
            self._cache_second(last)
        for field in _SERIALIZED:
            value = figures[field]
            if field in _COUNTED:
                value = defaultdict(int, {int(k): v for k, v in value.items()})
            setattr(self, field, value)

    def _cache_second(self, instant):
        """Remembers, once a second, what was counted until then: the base of the current percentiles."""
        cache = self.response_times_cache
        if cache is None or self.last_request_timestamp is None or int(instant) <= int(self.last_request_timestamp):
            return
        cache[int(self.last_request_timestamp)] = CachedResponseTimes(
            self.response_times.copy(), self.num_requests, self.num_none_requests
        )
        while len(cache) > _SECONDS_CACHED:
            cache.popitem(last=False)

    @property
    def _num_timed(self):
        return self.num_requests - self.num_none_requests

    @property
    def fail_ratio(self):
        if self.num_requests:
            return self.num_failures / self.num_requests
        return 1.0 if self.num_failures else 0.0

    @property
    def avg_response_time(self):
        return self.total_response_time / self._num_timed if self._num_timed else 0

    @property
    def median_response_time(self):
        if not self.response_times:
            return 0
        median = median_from_dict(self._num_timed, self.response_times) or 0
        # The middle is a rounded time; it must not lie outside what was measured.
        return min(max(median, self.min_response_time or 0), self.max_response_time)

    def _recent_per_second(self, per_second):
        last = self.stats.last_request_timestamp
        if last is None:
            return 0
        first = max(int(last) - 12, int(self.stats.start_time or 0))
        seconds = range(first, int(last) - 2)
        return sum(per_second.get(second, 0) for second in seconds) / max(len(seconds), 1)

    @property
    def current_rps(self):
        """Requests per second in the ten seconds before the last two."""
        return self._recent_per_second(self.num_reqs_per_sec)

    @property
    def current_fail_per_sec(self):
        return self._recent_per_second(self.num_fail_per_sec)

    def _per_second(self, count):
        last, start = self.stats.last_request_timestamp, self.stats.start_time
        if not last or not start or last <= start:
            return 0.0
        return count / (last - start)

    @property
    def total_rps(self):
        return self._per_second(self.num_requests)

    @property
    def total_fail_per_sec(self):
        return self._per_second(self.num_failures)

    @property
    def avg_content_length(self):
        return self.total_content_length / self.num_requests if self.num_requests else 0

    def extend(self, other):
        """Adds the figures of another entry."""
        lasts = [t for t in (self.last_request_timestamp, other.last_request_timestamp) if t is not None]
        if lasts and self.last_request_timestamp != max(lasts):
            self._cache_second(max(lasts))
        self.last_request_timestamp = max(lasts) if lasts else None
        self.start_time = min(self.start_time, other.start_time)
        self.num_requests += other.num_requests
        self.num_none_requests += other.num_none_requests
        self.num_failures += other.num_failures
        self.total_response_time += other.total_response_time
        self.max_response_time = max(self.max_response_time, other.max_response_time)
        minima = [t for t in (self.min_response_time, other.min_response_time) if t is not None]
        self.min_response_time = min(minima) if minima else None
        self.total_content_length += other.total_content_length
        for field in _COUNTED:
            mine = getattr(self, field)
            for key, count in getattr(other, field).items():
                mine[key] += count

    def serialize(self):
        return {field: getattr(self, field) for field in _SERIALIZED}

    @classmethod
    def unserialize(cls, data):
        entry = cls(None, data["name"], data["method"])
        entry.load(data)
        return entry

    def get_stripped_report(self):
        """What was counted so far; the entry starts again from zero."""
        report = self.serialize()
        self.reset()
        return report

    def get_response_time_percentile(self, percent):
        """percent: 0 … 1."""
        return calculate_response_time_percentile(self.response_times, self._num_timed, percent)

    def get_current_response_time_percentile(self, percent):
        """The percentile of the last ten seconds or so; None while nothing is known about them."""
        if not self.use_response_times_cache:
            raise ValueError(
                "StatsEntry.use_response_times_cache must be set to True if we should be able to calculate the current "
                "response time percentile"
            )
        window = CURRENT_RESPONSE_TIME_PERCENTILE_WINDOW
        instant = int(time.time())
        acceptable = [instant - window]
        for distance in range(1, 10):
            acceptable += [instant - window - distance, instant - window + distance]
        cached = next((self.response_times_cache[t] for t in acceptable if t in self.response_times_cache), None)
        if cached is None:
            return None
        timed = self._num_timed - (cached.num_requests - cached.num_none_requests)
        return calculate_response_time_percentile(
            diff_response_time_dicts(self.response_times, cached.response_times), timed, percent
        )

    def percentile(self):
        if not self.num_requests:
            raise ValueError("Can't calculate percentile on url with no successful requests")
        cells = "".join(f" {int(self.get_response_time_percentile(p)):>6}" for p in PERCENTILES_TO_REPORT)
        return f"{self.method:<{STATS_TYPE_WIDTH}} {self.name[:STATS_NAME_WIDTH]:<{STATS_NAME_WIDTH}}{cells} {self.num_requests:>6}"

    def to_string(self, current=True):
        rps, fails = (
            (self.current_rps, self.current_fail_per_sec) if current else (self.total_rps, self.total_fail_per_sec)
        )
        failed = f"{self.num_failures}({self.fail_ratio * 100:.2f}%)"
        width = STATS_NAME_WIDTH - 4
        return (
            f"{self.method or '':<{STATS_TYPE_WIDTH}} {self.name[:width]:<{width}} {self.num_requests:>7} {failed:>12} |"
            f"{int(self.avg_response_time):>7} {int(self.min_response_time or 0):>7} {int(self.max_response_time):>7} "
            f"{int(self.median_response_time or 0):>6} |{rps:>8.2f} {fails:>11.2f}"
        )

    def __str__(self):
        return self.to_string()

    def to_dict(self):
        """The entry as the web interface shows it."""
        row = {
            "method": self.method,
            "name": self.name,
            "num_requests": self.num_requests,
            "num_failures": self.num_failures,
            "min_response_time": proper_round(self.min_response_time or 0),
            "max_response_time": proper_round(self.max_response_time),
            "current_rps": self.current_rps,
            "current_fail_per_sec": self.current_fail_per_sec,
            "avg_response_time": self.avg_response_time,
            "median_response_time": self.median_response_time,
            "total_rps": self.total_rps,
            "total_fail_per_sec": self.total_fail_per_sec,
        }
        for percent in PERCENTILES_TO_STATISTICS:
            row[f"response_time_percentile_{percent}"] = self.get_response_time_percentile(percent)
        row["avg_content_length"] = self.avg_content_length
        return row


class StatsError:
    """One kind of failure: method, name, text, and how often."""

    def __init__(self, method, name, error, occurrences=0, first_seen=None, last_seen=None):
        self.method = method
        self.name = name
        self.error = error
        self.occurrences = occurrences
        self.first_seen = first_seen
        self.last_seen = last_seen

    @classmethod
    def parse_error(cls, error):
        """The text by which failures are grouped: no addresses of objects in it."""
        text = error if isinstance(error, str) else repr(error)
        start = text.find("object at 0x")
        if start < 0:
            return text
        start += len("object at 0x")
        end = start
        while end < len(text) and text[end] in "0123456789abcdefABCDEF":
            end += 1
        return text[:start] + "...." + text[end:]

    @classmethod
    def create_key(cls, method, name, error):
        return hashlib.sha256(f"{method}.{name}.{cls.parse_error(error)!r}".encode()).hexdigest()

    def occurred(self):
        instant = time.time()
        self.occurrences += 1
        self.first_seen = self.first_seen or instant
        self.last_seen = instant

    @staticmethod
    def _bare(error):
        return str(error) if isinstance(error, CatchResponseError) else repr(error)

    def to_name(self):
        error = self.error
        if isinstance(error, str):
            # Measured figures carry the text only.
            opening = "CatchResponseError("
            if error.startswith(opening) and error.endswith(")"):
                error = error[len(opening):-1].removesuffix(",")
                if _state.local:
                    error = _unquoted(error)
        else:
            error = self._bare(error)
        return f"{self.method} {self.name}: {error}"

    def serialize(self):
        return self.to_dict()

    def to_dict(self, escape_string_values=False):
        del escape_string_values
        return {
            "method": self.method,
            "name": self.name,
            "error": self.parse_error(self.error),
            "occurrences": self.occurrences,
            "first_seen": self.first_seen,
            "last_seen": self.last_seen,
        }

    @classmethod
    def from_dict(cls, data):
        return cls(data["method"], data["name"], data["error"], data["occurrences"], data.get("first_seen"),
                   data.get("last_seen"))


def _unquoted(text):
    """What a repr of a text says; the master of several workers has only the repr, and shows it, as in Locust."""
    try:
        return str(ast.literal_eval(text))
    except (ValueError, SyntaxError):
        return text


def sort_stats(stats):
    return [stats[key] for key in sorted(stats)]


def _heading():
    width = STATS_NAME_WIDTH - 4
    return (
        f"{'Type':<{STATS_TYPE_WIDTH}} {'Name':<{width}} {'# reqs':>7} {'# fails':>12} |{'Avg':>7} {'Min':>7} {'Max':>7} "
        f"{'Med':>6} |{'req/s':>8} {'failures/s':>11}"
    )


def _rule(widths, joints):
    return "".join("-" * width + joint for width, joint in zip(widths, joints))


def get_stats_summary(stats, current=True):
    """The lines of the statistics table."""
    rule = _rule((STATS_TYPE_WIDTH, STATS_NAME_WIDTH - 4, 7, 13, 7, 7, 7, 7, 8, 11), "|||||||||\n")[:-1]
    rows = [entry.to_string(current=current) for entry in sort_stats(stats.entries)]
    return [_heading(), rule, *rows, rule, stats.total.to_string(current=current), ""]


def get_percentile_stats_summary(stats):
    headings = "".join(f" {p:>6}" for p in get_readable_percentiles(PERCENTILES_TO_REPORT))
    head = f"{'Type':<{STATS_TYPE_WIDTH}} {'Name':<{STATS_NAME_WIDTH}}{headings} {'# reqs':>6}"
    count = len(PERCENTILES_TO_REPORT) + 1
    rule = "-" * STATS_TYPE_WIDTH + "|" + "-" * STATS_NAME_WIDTH + ("|" + "-" * 6) * count
    rows = [entry.percentile() for entry in sort_stats(stats.entries) if entry.response_times]
    total = [stats.total.percentile()] if stats.total.response_times else []
    return ["Response time percentiles (approximated)", head, rule, *rows, rule, *total, ""]


def get_error_report_summary(stats):
    rule = "-" * 18 + "|" + "-" * (STATS_NAME_WIDTH + 54)
    rows = [f"{error.occurrences:<18} {error.to_name()}" for error in stats.errors.values()]
    return ["Error report", f"{'# occurrences':<18} Error", rule, *rows, rule, ""]


def print_stats(stats, current=True):
    for line in get_stats_summary(stats, current):
        console_logger.info(line)


def print_percentile_stats(stats):
    for line in get_percentile_stats_summary(stats):
        console_logger.info(line)


def print_error_report(stats):
    if stats.errors:
        for line in get_error_report_summary(stats):
            console_logger.info(line)


def stats_printer(stats):
    """A function for a greenlet: prints the table every CONSOLE_STATS_INTERVAL_SEC seconds."""

    def stats_printer_func():
        while True:
            print_stats(stats)
            gevent.sleep(CONSOLE_STATS_INTERVAL_SEC)

    return stats_printer_func


def update_stats_history(runner, timestamp=None):
    """Adds a point to ``stats.history``."""
    stats = runner.stats
    timestamp = timestamp or format_utc_timestamp(time.time())
    point = {}
    for percent in PERCENTILES_TO_CHART:
        value = stats.total.get_current_response_time_percentile(percent) if stats.total.use_response_times_cache else 0
        point[f"response_time_percentile_{percent}"] = [timestamp, value or 0]
    point["current_rps"] = [timestamp, stats.total.current_rps or 0]
    point["current_fail_per_sec"] = [timestamp, stats.total.current_fail_per_sec or 0]
    point["total_avg_response_time"] = [timestamp, proper_round(stats.total.avg_response_time, digits=2)]
    point["user_count"] = [timestamp, runner.user_count or 0]
    point["time"] = timestamp
    stats.history.append(point)


def stats_history(runner):
    """Runs in a greenlet: adds to the history while the test runs."""
    while True:
        if runner.state not in ("ready", "stopped"):
            update_stats_history(runner)
        gevent.sleep(HISTORY_STATS_INTERVAL_SEC)


def validate_stats_configuration():
    """What is wrong with the percentiles a locustfile set, as a text; None if nothing is."""
    if len(PERCENTILES_TO_CHART) > _MAX_CHART_PERCENTILES:
        return (
            f"stats.PERCENTILES_TO_CHART parameter should be a maximum of {_MAX_CHART_PERCENTILES} parameters \n"
        )
    for name in ("PERCENTILES_TO_CHART", "PERCENTILES_TO_STATISTICS"):
        for value in globals()[name]:
            if not isinstance(value, float) or not 0 < value < 1:
                return f"stats.{name} parameter need to be float and value between. 0 < percentile < 1 Eg 0.95\n"
    if not 1 <= len(PERCENTILES_TO_REPORT) <= _MAX_REPORT_PERCENTILES or not all(
            isinstance(value, (int, float)) and 0 <= value <= 1 for value in PERCENTILES_TO_REPORT):
        return f"stats.PERCENTILES_TO_REPORT must be 1 to {_MAX_REPORT_PERCENTILES} numbers from 0 to 1, e.g. [0.5, 0.95, 1.0]\n"
    return None


def __getattr__(name):
    if name in ("StatsCSV", "StatsCSVFileWriter"):
        from . import _stats_csv

        return getattr(_stats_csv, name)
    if name == "global_stats":
        # Before 1.0 there was one set of statistics for the process.
        _state.note_old_api("name", "locust.stats.global_stats")
        return _state.current_environment.stats
    raise AttributeError(f"module 'locust.stats' has no attribute {name!r}")
