"""What the fleet tests run: a package and data beside the locustfile, which must arrive on every machine."""
import os

from locust import FastHttpUser, constant, events, task

from beside.words import greeting

with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "beside", "paths.txt")) as f:
    PATHS = f.read().split()


@events.test_start.add_listener
def on_start(environment, **_):
    print("test_start with", greeting, flush=True)


class Visitor(FastHttpUser):
    wait_time = constant(0.1)

    @task
    def visit(self):
        for path in PATHS:
            self.client.get(path)
