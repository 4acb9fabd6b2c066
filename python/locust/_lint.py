"""Things in a locustfile that run, and are seldom meant."""
import re
import sys
from http.cookiejar import CookieJar

from . import _requests
from .clients import HttpSession
from .user.task import TaskSet
from .user.users import User

# A URL in which a value was missing when it was put together.
_MISSING_VALUE = re.compile(r"/(None|undefined|null)(?=[/?#&]|$)")


def check(environment):
    """Texts about the loaded classes."""
    texts = check_shared(environment)
    if getattr(environment.parsed_options, "rate", None):
        return texts
    for cls in environment.user_classes:
        name = cls.__name__
        waits = cls.wait_time is not User.wait_time
        if not waits and _sets(cls, "min_wait", "max_wait"):
            texts.append(f"{name} sets min_wait/max_wait, which Locust has not read since 1.0: it does not wait at all between "
                         "tasks. Write wait_time = between(1, 5), in seconds")
        elif not waits:
            texts.append(f"{name} has no wait_time: its users do one task after the other without a pause, as no person does. "
                         "Write wait_time = between(1, 5) for people, or constant(0) if this is meant")
    return texts


def check_shared(environment):
    """Sessions that are made once for the file or for a class: what looks like many visitors is one to the server."""
    from .contrib.fasthttp import FastHttpSession

    kinds = (HttpSession, FastHttpSession, CookieJar) + ((_requests.requests.Session,) if _requests.requests else ())
    owners = {}
    for cls in environment.user_classes:
        module = sys.modules.get(cls.__module__)
        owners.update({("", name): value for name, value in vars(module).items()} if module else {})
        for holder in _with_tasksets(cls):
            owners.update({(f"{base.__name__}.", name): value for base in holder.__mro__ if base.__module__ == cls.__module__
                           for name, value in vars(base).items()})
    return [f"{owner}{name} is one {type(value).__name__} for all users: they share its cookies and logins, so the server sees one "
            "visitor. Make one per user, in on_start: self.session = requests.Session(), or use self.client"
            for (owner, name), value in owners.items() if isinstance(value, kinds)]


def _with_tasksets(cls, seen=None):
    """The class and the TaskSets below it."""
    seen = [] if seen is None else seen
    if cls not in seen:
        seen.append(cls)
        for task in cls.tasks or ():
            if isinstance(task, type) and issubclass(task, TaskSet):
                _with_tasksets(task, seen)
    return seen


def _sets(cls, *names):
    return any(getattr(cls, name, None) is not None for name in names)


def check_results(environment):
    """Texts about what was measured."""
    texts = []
    for (name, method), entry in sorted(environment.stats.entries.items()):
        missing = _MISSING_VALUE.search(name)
        if missing:
            texts.append(f"{method} {name}: \"{missing[1]}\" in a URL is a value that was not there when the URL was put "
                         f"together ({entry.num_requests} requests)")
    entries = [entry for entry in environment.stats.entries.values() if entry.num_requests]
    for entry in sorted(entries, key=lambda entry: (entry.name, entry.method)):
        if entry.num_failures == entry.num_requests and entry.num_requests >= 5:
            texts.append(f"{entry.method} {entry.name} never succeeded ({entry.num_requests} requests): the script expects "
                         "something else than the server answers")
    return texts
