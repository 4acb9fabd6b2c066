"""Locust's API, carried by the halftime engine: what a locustfile imports."""
import os

if os.environ.get("LOCUST_SKIP_MONKEY_PATCH") is None:
    # Users are greenlets: sleep, sockets, locks and queues of the standard library must let the others run.
    from gevent import monkey

    monkey.patch_all()

from . import clients, log  # noqa: E402
from ._old_api import HttpLocust, Locust, TaskSequence, seq_task  # noqa: E402
from .contrib.fasthttp import FastHttpUser  # noqa: E402
from .debug import run_single_user  # noqa: E402
from .event import Events, events  # noqa: E402
from .shape import LoadTestShape  # noqa: E402
from .user import wait_time  # noqa: E402
from .user.markov_taskset import MarkovTaskSet, transition, transitions  # noqa: E402
from .user.sequential_taskset import SequentialTaskSet  # noqa: E402
from .user.task import TaskSet, tag, task  # noqa: E402
from .user.users import HttpUser, User  # noqa: E402
from .user.wait_time import between, constant, constant_pacing, constant_throughput, poisson  # noqa: E402
from .util.version import __version__  # noqa: E402

__all__ = (
    "Events", "FastHttpUser", "HttpLocust", "HttpUser", "LoadTestShape", "Locust", "MarkovTaskSet", "SequentialTaskSet",
    "TaskSequence", "TaskSet", "User", "between", "clients", "constant", "constant_pacing", "constant_throughput", "events",
    "log", "poisson", "run_single_user", "seq_task", "tag", "task", "transition", "transitions", "wait_time", "__version__",
)
