"""What the locustfiles of this suite share. Runs under Locust and under ours."""

import functools
import os
import sys

import gevent
from locust import events

HOST = os.environ["HTTP"]
REFUSED = os.environ["REFUSED"]


def say(*words):
    # One write, so that lines of several processes stay whole.
    sys.stdout.write(" ".join(map(str, words)) + "\n")
    sys.stdout.flush()


def leave(environment, after=0.4):
    """Ends the test, not from within the user's greenlet; which waits here for that."""
    gevent.spawn_later(after, environment.runner.quit)
    gevent.sleep(5)


def once(task):
    """The task quits the test when it has been done."""
    @functools.wraps(task)
    def wrapper(self):
        user = getattr(self, "user", self)
        try:
            task(self)
        except Exception as error:
            say("raised:", type(error).__name__, error)
        leave(user.environment)
    return wrapper


def frame(traceback):
    return [line.strip() for line in traceback.splitlines() if line.strip(" ~^")][-1]


@events.quitting.add_listener
def show_exceptions(environment, **_):
    """Locust shows them in no table; one line each."""
    if os.environ.get("SHOW_EXCEPTIONS") and type(environment.runner).__name__ != "WorkerRunner":
        rows = [(e["count"], e["msg"], frame(e["traceback"])) for e in environment.runner.exceptions.values()]
        for row in sorted(rows):
            say("exception row:", *row)
