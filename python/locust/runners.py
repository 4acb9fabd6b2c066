"""Runners: a locustfile's handle on the running test.

Users are dealt out and counted by the native side; a runner says what it was told and passes wishes on.
"""
import json
import logging
import time

import gevent
import gevent.queue
from gevent.pool import Group
from halftime import _native

from . import _state
from .exception import LocustError, RPCError
from .log import greenlet_exception_logger

logger = logging.getLogger(__name__)

STATE_INIT, STATE_SPAWNING, STATE_RUNNING, STATE_CLEANUP, STATE_STOPPING, STATE_STOPPED, STATE_MISSING = (
    "ready", "spawning", "running", "cleanup", "stopping", "stopped", "missing",
)

WORKER_REPORT_INTERVAL = 3.0
WORKER_LOG_REPORT_INTERVAL = 10
CPU_MONITOR_INTERVAL = 10
CPU_WARNING_THRESHOLD = 90
HEARTBEAT_INTERVAL = 1
HEARTBEAT_LIVENESS = 3
HEARTBEAT_DEAD_INTERNAL = -60
MASTER_HEARTBEAT_TIMEOUT = 60
FALLBACK_INTERVAL = 5
CONNECT_TIMEOUT = 5
CONNECT_RETRY_COUNT = 60

greenlet_exception_handler = greenlet_exception_logger(logger)


class Message:
    """A custom message: its type, its data and the node it came from."""

    def __init__(self, message_type, data, node_id):
        self.type = message_type
        self.data = data
        self.node_id = node_id

    def __repr__(self):
        return f"<Message {self.type} from {self.node_id}>"


class Runner:
    """What all kinds of runners have."""

    def __init__(self, environment):
        self.environment = environment
        self.state = STATE_INIT
        self.user_greenlets = Group()
        self.greenlet = Group()
        self.spawning_greenlet = None
        self.shape_greenlet = None
        self.shape_last_tick = None
        self.current_cpu_usage = 0
        self.current_memory_usage = 0
        self.cpu_warning_emitted = False
        self.worker_cpu_warning_emitted = False
        self.target_user_count = 0
        self.target_user_classes_count = {}
        self.spawn_rate = 0
        self.connection_broken = False
        self.custom_messages = {}
        self._counts = {}
        # As the engine told them last.
        self.spawned_classes_count = {}
        self._messages = None

    # --- what there is ---

    @property
    def user_classes(self):
        return self.environment.user_classes

    @property
    def user_classes_by_name(self):
        return self.environment.user_classes_by_name

    @property
    def stats(self):
        return self.environment.stats

    @property
    def errors(self):
        return self.environment.stats.errors

    @property
    def exceptions(self):
        return self.environment.stats.exceptions

    @property
    def user_classes_count(self):
        """{class name: how many users}"""
        counts = {cls.__name__: 0 for cls in self.environment.user_classes}
        counts.update(self._counts)
        return counts

    final_user_classes_count = user_classes_count

    @property
    def user_count(self):
        return sum(self._counts.values())

    @property
    def worker_count(self):
        return 1

    def take_counts(self, names, counts, state, wished):
        """How many users of each class there are, the state of the test, and how many there shall be."""
        self._counts = self.spawned_classes_count = dict(zip(names, counts))
        self.target_user_count = wished
        self.update_state(state)

    def note_user(self, name, change):
        """A user of that class has come (1) or gone (-1) in this process."""

    def update_state(self, new_state):
        self.state = new_state

    def cpu_log_warning(self):
        return self.cpu_warning_emitted

    # --- wishes ---

    def start(self, user_count, spawn_rate, wait=False, user_classes=None):
        """From now on there shall be user_count users, reached by spawn_rate a second."""
        self.target_user_count = int(user_count)
        self.spawn_rate = spawn_rate
        logger.info("Ramping to %s users at a rate of %.2f per second", user_count, spawn_rate)
        _native.wish_users(int(user_count), float(spawn_rate), self._indices(user_classes))
        if wait:
            while self.user_count != self.target_user_count and self.state not in (STATE_STOPPING, STATE_STOPPED):
                gevent.sleep(0.1)

    def _indices(self, user_classes):
        if not user_classes:
            return None
        names = [cls.__name__ for cls in self.environment.user_classes]
        return [names.index(cls.__name__) for cls in user_classes]

    def start_shape(self):
        """The shape's ticks begin by themselves with the test."""
        if self.environment.shape_class is None:
            raise LocustError("There is no LoadTestShape in the locustfile")

    def spawn_users(self, user_classes_spawn_count, wait=False):
        """More users; of which class is decided by the weights here."""
        self.start(self.user_count + sum(user_classes_spawn_count.values()), self.spawn_rate or 1, wait)
        return []

    def stop_users(self, user_classes_stop_count, stop_rate=None):
        """Fewer users."""
        left = self.user_count - sum(user_classes_stop_count.values())
        self.start(max(left, 0), stop_rate or self.spawn_rate or 1)

    def stop(self):
        """Ends the test: all users go."""
        _native.wish_stop()

    def quit(self):
        """Ends the test and the program."""
        _native.wish_quit(self.environment.process_exit_code)

    # --- exceptions and messages ---

    def log_exception(self, node_id, msg, formatted_tb):
        """A row of the exceptions table."""
        del node_id
        _native.record_exception(msg, formatted_tb)

    def register_message(self, msg_type, listener, concurrent=False):
        """listener(environment, msg) is called for each custom message of that type; concurrent: in a greenlet each."""
        if msg_type in self.custom_messages:
            raise Exception(f"Tried to register listener method for {msg_type}, but it already had a listener!")
        self.custom_messages[msg_type] = (listener, concurrent)

    def send_message(self, msg_type, data=None, client_id=None):
        """Sends a custom message: from the master to one worker or all, from a worker to the master."""
        logger.debug("Sending custom message of type %s", msg_type)
        _native.send_message(msg_type, json.dumps(data), client_id or "")

    def take_message(self, msg_type, data, node_id):
        """A custom message arrived. Listeners may block, and see the messages in order."""
        entry = self.custom_messages.get(msg_type)
        if entry is None:
            logger.warning("Unknown message type received: %s", msg_type)
            return
        listener, concurrent = entry
        message = Message(msg_type, json.loads(data) if data else None, node_id)
        if concurrent:
            gevent.spawn(_call_listener, listener, self.environment, message)
            return
        if self._messages is None:
            self._messages = gevent.queue.Queue()
            gevent.spawn(self._work_messages)
        self._messages.put((listener, message))

    def _work_messages(self):
        while True:
            listener, message = self._messages.get()
            _call_listener(listener, self.environment, message)


def _call_listener(listener, environment, msg):
    try:
        listener(environment=environment, msg=msg)
    except Exception:
        logger.exception("Uncaught exception in handler of message %s", msg.type)
        _state.unhandled_exception = True


class _CountingRunner(Runner):
    """The users are in this process: it need not be told how many there are."""

    def note_user(self, name, change):
        self._counts[name] = self._counts.get(name, 0) + change


class LocalRunner(_CountingRunner):
    """Everything in one process."""

    worker_index = 0

    def __init__(self, environment):
        super().__init__(environment)
        self.client_id = _native.client_id()

    def take_counts(self, names, counts, state, wished):
        self.spawned_classes_count = dict(zip(names, counts))
        self.target_user_count = wished
        self.update_state(state)
        self._look_whether_all_are_there()

    def note_user(self, name, change):
        super().note_user(name, change)
        self._look_whether_all_are_there()

    def _look_whether_all_are_there(self):
        # The engine says so a moment later, when the first tasks have begun.
        if self.state == STATE_SPAWNING and self.user_count >= self.target_user_count > 0:
            self.update_state(STATE_RUNNING)


class DistributedRunner(Runner):
    """One of several processes."""


class WorkerNode:
    """A worker as the master knows it."""

    def __init__(self, client_id, state=STATE_INIT, heartbeat_liveness=HEARTBEAT_LIVENESS):
        self.id = client_id
        self.state = state
        self.user_count = 0
        self.user_classes_count = {}
        self.cpu_usage = 0
        self.memory_usage = 0
        self.heartbeat = heartbeat_liveness
        self.last_seen = time.time()


class WorkerNodes(dict):
    """id → WorkerNode; ``ready``, ``running`` … are those in that state."""

    def _in(self, *states):
        return [node for node in self.values() if node.state in states]

    @property
    def all(self):
        return list(self.values())

    @property
    def ready(self):
        return self._in(STATE_INIT)

    @property
    def spawning(self):
        return self._in(STATE_SPAWNING)

    @property
    def running(self):
        return self._in(STATE_RUNNING)

    @property
    def missing(self):
        return self._in(STATE_MISSING)


class MasterRunner(DistributedRunner):
    """The process that makes no load and knows all figures."""

    def __init__(self, environment, master_bind_host="*", master_bind_port=5557):
        super().__init__(environment)
        self.master_bind_host = master_bind_host
        self.master_bind_port = master_bind_port
        self.clients = WorkerNodes()
        self._indices_by_id = {}

    @property
    def worker_count(self):
        return len(self.clients.ready) + len(self.clients.spawning) + len(self.clients.running)

    @property
    def reported_user_classes_count(self):
        return self.user_classes_count

    def get_worker_index(self, client_id):
        return self._indices_by_id.get(client_id, -1)

    def take_workers(self, workers):
        """What the workers are doing; new ones are told to worker_connect listeners."""
        fire = self.environment.events.worker_connect.fire
        for figures in workers:
            node = self.clients.get(figures["id"])
            if node is None:
                fire(client_id=figures["id"])
                node = self.clients[figures["id"]] = WorkerNode(figures["id"])
                self._indices_by_id[figures["id"]] = figures["index"]
            node.state = figures["state"]
            node.user_count = figures["users"]
            node.cpu_usage = figures["cpu"]
            node.memory_usage = figures["memory"]
            node.last_seen = time.time()


class WorkerRunner(_CountingRunner, DistributedRunner):
    """A process that makes load."""

    connected = True

    def __init__(self, environment, master_host="127.0.0.1", master_port=5557):
        super().__init__(environment)
        self.master_host = master_host
        self.master_port = master_port
        self.worker_index = 0
        self.client_id = _native.client_id()


def __getattr__(name):
    if name == "locust_runner":
        # Before 1.0 there was one runner for the process.
        _state.note_old_api("name", "locust.runners.locust_runner")
        return _state.current_environment.runner
    raise AttributeError(f"module 'locust.runners' has no attribute {name!r}")


__all__ = ["RPCError", "Runner", "LocalRunner", "MasterRunner", "WorkerRunner", "DistributedRunner"]
