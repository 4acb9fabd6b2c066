"""Replays a story: starts the real system, loads it with halftime, and compares the verdict with what was planted.

A story is one or two acts: the system with its fault, and the same load with the fault mended. Each file of this folder without an ending is
one story; it says what is started, what loads it, and which finding must come first.
"""
import argparse
import dataclasses
import json
import os
import pathlib
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
sys.path.insert(0, str(ROOT / "examples" / "taskoverflow"))
import stack  # noqa: E402
import importlib.machinery  # noqa: E402
import importlib.util  # noqa: E402

GRACE_S = 45  # beyond the length of the load, for starting, stopping and saying what it means
NOTES = ("converging", "knee", "overprovisioned", "cold_start", "db_distance")  # say what was seen; nothing is broken


@dataclasses.dataclass
class Act:
    title: str
    system: list  # arguments of examples/taskoverflow/up
    load: list  # "k6 run SCRIPT", or "locust -f FILE …", relative to this folder
    seconds: int
    env: dict = dataclasses.field(default_factory=dict)
    first: tuple = ()  # one of these kinds must be the first finding; () = nothing may be wrong
    gone: tuple = ()  # mended: these must not be found any more; what else is true of this machine is shown, not judged
    also: tuple = ()  # these must be among the findings, wherever
    said: tuple = ()  # these words must be in what the run printed
    exits: tuple = (0,)


def _up():
    loader = importlib.machinery.SourceFileLoader("up", str(ROOT / "examples" / "taskoverflow" / "up"))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("up", loader))
    loader.exec_module(module)
    return module


def halftime(named):
    for place in (named, os.environ.get("HALFTIME"), ROOT / "build" / "release" / "halftime", ROOT / "build" / "debug" / "halftime", shutil.which("halftime")):
        if place and os.access(place, os.X_OK):
            return str(pathlib.Path(place).resolve())
    raise stack.Trouble("halftime is not built: run make, or name it with --halftime")


class Stage:
    """Where an act is played; whatever happens, the system is stopped at its end."""

    def __init__(self, args):
        self.args = args
        self.program = halftime(args.halftime)
        self.ledger = args.ledger or str(stack.BUILD / "stories.db")
        self.system = stack.Stack(args.port)
        self.otlp = f"127.0.0.1:{args.port + 9}"

    def play(self, act):
        say(f"--- {act.title}")
        if self.system.load():
            self.system.down()
        up = _up()
        system = ["--port", str(self.args.port), *act.system] + ([] if self.args.no_traces else ["--otlp", f"http://{self.otlp}"])
        try:
            try:
                self.system.up(up.parse(system))
                code, printed = self.run(act)
            finally:
                self.keep_logs(act)
                self.system.down()
            return self.judge(act, code, printed)
        except stack.Trouble as e:
            return {"act": act.title, "ok": False, "why": str(e), "findings": []}

    def keep_logs(self, act):
        """What the system wrote, for whoever wants to know why."""
        if self.args.keep and self.system.folder:
            to = pathlib.Path(self.args.keep) / act.title.replace(" ", "-").replace("/", "-")
            shutil.copytree(self.system.folder, to, ignore=shutil.ignore_patterns("postgres", "counters", "nginx"), dirs_exist_ok=True)

    def command(self, act):
        facts = self.system.facts
        command = [self.program, *act.load]
        if act.load[0] == "locust":
            command += ["--host", facts["url"], "--headless", "--run-time", f"{act.seconds}s"]
        for what in [] if self.args.no_observe else facts["observe"]:
            command += ["--observe", what]
        if not self.args.no_traces:
            command += [f"--traces={self.otlp}", "--server-logs", facts["log"]]
        return command

    def run(self, act):
        env = {**os.environ, **act.env, "ENDPOINT": self.system.facts["url"], "SECONDS": str(act.seconds), "HALFTIME_LEDGER": self.ledger}
        with tempfile.TemporaryFile("w+b") as out:
            child = subprocess.Popen(self.command(act), cwd=HERE, env=env, stdin=subprocess.DEVNULL, stdout=out, stderr=out, start_new_session=True)
            until = time.monotonic() + act.seconds + GRACE_S
            try:
                while child.poll() is None and time.monotonic() < until:
                    time.sleep(0.1)
            finally:
                late = child.poll() is None
                if late:
                    _end(child)
                out.seek(0)
                printed = out.read().decode(errors="replace")
                if self.args.verbose:
                    say(printed)
        if late:
            raise stack.Trouble(f"halftime did not end within {act.seconds + GRACE_S} s; the last it said: {printed[-400:]}")
        return child.returncode, printed

    def ask(self, *command):
        env = {**os.environ, "HALFTIME_LEDGER": self.ledger}
        return subprocess.run([self.program, *command], env=env, capture_output=True, text=True, timeout=60, check=False)

    def judge(self, act, code, printed):
        what = {"act": act.title, "code": code, "expected": list(act.first), "findings": [], "why": ""}
        if code not in act.exits:
            what.update(ok=False, why=f"halftime ended with {code}: {printed[-1200:]}")
            return what
        self.ask("runs", "note", "last", "--label", f"{self.args.name}: {act.title}")
        done = self.ask("diagnose", "last", "--json")
        try:
            told = json.loads(done.stdout)
        except ValueError:
            what.update(ok=False, why=f"halftime diagnose: {done.stderr.strip() or done.stdout[:300] or 'said nothing'}")
            return what
        what["findings"] = told["findings"]
        kinds = [f["kind"] for f in told["findings"]]
        wrong = [k for k in kinds if k not in NOTES]
        what["why"] = _compare(act, kinds, wrong, printed)
        what["ok"] = not what["why"]
        return what


def _end(child):
    os.killpg(child.pid, signal.SIGINT)
    try:
        child.wait(10)
    except subprocess.TimeoutExpired:
        os.killpg(child.pid, signal.SIGKILL)
        child.wait()


def _compare(act, kinds, wrong, printed):
    if act.first and (not wrong or wrong[0] not in act.first):
        return f"the first finding is {wrong[0] if wrong else 'none'}, not {' or '.join(act.first)}"
    left = [k for k in wrong if k in act.gone]
    if left:
        return f"it is mended, and yet it found {', '.join(left)}"
    if not act.first and not act.gone and wrong:
        return f"nothing is wrong here, and yet it found {', '.join(wrong)}"
    missing = [k for k in act.also if k not in kinds] + [w for w in act.said if w not in printed]
    return f"it did not say: {', '.join(missing)}" if missing else ""


def say(text):
    print(text, file=sys.stderr, flush=True)


def show(result):
    for number, f in enumerate(result["findings"][:4], 1):
        print(f"  {number}. [{f['kind']}] {f['text']}")
        for e in f.get("evidence", [])[:2]:
            print(f"       {e['text'] if isinstance(e, dict) else e}")
    if not result["findings"]:
        print("  nothing is wrong")
    print(f"  {'as planted' if result['ok'] else 'NOT as planted: ' + result['why']}\n", flush=True)


def main(name, text, plan):
    """plan(vary) gives the acts; vary(usual, least, most) is the usual size, or with --seed one by chance."""
    p = argparse.ArgumentParser(prog=name, description=text, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--halftime", metavar="FILE", help="the program (build/release/halftime, else build/debug/halftime)")
    p.add_argument("--port", type=int, default=6500, metavar="P", help="first of ten free ports (6500)")
    p.add_argument("--seed", type=int, metavar="N", help="vary the sizes of load and fault by chance")
    p.add_argument("--act", choices=("fault", "mended", "all"), default="all", help="play only this (all)")
    p.add_argument("--ledger", metavar="FILE", help="where the runs are kept (build/taskoverflow/stories.db)")
    p.add_argument("--json", action="store_true", help="the result as one JSON object")
    p.add_argument("--keep", metavar="FOLDER", help="copy the logs of the system there")
    p.add_argument("--no-observe", action="store_true", help="judge by the load alone")
    p.add_argument("--no-traces", action="store_true", help="without spans")
    p.add_argument("-v", "--verbose", action="store_true", help="show what halftime prints")
    args = p.parse_args()
    args.name = name
    chance = random.Random(args.seed)

    def vary(usual, least, most):
        if args.seed is None:
            return usual
        return chance.randint(least, most) if isinstance(usual, int) else round(chance.uniform(least, most), 1)

    acts = plan(vary)
    for act in acts[1:]:
        act.gone = () if act.first else acts[0].first
    acts = [a for i, a in enumerate(acts) if args.act == "all" or (args.act == "fault") == (i == 0)]
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        stage = Stage(args)
        results = []
        for act in acts:
            result = stage.play(act)
            results.append(result)
            if not args.json:
                print(act.title)
                show(result)
    except stack.Trouble as e:
        sys.exit(f"{name}: {e}")
    except KeyboardInterrupt:
        sys.exit(130)
    if args.json:
        print(json.dumps({"story": name, "seed": args.seed, "acts": results}))
    sys.exit(0 if all(r["ok"] for r in results) else 1)
