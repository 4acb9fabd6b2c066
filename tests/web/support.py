"""Programs of ours with a page, and requests to them without any library's good manners."""
import http.client
import json
import os
import re
import select
import signal
import socket
import ssl
import subprocess
import tempfile
import time

PATIENCE_S = 20 * float(os.environ.get("HALFTIME_TEST_SLOWNESS", "1"))
API = "/api/v1"


def python_environment():
    """What processes with a Python in them need when the build has sanitizers: their runtime comes first, and CPython leaks."""
    preload = os.environ.get("HALFTIME_PRELOAD")
    return {"LD_PRELOAD": preload, "ASAN_OPTIONS": "detect_leaks=0"} if preload else {}


def has_locust(binary):
    return subprocess.run([binary, "locust", "--version"], capture_output=True, env={**os.environ, **python_environment()}).returncode == 0


class Program:
    """One of our commands; host and port as soon as it has said where its page is. ca: it is served by https, with this authority's word."""

    def __init__(self, binary, *args, env=None, cwd=None, page=True, ca=None):
        self.log = tempfile.TemporaryFile("w+")
        self.process = subprocess.Popen([binary, *args], stdout=self.log, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, cwd=cwd,
                                        env={**os.environ, **(python_environment() if args[0] == "locust" else {}), **(env or {})})
        self.host = self.port = self.token = None
        self.tls = ssl.create_default_context(cafile=ca) if ca else None
        if page:
            self._find_page()

    def text(self):
        self.log.seek(0)
        return self.log.read()

    def _find_page(self):
        found = wait_for(lambda: re.search(("https" if self.tls else "http") + r"://([\d.]+|\[::1\]):(\d+)/\S*?(?:\?token=(\w+))?[\s,]", self.text()) or self.process.poll() is not None,
                         "an address", self.text)
        if found is True:
            raise AssertionError("it ended at once:\n" + self.text())
        self.host, self.port, self.token = found.group(1).strip("[]"), int(found.group(2)), found.group(3)

    def wait(self, seconds=PATIENCE_S):
        return self.process.wait(seconds)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            try:
                self.process.wait(PATIENCE_S)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self.log.close()

    def ask(self, path, method="GET", body=None, headers=None, host=None, timeout=PATIENCE_S):
        """(status, headers, bytes)"""
        kind = http.client.HTTPSConnection if self.tls else http.client.HTTPConnection
        connection = kind(self.host, self.port, timeout=timeout, **({"context": self.tls} if self.tls else {}))
        headers = dict(headers or {})
        if host is not None:
            headers["Host"] = host
        if isinstance(body, (dict, list)):
            body = json.dumps(body)
        try:
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            return answer.status, dict(answer.getheaders()), answer.read()
        finally:
            connection.close()

    def json(self, path, method="GET", body=None, status=200):
        headers = {} if method == "GET" else {"X-Halftime": "1"}
        got, _, text = self.ask(API + path, method, body, headers)
        assert got == status, f"{method} {path}: {got} instead of {status}: {text[:400]!r}"
        return json.loads(text) if text else None

    def raw(self, data, timeout=PATIENCE_S):
        """What comes back until the server closes."""
        with socket.create_connection((self.host, self.port), timeout) as s:
            s.sendall(data)
            return read_all(s, timeout)

    def phase(self, *wanted):
        return wait_for(lambda: (lambda s: s if s["phase"] in wanted else None)(self.json("/state")), f"phase {wanted}", self.text)


def read_all(s, timeout):
    got, until = b"", time.monotonic() + timeout
    while time.monotonic() < until and select.select([s], [], [], max(0, until - time.monotonic()))[0]:
        try:
            piece = s.recv(65536)
        except ConnectionResetError:
            return got
        if not piece:
            return got
        got += piece
    raise AssertionError(f"the server neither closed nor answered within {timeout} s; so far {got[:200]!r}")


def wait_for(ready, what, context=lambda: ""):
    until = time.monotonic() + PATIENCE_S
    while time.monotonic() < until:
        found = ready()
        if found:
            return found
        time.sleep(0.05)
    raise AssertionError(f"{what} did not come within {PATIENCE_S} s\n{context()}")


class Live:
    """The live stream: events as (name, data, id)."""

    def __init__(self, program, headers=""):
        self.socket = socket.create_connection((program.host, program.port), PATIENCE_S)
        if program.tls:
            self.socket = program.tls.wrap_socket(self.socket, server_hostname=program.host)
        self.socket.sendall(f"GET {API}/live HTTP/1.1\r\nHost: {program.host}:{program.port}\r\n{headers}\r\n".encode())
        self.rest = b""

    def events(self, seconds):
        """All that comes within so many seconds."""
        until, found = time.monotonic() + seconds, []
        while time.monotonic() < until:
            if select.select([self.socket], [], [], max(0, until - time.monotonic()))[0]:
                piece = self.socket.recv(65536)
                if not piece:
                    break
                self.rest += piece
            found += self._take()
        return found

    def until(self, name, seconds=PATIENCE_S):
        """The first event of that name."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            for event in self._take():
                if event[0] == name:
                    return event
            if select.select([self.socket], [], [], max(0, until - time.monotonic()))[0]:
                piece = self.socket.recv(65536)
                if not piece:
                    break
                self.rest += piece
        raise AssertionError(f"no event {name} within {seconds} s; {self.rest[:300]!r}")

    def _take(self):
        text = re.sub(rb"\r\n[0-9a-f]+\r\n", b"", self.rest)  # chunks end anywhere, but each of ours ends an event
        found = []
        for block in text.split(b"\n\n")[:-1]:
            fields = dict(line.split(b": ", 1) for line in block.split(b"\n") if b": " in line and not line.startswith(b":"))
            if b"event" in fields and b"data" in fields:
                found.append((fields[b"event"].decode(), json.loads(fields[b"data"]), int(fields.get(b"id", b"0"))))
        end = self.rest.rfind(b"\n\n")
        self.rest = self.rest[end + 2:] if end >= 0 else self.rest
        return found

    def close(self):
        self.socket.close()
