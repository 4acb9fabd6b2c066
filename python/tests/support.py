"""What every test of the package begins with: the package on the path, the engine replaced by a stand-in."""
import os
import sys

import fake_native

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
fake_native.install()

import logging  # noqa: E402
import unittest  # noqa: E402

import locust  # noqa: E402,F401
from locust import _state  # noqa: E402
from locust.env import Environment  # noqa: E402
from locust.event import Events  # noqa: E402

# What the package logs belongs to the tests that look for it.
logging.getLogger().addHandler(logging.NullHandler())


class Case(unittest.TestCase):
    """Each test starts with nothing sent, recorded or remembered."""

    maxDiff = None

    def setUp(self):
        fake_native.forget()
        fake_native.on_sleep = None
        _state.unhandled_exception = False
        _state.count_request = None
        _state.local = False
        _state.forget_old_api()

    def environment(self, *user_classes, **kwargs):
        return Environment(user_classes=list(user_classes), events=Events(), **kwargs)


def live(user, turns):
    """Lets a user live until it has waited ``turns`` times; returns the waits."""
    from gevent import GreenletExit

    def on_sleep(_seconds):
        if len(fake_native.slept) >= turns:
            raise GreenletExit()

    fake_native.slept.clear()
    fake_native.on_sleep = on_sleep
    try:
        user.run()
    finally:
        fake_native.on_sleep = None
    return list(fake_native.slept)
