"""Event hooks: lists of listeners that are called with keyword arguments."""
import inspect
import logging
import time
import traceback
from contextlib import contextmanager

from . import _state
from .exception import InterruptTaskSet, RescheduleTask, RescheduleTaskImmediately, StopTest, StopUser

# These are messages to whoever fired the event (a request listener may end the task), not accidents.
_CONTROL_FLOW = (StopUser, StopTest, RescheduleTask, RescheduleTaskImmediately, InterruptTaskSet)


class EventHook:
    """One event. ``add_listener`` (also as a decorator) registers, ``fire`` calls everybody in order.

    ``listeners`` is one list for the life of the hook: the native side holds it to see whether anybody listens.
    """

    def __init__(self):
        self.listeners = []

    @property
    def _handlers(self):
        return self.listeners

    def add_listener(self, handler):
        self.listeners.append(handler)
        return handler

    def remove_listener(self, handler):
        for index, known in enumerate(self.listeners):
            if known is handler or known == handler or getattr(known, "wrapped_listener", None) is handler:
                del self.listeners[index]
                return
        raise ValueError(f"{handler!r} is not a listener of this event")

    def fire(self, *, reverse=False, **kwargs):
        self.call_listeners(kwargs, reverse)

    def call_listeners(self, kwargs, reverse=False):
        if not self.listeners:
            return
        for handler in reversed(self.listeners) if reverse else list(self.listeners):
            try:
                handler(**kwargs)
            except _CONTROL_FLOW:
                raise
            except Exception:
                logging.error("Uncaught exception in event handler: \n%s", traceback.format_exc())
                _state.unhandled_exception = True

    @contextmanager
    def measure(self, request_type, name, response_length=0, context=None):
        """Times the block and fires the event for it; yields the keyword arguments, which may still be changed."""
        meta = {
            "request_type": request_type,
            "name": name,
            "response_length": response_length,
            "context": context or {},
            "exception": None,
            "start_time": time.time(),
        }
        began = time.perf_counter()
        try:
            yield meta
        except Exception as error:
            meta["exception"] = error
        meta["response_time"] = (time.perf_counter() - began) * 1000
        self.fire(**meta)

    # Until 2019 listeners were added with += and took only what they needed.

    def __iadd__(self, handler):
        self.add_listener(_adapted_to_signature(handler))
        return self

    def __isub__(self, handler):
        self.remove_listener(handler)
        return self


class RequestHook(EventHook):
    """The ``request`` event. Firing it by hand, as clients of other protocols do, also counts the request."""

    def fire(self, *, reverse=False, **kwargs):
        count_request = _state.count_request
        if count_request is not None:
            count_request(kwargs)
        self.call_listeners(kwargs, reverse)


class _OldRequestHook:
    """``request_success`` or ``request_failure`` of the API before 2.0, as a view of ``request``."""

    def __init__(self, events, failure):
        self._events = events
        self._failure = failure

    def add_listener(self, handler):
        failure = self._failure
        call = _adapted_to_signature(handler)

        def listener(**kwargs):
            if (kwargs.get("exception") is not None) == failure:
                if not failure:
                    kwargs.pop("exception", None)
                call(**kwargs)

        listener.wrapped_listener = handler
        self._events.request.add_listener(listener)
        _state.note_old_api("event", self.name)
        return handler

    @property
    def name(self):
        return "events.request_failure" if self._failure else "events.request_success"

    def remove_listener(self, handler):
        self._events.request.remove_listener(handler)

    def fire(self, **kwargs):
        kwargs.setdefault("response_length", 0)
        kwargs.setdefault("exception", None)
        self._events.request.fire(**kwargs)

    def __iadd__(self, handler):
        self.add_listener(handler)
        return self

    def __isub__(self, handler):
        self.remove_listener(handler)
        return self


def _adapted_to_signature(handler):
    """handler, called with those keyword arguments only that it declares; positional ones get the first values."""
    try:
        parameters = inspect.signature(handler).parameters.values()
    except (TypeError, ValueError):
        return handler
    if any(p.kind is p.VAR_KEYWORD for p in parameters):
        return handler
    wanted = [p.name for p in parameters if p.kind in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY)]

    def listener(**kwargs):
        if "user_instance" in kwargs:
            kwargs.setdefault("locust_instance", kwargs["user_instance"])
        return handler(**{name: kwargs[name] for name in wanted if name in kwargs})

    listener.wrapped_listener = handler
    return listener


# Names of events before 1.0 and what they are called now.
_OLD_NAMES = {
    "hatch_complete": "spawning_complete",
    "locust_error": "user_error",
    "slave_report": "worker_report",
    "slave_connect": "worker_connect",
    "master_start_hatching": "test_start",
    "master_stop_hatching": "test_stop",
    "locust_start_hatching": "test_start",
    "locust_stop_hatching": "test_stop",
}


class _RenamedHook:
    """An event under its name before 1.0: listeners get the arguments they declare."""

    def __init__(self, hook, name):
        self._hook = hook
        self._name = name

    def add_listener(self, handler):
        self._hook.add_listener(_adapted_to_signature(handler))
        _state.note_old_api("event", f"events.{self._name}")
        return handler

    def remove_listener(self, handler):
        self._hook.remove_listener(handler)

    def fire(self, **kwargs):
        self._hook.fire(**kwargs)

    def __iadd__(self, handler):
        self.add_listener(handler)
        return self

    def __isub__(self, handler):
        self.remove_listener(handler)
        return self


# Each event of a test: its name and the keyword arguments of its listeners.
EVENTS = {
    "request": "request_type, name, response_time, response_length, exception, context, response, start_time, url",
    "user_error": "user_instance, exception, tb",
    "report_to_master": "client_id, data",
    "worker_report": "client_id, data",
    "worker_connect": "client_id",
    "spawning_complete": "user_count",
    "quitting": "environment",
    "quit": "exit_code",
    "init": "environment, runner, web_ui",
    "init_command_line_parser": "parser",
    "test_start": "environment",
    "test_stopping": "environment",
    "test_stop": "environment",
    "reset_stats": "",
    "cpu_warning": "environment, cpu_usage, message, timestamp",
    "heartbeat_sent": "client_id, timestamp",
    "heartbeat_received": "client_id, timestamp",
    "usage_monitor": "environment, cpu_usage, memory_usage",
}


class Events:
    """All events of a test; ``locust.events`` is the set a locustfile registers with."""

    def __init__(self):
        for name in EVENTS:
            setattr(self, name, RequestHook() if name == "request" else EventHook())

    def __getattr__(self, name):
        if name in ("request_success", "request_failure"):
            hook = _OldRequestHook(self, name == "request_failure")
        elif name in _OLD_NAMES:
            hook = _RenamedHook(getattr(self, _OLD_NAMES[name]), name)
        else:
            raise AttributeError(f"There is no event {name!r}; the events are {', '.join(EVENTS)}")
        self.__dict__[name] = hook
        return hook


events = Events()
