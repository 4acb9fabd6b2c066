"""A server with behaviours, and what the tests share. The server runs in threads of a process of its own, so that gevent here does not slow it."""
import gc
import os
import subprocess
import sys
import unittest

SERVER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "server.py")


class Server:
    """`with Server() as s:` s.url"""

    def __enter__(self):
        self.process = subprocess.Popen([sys.executable, SERVER], stdout=subprocess.PIPE, text=True, env=clean_environment())
        self.url = f"http://127.0.0.1:{int(self.process.stdout.readline())}"
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()


def clean_environment(**more):
    """Without the sanitizers' runtime, which only our own extension needs."""
    environment = {k: v for k, v in os.environ.items() if k != "LD_PRELOAD"}
    environment.update(more)
    return environment


class Case(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.server = Server().__enter__()

    @classmethod
    def tearDownClass(cls):
        cls.server.__exit__()


def count(kind):
    """Living objects of that type that the collector knows of."""
    gc.collect()
    return sum(isinstance(o, kind) for o in gc.get_objects())
