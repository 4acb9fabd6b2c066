"""Locust's API before 1.0, as published scripts still use it: HttpLocust, task_set, min_wait in milliseconds …

Today's Locust refuses such files. Here they run; the person who starts them is told once how to modernise them.
"""
import inspect
import random

from . import _state
from .contrib.fasthttp import FastHttpUser
from .user.sequential_taskset import SequentialTaskSet, SequentialTaskSetMeta
from .user.task import TaskSet, expand_tasks
from .user.users import HttpUser, User, UserMeta

# What replaced an old name, for the hint. Keyed by (kind, name); a name alone serves for every name of that kind.
REPLACEMENTS = {
    "HttpLocust": "HttpUser",
    "Locust": "User",
    "FastHttpLocust": "FastHttpUser",
    "task_set": "tasks = [TheTaskSet]",
    "min_wait/max_wait": "wait_time = between(seconds, seconds)",
    "wait_function": "wait_time, a method that returns seconds",
    "self.locust": "self.user",
    "TaskSequence": "SequentialTaskSet",
    "seq_task": "the order of @task methods in a SequentialTaskSet",
    "events.request_success": "events.request (exception is None)",
    "events.request_failure": "events.request (exception is not None)",
    "events.hatch_complete": "events.spawning_complete",
    "events.locust_error": "events.user_error",
    "events.slave_report": "events.worker_report",
    "events.slave_connect": "events.worker_connect",
    "events.master_start_hatching": "events.test_start",
    "events.master_stop_hatching": "events.test_stop",
    "events.locust_start_hatching": "events.test_start",
    "events.locust_stop_hatching": "events.test_stop",
    "locust.core": "locust",
    "locust.runners.locust_runner": "environment.runner",
    "locust.stats.global_stats": "environment.stats",
    "locust.web.app": "environment.web_ui.app, in an init listener",
    "setup": "a test_start listener",
    "teardown": "a test_stop listener",
}


def hint():
    """One line on how to modernise the loaded files; None if they use nothing old."""
    words = []
    for _, name in _state.old_api_uses():
        key = name.rpartition(".")[2] if name.endswith("task_set") else name
        new = REPLACEMENTS.get(key)
        if new:
            words.append(f"{key} → {new}")
    if not words:
        return None
    return "This file uses Locust's API from before 1.0; it runs, but Locust itself refuses it. Today: " + ", ".join(
        dict.fromkeys(words)
    )


class _OldUserMeta(UserMeta):
    """Also makes users whose __init__ takes no environment, as it was."""

    def __new__(mcs, name, bases, class_dict):
        cls = super().__new__(mcs, name, bases, class_dict)
        old = next((base.__name__ for base in cls.__mro__ if base.__module__ == __name__), None)
        if class_dict.get("__module__") != __name__:
            _state.note_old_api("class", old)
            if "min_wait" in class_dict or "max_wait" in class_dict:
                _state.note_old_api("attribute", "min_wait/max_wait")
            for key in ("wait_function", "setup", "teardown"):
                if key in class_dict:
                    _state.note_old_api("attribute", key)
        return cls

    def __call__(cls, environment=None, *args, **kwargs):
        environment = environment or _state.current_environment
        _run_setup(cls, environment)
        if environment is not None and cls.host is None and environment.host is not None:
            cls.host = environment.host
        if "_takes_environment" not in vars(cls):
            cls._takes_environment = _takes_argument(cls.__init__)
        if cls._takes_environment:
            return super().__call__(environment, *args, **kwargs)
        return super().__call__(*args, **kwargs)


def _takes_argument(init):
    try:
        inspect.signature(init).bind(None, None)
    except TypeError:
        return False
    return True


_set_up = set()


def _run_setup(cls, environment):
    """setup() and teardown() of a class and its TaskSets: once per process, around the test."""
    if cls in _set_up:
        return
    _set_up.add(cls)
    for owner in [cls, *(task for task in cls.tasks if isinstance(task, type))]:
        for name in ("setup", "teardown"):
            func = getattr(owner, name, None)
            if func is None:
                continue
            if name == "setup":
                func(owner)
            elif environment is not None:
                environment.events.test_stop.add_listener(lambda func=func, owner=owner, **kwargs: func(owner))


class _OldUser:
    """Waiting times in milliseconds; those of a TaskSet go before those of its user."""

    # What they were when a file did not say.
    min_wait = 1000
    max_wait = 1000

    def __init__(self, environment=None):
        super().__init__(environment or _state.current_environment)

    def taskset_wait_time(self, taskset):
        own = type(taskset)
        if taskset.wait_function is not None:
            return taskset.wait_function() / 1000
        if own.min_wait is not None or own.max_wait is not None:
            return _milliseconds(
                self.min_wait if taskset.min_wait is None else taskset.min_wait,
                self.max_wait if taskset.max_wait is None else taskset.max_wait,
            )
        return self.wait_time()

    def wait_time(self):
        function = self.wait_function
        if function is not None:
            return function() / 1000
        return _milliseconds(self.min_wait, self.max_wait)


def _milliseconds(least, most):
    return random.randint(int(least), int(max(least, most))) / 1000


class Locust(_OldUser, User, metaclass=_OldUserMeta):
    """User, before 1.0."""

    abstract = True


class HttpLocust(_OldUser, HttpUser, metaclass=_OldUserMeta):
    """HttpUser, before 1.0."""

    abstract = True


class FastHttpLocust(_OldUser, FastHttpUser, metaclass=_OldUserMeta):
    """FastHttpUser, before 1.0."""

    abstract = True


def seq_task(order):
    """The place of a task in a TaskSequence."""

    def mark(func):
        func.locust_task_order = order
        if not hasattr(func, "locust_task_weight"):
            func.locust_task_weight = 1
        _state.note_old_api("decorator", "seq_task")
        return func

    return mark


class _TaskSequenceMeta(SequentialTaskSetMeta):
    """Sorts the tasks by @seq_task."""

    def __new__(mcs, name, bases, class_dict):
        cls = super().__new__(mcs, name, bases, class_dict)
        cls.tasks = sorted(expand_tasks(cls.tasks), key=lambda task: getattr(task, "locust_task_order", 1))
        if class_dict.get("__module__") != __name__:
            _state.note_old_api("class", "TaskSequence")
        return cls


class TaskSequence(SequentialTaskSet, metaclass=_TaskSequenceMeta):
    """SequentialTaskSet, before 1.0: its tasks are ordered by @seq_task."""


__all__ = ["FastHttpLocust", "HttpLocust", "Locust", "TaskSequence", "TaskSet", "seq_task"]
