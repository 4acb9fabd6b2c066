# args: -u 4 -r 100 -t 2s --processes 2
# compare: stdout log stats failures
# order: any
# skip-log: reported as ready|Worker |worker |Sending spawn|quit message|Sending|ready workers|exit code 0|Ramping
from scenario import HOST, say
from locust import HttpUser, constant, events, task
from locust.runners import MasterRunner, WorkerRunner


def who(environment):
    return "master" if isinstance(environment.runner, MasterRunner) else "worker" if isinstance(environment.runner, WorkerRunner) else "local"


@events.init.add_listener
def on_init(environment, **_):
    say("init", who(environment))


@events.test_start.add_listener
def on_start(environment, **_):
    say("test_start", who(environment))


@events.test_stop.add_listener
def on_stop(environment, **_):
    say("test_stop", who(environment))


@events.quitting.add_listener
def on_quitting(environment, **_):
    if who(environment) == "master":
        say("quitting", environment.stats.total.num_requests, environment.stats.total.num_failures)


class A(HttpUser):
    host = HOST
    wait_time = constant(60)

    @task
    def go(self):
        self.client.get("/")
        self.client.get("/status/404")
