"""The faults that a fleet must survive, each as a function of a Lab whose bus, backend and three agents are up. They return the report of the run and how many
requests the backend answered, and say what of it may be missing."""
import os
import random
import re
import signal
import time

from lab import HERE, counted

SCRIPT = os.path.join(HERE, "load.js")


def begin(lab, *flags, seconds=8, agents=("one", "two", "three"), **agent_options):
    lab.start_bus()
    lab.start_target()
    lab.agents = {name: lab.start_agent(name, **agent_options) for name in agents}
    run = lab.run("-q", "--fleet", len(agents), *flags, SCRIPT, SECONDS=str(seconds))
    lab.run_name = lab.wait_for(run, r"run (\w+) on the bus", 40).group(1)
    lab.wait_for(lab.agents[agents[0]], r"run \w+: \d+ workers", 20)
    return run


def judge(lab, run, seconds=90, codes=(0, 90)):
    """The report never has more than the backend; what it has less is returned, with how many seconds the report says are missing."""
    text = lab.finish(run, seconds)
    lab.text_of_run = text
    assert run.returncode in codes, "exit code %s:\n%s" % (run.returncode, text)
    said, cut = counted(text)
    for agent in lab.agents.values():
        lab.stop(agent)
    served = lab.served()
    missing = re.search(r"up to ([\d.]+) s\s+are\s+missing", text)
    declared = float(missing.group(1)) if missing else 1.0 if re.search(r"workers? died", text) else 0.0
    assert said <= served, "the report has %d requests, the backend %d: something was counted twice\n%s" % (said, served, text)
    lost = max(0, served - said - cut)
    if declared == 0:
        assert lost == 0, "the backend answered %d requests, the report has %d and %d cut, and declares nothing lost\n%s" % (served, said, cut, text)
    return {"served": served, "said": said, "cut": cut, "lost": lost, "declared_s": declared}


def settle(low, high):
    time.sleep(random.uniform(low, high))


def none(lab):
    return judge(lab, begin(lab))


def kill_worker(lab):
    run = begin(lab)
    settle(2, 5)
    os.kill(random.choice(lab.workers_of(lab.agents["two"])), signal.SIGKILL)
    r = judge(lab, run)
    assert "was killed by signal 9" in lab.text_of_run and r["declared_s"] > 0, lab.text_of_run
    return r


def kill_agent(lab):
    run = begin(lab)
    settle(2, 4)
    lab.agents["two"].kill()
    r = judge(lab, run)
    assert "was not heard for 3 s; its users go on in the other workers" in lab.text_of_run and r["declared_s"] > 0, lab.text_of_run
    return r


def kill_controller(lab):
    run = begin(lab)
    settle(2.5, 5)
    run.kill()
    run.wait()
    settle(0.1, 3)
    r = judge(lab, lab.run("--resume", lab.run_name))
    assert "is taken over at second" in lab.text_of_run and "teardown was run" in lab.text_of_run, lab.text_of_run
    assert r["lost"] == 0 and r["declared_s"] == 0, r
    return r


def standby(lab):
    run = begin(lab)
    second = lab.run("--standby", lab.run_name)
    lab.wait_for(second, "standing by for run", 20)
    settle(0.5, 2)
    os.kill(run.pid, signal.SIGSTOP)  # as if its machine hung; then it comes back and must not interfere
    lab.wait_for(second, "is taken over", 20)
    os.kill(run.pid, signal.SIGCONT)
    lab.wait_for(run, "has taken over run", 20)
    r = judge(lab, second)
    assert r["lost"] == 0 and r["declared_s"] == 0, r
    return r


def restart_bus(lab):
    run = begin(lab)
    settle(2, 5)
    lab.stop(lab.server, random.choice([signal.SIGTERM, signal.SIGKILL]))
    settle(0.2, 4)
    lab.start_bus()
    r = judge(lab, run)
    assert r["lost"] == 0 and r["declared_s"] == 0, r
    return r


def partition(lab):
    """Cut off for 5 s: lost, its users given to others; back, it is told to stop, and all that it did is counted."""
    run = begin(lab, seconds=14)
    settle(2, 4)
    lab.machine("two").cut()
    time.sleep(5)
    lab.machine("two").mend()
    r = judge(lab, run)
    assert "was not heard for 3 s" in lab.text_of_run and "is heard again" in lab.text_of_run, lab.text_of_run
    assert r["lost"] == 0, r
    return r


def partition_for_good(lab):
    run = begin(lab)
    settle(2, 4)
    lab.machine("two").cut()
    r = judge(lab, run)
    assert r["declared_s"] > 3, lab.text_of_run
    return r


def partition_controller(lab):
    run = begin(lab, seconds=12)
    settle(2, 4)
    lab.machine("control").cut()
    time.sleep(random.uniform(2, 5))
    lab.machine("control").mend()
    r = judge(lab, run)
    assert r["lost"] == 0 and r["declared_s"] == 0, r
    return r


def bad_link(lab):
    """200 ms, stalls and resets between one agent and the bus."""
    lab.start_bus()
    m = lab.machine("three")
    port = lab.port + 5
    proxy = m.start("python3", os.path.join(HERE, "bad_link.py"), m.address, port, *lab.bus.split("@")[1].split(":"))
    lab.wait_for(proxy, "ready", 10)
    bus = "nats://secret@%s:%d" % (m.address, port)
    lab.start_target()
    lab.agents = {"one": lab.start_agent("one"), "two": lab.start_agent("two"), "three": lab.start_agent("three", bus=bus)}
    run = lab.run("-q", "--fleet", 3, SCRIPT, SECONDS="10")
    r = judge(lab, run)
    assert r["lost"] == 0 or r["declared_s"] > 0, r
    return r


def wrong_wall_clock(lab):
    """One agent whose wall clock is 3 s ahead; only intervals may count."""
    if lab.preload:
        print("    skipped: faketime and the sanitizers' runtime wait for each other")
        return {}
    lab.start_bus()
    lab.start_target()
    fake = ("faketime", "-f", "+3s")
    lab.agents = {"one": lab.start_agent("one"), "two": lab.start_agent("two", before=fake), "three": lab.start_agent("three")}
    r = judge(lab, lab.run("-q", "--fleet", 3, SCRIPT, SECONDS="6"))
    assert r["lost"] == 0 and r["declared_s"] == 0, r
    return r


def interrupt(lab):
    """Ctrl-C: all machines stop, teardown is run, and the report is whole."""
    run = begin(lab, seconds=60)
    settle(2, 4)
    run.send_signal(signal.SIGINT)
    r = judge(lab, run, codes=(105,))
    assert "teardown was run" in lab.text_of_run and r["declared_s"] == 0, lab.text_of_run
    return r


def hijack_refused(lab):
    """--resume while the run's controller lives: refused, and the run is none the worse for it."""
    run = begin(lab)
    settle(1, 3)
    second = lab.run("--resume", lab.run_name)
    text = lab.finish(second, 30)
    assert second.returncode != 0 and "is in the hands of process" in text, text
    r = judge(lab, run)
    assert r["lost"] == 0 and r["declared_s"] == 0, r
    return r


# name: (function, needs namespaces)
FAULTS = {
    "none": (none, False),
    "interrupt": (interrupt, False),
    "hijack_refused": (hijack_refused, False),
    "kill_worker": (kill_worker, False),
    "kill_agent": (kill_agent, False),
    "kill_controller": (kill_controller, False),
    "standby": (standby, False),
    "restart_bus": (restart_bus, False),
    "partition": (partition, True),
    "partition_for_good": (partition_for_good, True),
    "partition_controller": (partition_controller, True),
    "bad_link": (bad_link, False),
    "wrong_wall_clock": (wrong_wall_clock, False),
}
