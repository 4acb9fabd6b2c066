"""Things in a locustfile that run, and are seldom meant."""
import re

from .user.users import User

# A URL in which a value was missing when it was put together.
_MISSING_VALUE = re.compile(r"/(None|undefined|null)(?=[/?#&]|$)")


def check(environment):
    """Texts about the loaded classes."""
    texts = []
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
