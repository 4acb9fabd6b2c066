"""A laboratory of machines: each "machine" a network namespace with an address of its own, on one bridge in a namespace of its own. Only root can make
them; without, all processes share this machine's network (Lab(namespaces=False)), and what needs a partition is skipped.

Everything that is started here is stopped here, by its process id; namespaces are removed even after a failure.
"""
import atexit
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
SKIPPED = 77
NATS = shutil.which("nats-server") or shutil.which("nats-server", path="/usr/sbin")
BASE_PORT = 7710
PORTS_EACH = 10  # of a laboratory on this machine: another one needs others


def can_make_namespaces():
    if os.geteuid() != 0 or not shutil.which("ip"):
        return False
    name = "ht%dprobe" % os.getpid()
    made = subprocess.run(["ip", "netns", "add", name], capture_output=True).returncode == 0
    if made:
        subprocess.run(["ip", "netns", "del", name], capture_output=True)
    return made


class Machine:
    def __init__(self, lab, name, number):
        self.lab, self.name = lab, name
        self.namespace = "ht%d%s" % (os.getpid(), name) if lab.namespaces else None
        self.address = "10.77.0.%d" % number if lab.namespaces else "127.0.0.1"
        self.port_end = "ht%d%s" % (os.getpid() % 10000, name)  # the bridge's end of its cable
        if lab.namespaces:
            inner = "in%d%s" % (os.getpid() % 10000, name)
            lab.ip("netns", "add", self.namespace)
            lab.ip("-n", lab.switch, "link", "add", self.port_end, "type", "veth", "peer", "name", inner, "netns", self.namespace)
            lab.ip("-n", lab.switch, "link", "set", self.port_end, "master", "br0", "up")
            lab.ip("-n", self.namespace, "link", "set", "lo", "up")
            lab.ip("-n", self.namespace, "addr", "add", self.address + "/24", "dev", inner)
            lab.ip("-n", self.namespace, "link", "set", inner, "up")

    def start(self, *command, **options):
        inside = ["ip", "netns", "exec", self.namespace] if self.namespace else []
        log = open(os.path.join(self.lab.folder, "%s-%d.log" % (self.name, len(self.lab.processes))), "w+")
        process = subprocess.Popen(inside + [str(c) for c in command], stdout=log, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL,
                                   start_new_session=True, **options)
        process.log = log.name
        self.lab.processes.append(process)
        return process

    def cut(self):
        """Nothing goes in or out any more, and nobody is told."""
        self.lab.ip("-n", self.lab.switch, "link", "set", self.port_end, "down")

    def mend(self):
        self.lab.ip("-n", self.lab.switch, "link", "set", self.port_end, "up")


class Lab:
    def __init__(self, binary, namespaces=True, port=BASE_PORT):
        """port: the first of PORTS_EACH that are used."""
        self.binary, self.namespaces, self.port = binary, namespaces and can_make_namespaces(), port
        self.folder = tempfile.mkdtemp(prefix="halftime-lab-")
        self.processes, self.machines = [], {}
        self.switch = "ht%dswitch" % os.getpid()
        self.store = os.path.join(self.folder, "store")
        self.environment = dict(os.environ, HALFTIME_LEDGER="off", NO_COLOR="1")
        runtime = os.environ.get("HALFTIME_PRELOAD")  # of the sanitizers
        self.preload = {"LD_PRELOAD": runtime, "ASAN_OPTIONS": "detect_leaks=0"} if runtime else {}
        atexit.register(self.close)
        if self.namespaces:
            self.ip("netns", "add", self.switch)
            self.ip("-n", self.switch, "link", "add", "br0", "type", "bridge", "forward_delay", "0")
            self.ip("-n", self.switch, "link", "set", "br0", "up")

    def ip(self, *words):
        subprocess.run(["ip", *words], check=True, capture_output=True)

    def machine(self, name):
        if name not in self.machines:
            self.machines[name] = Machine(self, name, 10 + len(self.machines))
        return self.machines[name]

    # ---- the parts of a fleet ----

    def start_bus(self):
        m = self.machine("bus")
        self.bus = "nats://secret@%s:%d" % (m.address, self.port)
        config = os.path.join(self.folder, "nats.conf")
        with open(config, "w") as f:
            f.write('listen: "%s:%d"\njetstream { store_dir: "%s" }\nauthorization { token: "secret" }\n' % (m.address, self.port, self.store))
        self.server = m.start(NATS, "-c", config)
        self.wait_for(self.server, "Server is ready", 20)
        return self.bus

    def start_target(self, *faults):
        m = self.machine("target")
        switches = [word for fault in faults for word in ("--fault", fault)]
        self.target = m.start(self.binary, "target", "--listen", m.address + ":%d" % (self.port + 1), *switches)
        self.wait_for(self.target, "listening", 20)
        self.url = "http://%s:%d" % (m.address, self.port + 1)
        return self.url

    def start_agent(self, name, *flags, bus=None, before=(), foreign=False):
        """foreign: Python has a part in it, which knows nothing of sanitizers."""
        environment = dict(self.environment, **(self.preload if foreign else {}))
        agent = self.machine(name).start(*before, self.binary, "fleet", "worker", "--bus", bus or self.bus, "--name", name, "--slots", 2, *flags, env=environment)
        self.wait_for(agent, "connected to|waiting for", 30)
        return agent

    def run(self, *words, tool=("run",), machine="control", **env):
        return self.machine(machine).start(self.binary, *tool, *words, "--bus", self.bus, cwd=self.folder, env=dict(self.environment, ENDPOINT=self.url, **env))

    def served(self):
        """Stops the backend: how many requests it answered."""
        self.stop(self.target, signal.SIGTERM)
        return int(re.search(r"(\d+) requests served", self.text(self.target)).group(1))

    # ---- processes ----

    def text(self, process):
        with open(process.log, errors="replace") as f:
            return f.read()

    def wait_for(self, process, pattern, seconds):
        end = time.time() + seconds
        while time.time() < end:
            m = re.search(pattern, self.text(process))
            if m:
                return m
            if process.poll() is not None:
                break
            time.sleep(0.05)
        m = re.search(pattern, self.text(process))
        if m:
            return m
        raise AssertionError("%r was not said within %d s:\n%s" % (pattern, seconds, self.text(process)))

    def finish(self, process, seconds=120):
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            raise AssertionError("still running after %d s:\n%s" % (seconds, self.text(process)))
        return self.text(process)

    def stop(self, process, how=signal.SIGTERM):
        if process.poll() is None:
            process.send_signal(how)
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def workers_of(self, agent):
        out = subprocess.run(["ps", "-o", "pid=", "--ppid", str(agent.pid)], capture_output=True, text=True).stdout
        return [int(pid) for pid in out.split()]

    def close(self):
        for p in reversed(self.processes):
            try:
                os.killpg(p.pid, signal.SIGKILL)  # and what it left behind: faketime forks
            except ProcessLookupError:
                pass
            p.wait(20)
        self.processes = []
        if self.namespaces:
            for m in self.machines.values():
                subprocess.run(["ip", "netns", "del", m.namespace], capture_output=True)
            subprocess.run(["ip", "netns", "del", self.switch], capture_output=True)
            self.namespaces = False
        shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self):
        return self

    def __exit__(self, kind, value, trace):
        if kind and kind is not KeyboardInterrupt:
            for p in self.processes:
                sys.stderr.write("---- %s\n%s\n" % (" ".join(map(str, p.args))[-150:], self.text(p)[-3000:]))
        self.close()


def counted(output):
    """Requests that the report says it counted, and those it says it cut in flight."""
    m = re.search(r"Requests:\s+([\d,]+)\s+counted(?:,\s+none|\s+\+\s+([\d,]+))\s+cut", output)
    assert m, "the report does not count:\n" + output
    return int(m.group(1).replace(",", "")), int((m.group(2) or "0").replace(",", ""))
