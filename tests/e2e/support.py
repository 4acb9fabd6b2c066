"""What the end-to-end tests share: the practice backend, a run of the program, the numbers it prints, and a table of tests."""
import argparse
import concurrent.futures
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
import traceback

os.environ.setdefault("HALFTIME_LEDGER", "off")  # tests leave nothing in the user's ledger
HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
BINARY = os.path.join(ROOT, "build/release/halftime")


def python_environment():
    """What processes with a Python in them need when the build has sanitizers: their runtime comes first, and CPython leaks."""
    preload = os.environ.get("HALFTIME_PRELOAD")
    return {"LD_PRELOAD": preload, "ASAN_OPTIONS": "detect_leaks=0"} if preload else {}


class Backend:
    """`halftime target` on a free port. served() stops it and says how many requests it answered; by_route is then filled."""

    def __init__(self, binary, *faults, arguments=()):
        command = [binary, "target", "--listen", "127.0.0.1:0", *arguments]
        for fault in faults:
            command += ["--fault", fault]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        self.url = re.search(r"http://\S+", self.process.stdout.readline()).group(0)
        self.by_route = {}

    def served(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        output = self.process.communicate(timeout=60)[0]
        for method, route, status, count in re.findall(r"^  ([A-Z]+) +(\S+) +(\d+) +(\d+)$", output, re.M):
            self.by_route["%s %s %s" % (method, route, status)] = int(count)
        return int(re.search(r"(\d+) requests served", output).group(1))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            self.process.communicate(timeout=60)


def start(binary, url, script, *flags, workers=2, **options):
    """A run, not waited for; stdout and stderr are one."""
    env = dict(os.environ, ENDPOINT=url, **options.pop("env", {}))
    return subprocess.Popen([binary, "k6", "run", "--workers", str(workers), *flags, script], env=env, text=True,
                            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, **options)


def went_well(code):
    """Whether the exit code says that all is well. A run on a machine that was too busy is called invalid, and rightly; its counts are counts."""
    return code in (0, 90)


def counted(output):
    """Requests that the run says it counted, and those it says it cut in flight."""
    found = re.search(r"Requests: ([\d,]+) counted, (none|[\d,]+) cut", " ".join(output.split())) or \
        re.search(r"([\d,]+) counted \+ ([\d,]+) cut", " ".join(output.split()))
    assert found, "no line of counted requests in:\n" + output
    number = [0 if text == "none" else int(text.replace(",", "")) for text in found.groups()]
    return number[0], number[1]


def run_table(title, cases, jobs):
    """Runs (name, function, arguments) jobs at a time; prints what failed and why. Returns the exit code."""
    parser = argparse.ArgumentParser(description=title)
    parser.add_argument("--binary", default=BINARY)
    parser.add_argument("--only", default="", help="regular expression on names")
    parser.add_argument("--jobs", type=int, default=jobs)
    options = parser.parse_args()
    binary = os.path.abspath(options.binary)
    begun = time.monotonic()
    failed = done = 0

    def guarded(case):
        with tempfile.TemporaryDirectory() as folder:
            try:
                case[1](binary, folder, *case[2:])
            except (AssertionError, subprocess.TimeoutExpired) as problem:
                return str(problem) or traceback.format_exc()
            except Exception:  # a test that breaks is a test that fails; the others go on
                return traceback.format_exc()
        return None

    chosen = [case for case in cases if re.search(options.only, case[0])]
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        for case, problem in zip(chosen, pool.map(guarded, chosen)):
            done += 1
            failed += problem is not None
            print("ok   %s" % case[0] if problem is None else "FAIL %s\n%s" % (case[0], problem), flush=True)
    print("%d passed, %d failed, %.0f s" % (done - failed, failed, time.monotonic() - begun))
    return 1 if failed or not done else 0


sys.dont_write_bytecode = True
