"""The engine as Python sees it (an extension in C, `halftime/_native.abi3.so`).

The contract between the engine and the package `locust`. One thread; everything may be called from any greenlet of the main thread.
"blocks" means: switches to gevent's hub until it is done; GreenletExit, gevent.Timeout and any other exception thrown into the greenlet
end it early, and leave nothing behind.

Who calls whom
  python3 -m halftime.worker      imports `locust._host` and hands its class `Host` to serve(); serve() returns when the process shall end.
  Host (class Host below)          written in `python/locust/_host.py`; the engine calls it.
  the functions below              called by `locust`.

Without serve() (run_single_user, Locust used as a library, tests) everything but Host, wishes and messages works; the engine is made at
the first use, after any fork; statistics are those of this process.
"""
from typing import Any, Iterable, Protocol, Sequence

# ---- the process -----------------------------------------------------------------------------------------------------------------

class Host(Protocol):
    """What `locust._host.Host` must have. Made without arguments after serve() has begun.

    load() and describe() run in the main greenlet before anything else and may block. All other methods are called from the hub: they
    must not block; what may block they put into a greenlet (gevent.spawn).
    """

    def load(self, source: dict[str, Any]) -> None:
        """Read the command line and the locustfile(s).

        source: {"argv": [str] (as typed, without argv[0]), "program": str (how we were called, "locust"), "cwd": str,
                 "conductor": bool (does the master's side), "users": bool (will hold users), "local": bool (both: the only process),
                 "worker_index": int (-1 = conductor without users), "worker_count": int}
        An exception is a failed load: SystemExit(code) ends the program with that code, nothing more is printed; every other is shown
        with its traceback, exit code 1.
        """
    def describe(self) -> str:
        """Conductor only, after load. JSON:
        {"options": vars(parsed_options),
         "user_classes": [{"name", "weight", "fixed_count", "host", "tasks": [...]}],   those that can be spawned, in the order found
         "shape": name or null, "host": str or null, "locustfile": str, "version": str,
         "exit": {"code": int, "stdout": str, "stderr": str}   only when there is nothing to run (help, --list, errors)}
        """
    def plan(self, user_classes: list[str], marked: bool = False) -> None:
        """All processes: the names by whose index users are spawned. Comes once, before any user. marked: requests carry trace headers,
        so Session.begin_iteration is to be called before each task."""
    def user_start(self, token: int, user_class: int) -> None:
        """Make one user of that class (User.__init__ included) and let it live in a greenlet. When it is over – for whatever reason –
        call user_done(token), once. Users started while "setup" is under way wait for its end. An exception raised here counts as a user that ended at once."""
    def user_stop(self, token: int) -> None:
        """Let that user go by Locust's rules (stop_timeout: waiting users now, running ones after their task, all after the timeout).
        user_done(token) follows. Not called twice."""
    def once(self, what: str, argument: str) -> None:
        """Things done once per test. Answer each with once_done(what, …). Conductor:
          "setup"     fire test_start (and what Locust does before users are spawned)
          "stopping"  fire test_stopping; users still run
          "teardown"  all users are gone: fire test_stop
          "summary"   argument = "" ; fire quitting and quit; answer JSON {"exit_code": int or null}
        Workers that are not the conductor get "setup", "stopping" and "teardown" too, without their answer being waited for."""
    def spawned(self, users: int) -> None:
        """The wished number of users is there: fire spawning_complete (conductor: log it, too)."""
    def counts(self, counts: list[int], state: str, wished: int) -> None:
        """Conductor, when it changed (at most five times a second): users alive per class in all workers, the runner's state, and how
        many users there shall be."""
    def workers(self, workers: list[dict[str, Any]]) -> None:
        """Conductor: [{"id": str, "index": int, "state": "ready" | "running" | "missing", "users": int, "cpu": float percent, "memory": int}]
        each second."""
    def message(self, kind: str, data: str, node_id: str) -> None:
        """A custom message (send_message) arrived; data = JSON."""
    def reset_stats(self) -> None:
        """Somebody asked for it (web UI, --reset-stats): fire reset_stats. The statistics themselves are already empty."""

def serve(bus_fd: int, host_class: type[Host]) -> int:
    """The life of a worker or conductor process. Blocks. Returns the exit code."""

# Answers
def user_done(token: int) -> None: ...
# The open model (--rate): users wait for tasks to arrive instead of by their wait_time
def arrival(token: int) -> None:
    """Blocks until a task has arrived for that user. Ended early by an exception, the user waits for none."""
def arrival_done(token: int) -> None:
    """That task has ended: it is counted, its time taken from when it was due and from when it began. A second call does nothing."""

def once_done(what: str, answer: str = "", failure: str = "") -> None:
    """failure: text (a traceback) when it could not be done; "" = fine."""

# Wishes of the conductor's side (LoadTestShape.tick, runner.start/stop/quit from a listener or task; also valid in workers: they are passed on)
def wish_users(users: int, spawn_rate: float, user_classes: Sequence[int] | None = None) -> None:
    """The number of users from now on; before the load runs: the number it begins with. user_classes: indices; only these are used for *new* users (a shape's third element)."""
def wish_stop() -> None:
    """runner.stop(): all users go; test_stopping/test_stop follow as "stopping"/"teardown"; headless: the run ends."""
def wish_quit(exit_code: int | None = None) -> None:
    """runner.quit(): as wish_stop, and the process ends. exit_code: environment.process_exit_code, if set (the latest wins)."""
def send_message(kind: str, data: str, node_id: str = "") -> None:
    """Custom message; data = JSON. From the conductor: to the worker of that id ("" = all). From a worker: to the conductor.
    With one process: to itself (message() follows)."""
def client_id() -> str: ...          # "<host>_<hex>"

# ---- statistics ------------------------------------------------------------------------------------------------------------------

def record(request_type: str, name: str, response_time: float | None, response_length: int, failure: str | None) -> None:
    """One request of any kind (what events.request.fire does first). response_time in ms, None = not timed. failure: what the failures
    table shows (repr of the exception), None = fine."""
def record_exception(message: str, traceback: str) -> None:
    """A row of the exceptions table: str(exception), and the frames (traceback.format_tb)."""
def stats(merged: bool = True) -> dict[str, Any]:
    """Everything measured so far; merged: of all processes (conductor), else of this one. Costs a millisecond per hundred names.
    {"start_time": epoch s, "entries": [{"name", "method", "num_requests", "num_none_requests", "num_failures", "total_response_time",
      "min_response_time" (None), "max_response_time", "total_content_length", "start_time", "last_request_timestamp" (None),
      "response_times": {ms: count} in Locust's rounding, "num_reqs_per_sec": {epoch s: n}, "num_fail_per_sec": {…} (the latest 20 s)}],
     "errors": [{"name", "method", "error", "occurrences", "first_seen", "last_seen"}],
     "exceptions": [{"count", "msg", "traceback", "nodes": [str]}]}"""
def log(level: int, text: str) -> None:
    """A line of this process's log, as its message alone, for the page and the ledger; this process has printed it itself. level as
    Python's logging. RuntimeError in another thread; nothing happens without serve()."""
def reset_stats() -> None:
    """Empties the statistics of all processes; Host.reset_stats follows everywhere."""

# ---- time ------------------------------------------------------------------------------------------------------------------------

def sleep(seconds: float) -> None:
    """As gevent.sleep, on the engine's timer: for wait_time. Blocks; 0 returns at once if this greenlet has given way for an answer
    since it last slept."""

# ---- HTTP ------------------------------------------------------------------------------------------------------------------------

STYLE_REQUESTS: int  # HttpSession: names are path?query of the prepared URL; redirects as requests does them; < 400 is a success
STYLE_FAST: int      # FastHttpSession: names are the URL as written; geventhttpclient's redirects; its list of good status codes

# Flags of Session.fetch
UNRECORDED: int      # do not record, whatever comes: catch_response=True, or the caller records by itself
NO_REDIRECTS: int    # allow_redirects=False
STREAM: int          # fetch() and the time end with the headers; read_some() brings the body, which is not decompressed

# Response.fault: why there is no (complete) answer. 0 = there is one.
FAULT_NONE: int
FAULT_INVALID_URL: int       # fault_text says why (requests: InvalidURL; FAST: as connection failure)
FAULT_INVALID_SCHEMA: int    # neither http nor https (requests: InvalidSchema)
FAULT_MISSING_SCHEMA: int    # no scheme at all (requests: MissingSchema)
FAULT_INVALID_HEADER: int    # a header or method that cannot be sent
FAULT_DNS: int               # fault_errno = EAI_* as Python's socket.gaierror has it, fault_text its words
FAULT_CONNECT: int           # fault_errno (111 = ECONNREFUSED …), fault_text = os.strerror
FAULT_CONNECT_TIMEOUT: int
FAULT_READ_TIMEOUT: int
FAULT_CLOSED: int            # closed before any byte of an answer: RemoteDisconnected / HTTPConnectionClosed
FAULT_INCOMPLETE: int        # closed in the middle of the answer: ChunkedEncodingError / IncompleteRead
FAULT_RESET: int             # fault_errno 104 (ECONNRESET) or 32 (EPIPE)
FAULT_TLS: int               # SSLError; fault_text in OpenSSL's words
FAULT_PROTOCOL: int          # not HTTP
FAULT_DECODE: int            # Content-Encoding could not be undone
FAULT_TOO_MANY_REDIRECTS: int  # the answer (a 3xx) is there, too
FAULT_PROXY: int
FAULT_OTHER: int

class Session:
    """One user's HTTP: connections, cookie jar, default headers. May be subclassed."""

    def __init__(self, base_url: str = "", style: int = ..., response_class: type[Response] | None = None) -> None: ...
    base_url: str                       # put in front of URLs that are not absolute, as text
    user_class: str                     # tag "scenario" of the http_* metrics; "" = none
    response_class: type[Response]      # what fetch makes; its __init__ is not called
    def set_headers(self, headers: Iterable[tuple[str, str]]) -> None:
        """The default headers of every request (call again when they changed). User-Agent belongs here; Host, Content-Length are ours."""
    def set_network(
        self,
        *,
        verify: bool | str = True,          # True: the system's authorities; str: a PEM file; False: no check
        cert: tuple[str, str] | str | None = None,  # PEM files: (certificate, key), or both in one
        proxies: dict[str, str] | None = None,      # {"http": url, "https": url}
        trust_env: bool = False,            # proxies from the environment
        max_redirects: int = 30,
        connections: int = 10,              # kept open per host
        keep_alive: bool = True,
    ) -> None:
        """Raises ValueError (unreadable file, bad proxy URL). Cheap when nothing changed."""
    def close(self) -> None:
        """Closes idle connections; the session can be used on."""
    def begin_iteration(self) -> None:
        """From here on requests belong to another trace (traceparent)."""

    def fetch(
        self,
        method: str,
        url: str,
        name: str | None = None,
        headers: dict[str, str | None] | None = None,   # over the defaults, by name without case; None removes one
        body: bytes | str | None = None,                # str is sent as UTF-8
        flags: int = 0,
        timeout: float | tuple[float | None, float | None] | None = None,  # (connect, read) as requests; None = none
        auth: tuple[str, str] | None = None,            # HTTP digest only; basic goes into headers
        cookies: dict[str, str] | None = None,          # for this request only
        deadline: float | None = None,                  # over the whole fetch, s (FAULT_READ_TIMEOUT)
        /,
    ) -> Response:
        """One request with its redirects. Blocks. Raises only TypeError/ValueError/MemoryError for arguments; failures are in the
        response. Recorded here (Response.recorded) when the answer is a success and UNRECORDED is not set; for everything else the caller
        makes the exception and calls Response.record()."""

    # The cookie jar. Tuples: (name, value, domain, path, expires or None, secure, http_only, host_only)
    def cookies(self) -> list[tuple[str, str, str, str, int | None, bool, bool, bool]]: ...
    def set_cookie(self, name: str, value: str, domain: str = "", path: str = "/", expires: int | None = None, secure: bool = False,
                   http_only: bool = False) -> None:
        """domain "" = sent to every host, as requests does with cookies set by hand."""
    def clear_cookies(self, domain: str | None = None, path: str | None = None, name: str | None = None) -> None: ...

class Response:
    """What came back. May be subclassed in Python; instances are made by Session.fetch. All texts are made when asked for."""

    session: Session
    status_code: int          # 0 = no answer
    reason: str
    http_version: str         # "HTTP/1.1"
    url: str                  # of the last hop
    first_url: str            # of the first (what Locust's events call url)
    content: bytes            # decoded body; b"" when none
    headers: list[tuple[str, str]]  # as received, in order (latin-1)
    def header(self, name: str) -> str | None: ...  # case-insensitive; several are joined with ", "
    charset: str | None       # of Content-Type, lower case, unquoted
    content_type: str | None  # without parameters, lower case
    wire_length: int          # bytes of the body before decoding
    # the request as it was sent (last hop)
    request_method: str
    request_headers: list[tuple[str, str]]
    request_body: bytes | None
    first_method: str         # as given to fetch: the request_type
    history: list[dict[str, Any]]  # earlier hops: {"status_code", "reason", "url", "method", "headers", "content", "elapsed_ms"}
    # times
    response_time: float      # ms, from the call to the last byte, over all hops (STREAM: to the headers)
    start_time: float         # epoch s
    elapsed: float            # s, of the last hop, to its headers (requests' Response.elapsed)
    # failure of the connection
    fault: int
    fault_errno: int
    fault_text: str
    remote_address: str       # "127.0.0.1:8080", "" = none
    # statistics
    name: str                 # of the entry; can be set until recorded
    request_type: str         # of the entry; can be set until recorded
    recorded: bool
    # with STREAM
    def read_some(self) -> bytes:
        """Blocks until something of the body is there: what came, as it came. b"" at the end; `fault` then says whether it was one."""
    def close(self) -> None:
        """The rest is not wanted: the connection is closed unless all has come. A response that goes away does so, too."""
    def record(self, failure: str | None = None, response_time: float | None = -1.0, response_length: int = -1) -> None:
        """Records it under name and request_type; once (later calls do nothing). response_time -1.0, response_length -1: as measured."""
