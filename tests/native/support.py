"""A server with behaviours, and what the tests share. The server runs in threads of a process of its own, so that gevent here does not slow it."""
import concurrent.futures
import gc
import os
import re
import subprocess
import sys
import tempfile
import textwrap
import time
import unittest

SERVER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "server.py")


class Server:
    """`with Server() as s:` s.url"""

    def __enter__(self):
        self.process = subprocess.Popen([sys.executable, SERVER], stdout=subprocess.PIPE, text=True, env=clean_environment())
        self.url = f"http://127.0.0.1:{int(self.process.stdout.readline())}"
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()


def clean_environment(**more):
    """Without the sanitizers' runtime, which only our own extension needs."""
    environment = {k: v for k, v in os.environ.items() if k != "LD_PRELOAD"}
    environment.update(more)
    return environment


class Case(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.server = Server().__enter__()

    @classmethod
    def tearDownClass(cls):
        cls.server.__exit__()


HALFTIME = os.environ.get("HALFTIME", "halftime")

PREAMBLE = """
import os, signal, sys, time
import gevent
from locust import FastHttpUser, HttpUser, LoadTestShape, User, constant, events, task
def say(*what):
    sys.stderr.write("SAY " + " ".join(map(str, what)) + "\\n")
    sys.stderr.flush()
"""


class RunCase(Case):
    """Whole runs of the program."""

    QUIET = ["--only-summary"]

    def run_file(self, text, *args, timeout=120, send=None, **environment):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "locustfile.py")
            with open(path, "w") as f:
                f.write(PREAMBLE + textwrap.dedent(text))
            process = subprocess.Popen([HALFTIME, "locust", "-f", path, "--headless", *self.QUIET, "--host", self.server.url, *args],
                                       stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env={**os.environ, "HALFTIME_LEDGER": "off", **environment})
            out = self.read_until(process, "All users spawned", send) if send else ""
            out += process.communicate(timeout=timeout)[0]
        self.out, self.code = out, process.returncode
        self.said = re.findall(r"^SAY (.*)$", out, re.M)
        return out

    @staticmethod
    def read_until(process, text, number):
        """Sends the signal a second after the text was seen."""
        out = ""
        for line in process.stdout:
            out += line
            if text in line:
                time.sleep(1)
                process.send_signal(number)
                break
        return out

    def requests(self):
        return int(re.search(r"Aggregated\s+(\d+)", self.out).group(1))


AT_ONCE = 3


class AtOnce(unittest.TestSuite):
    """Whole runs mostly wait for time to pass: some at a time, each with a result of its own."""

    def run(self, result, debug=False):
        kinds = {type(case) for case in self}
        for kind in kinds:
            kind.setUpClass()
        with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
            for one in pool.map(self._run_one, self):
                result.testsRun += one.testsRun
                for name in ("failures", "errors", "skipped", "expectedFailures", "unexpectedSuccesses"):
                    getattr(result, name).extend(getattr(one, name))
        for kind in kinds:
            kind.tearDownClass()
        return result

    @staticmethod
    def _run_one(case):
        one = unittest.TestResult()
        case.run(one)
        return one


def at_once(_loader, tests, _pattern):
    """For a module of RunCases: `from support import at_once as load_tests`."""
    return AtOnce(case for suite in tests for case in suite)


def count(kind):
    """Living objects of that type that the collector knows of."""
    gc.collect()
    return sum(isinstance(o, kind) for o in gc.get_objects())
