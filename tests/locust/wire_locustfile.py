"""What the tests of the wire protocol run: two classes, a failure, custom messages both ways, an option of its own, a listener's report."""
import os

from locust import HttpUser, constant, events, task
from locust.runners import MasterRunner, WorkerRunner


class Often(HttpUser):
    weight = 3
    wait_time = constant(0.05)

    @task
    def page(self):
        self.client.get("/api/v1/todos", name="todos")


class Seldom(HttpUser):
    wait_time = constant(0.2)

    @task
    def missing(self):
        self.client.get("/there-is-no-such-page", name="missing")


def say(*words):
    os.write(1, (" ".join(str(word) for word in words) + "\n").encode())


@events.init_command_line_parser.add_listener
def options(parser):
    parser.add_argument("--shade", default="none")


@events.init.add_listener
def begin(environment, runner, **_):
    def heard(environment, msg, **_):
        say("HEARD", type(environment.runner).__name__, msg.type, msg.data)
        if isinstance(environment.runner, WorkerRunner):
            environment.runner.send_message("pong", {"numbers": [1, 2.5, None, True], "text": "zwölf"})

    runner.register_message("pong" if isinstance(runner, MasterRunner) else "ping", heard)


@events.test_start.add_listener
def start(environment, **_):
    say("START", type(environment.runner).__name__, environment.host, environment.parsed_options.shade)
    if isinstance(environment.runner, MasterRunner):
        environment.runner.send_message("ping", {"nested": {"a": [None]}})


@events.test_stop.add_listener
def stop(environment, **_):
    say("STOP", type(environment.runner).__name__)


@events.spawning_complete.add_listener
def spawned(user_count, **_):
    say("SPAWNED", user_count)


@events.report_to_master.add_listener
def report(data, **_):
    data["colour"] = "red"


@events.worker_report.add_listener
def reported(data, **_):
    say("REPORTED", data.get("colour"))
