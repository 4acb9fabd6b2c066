# args: -u 2 -r 100 -t 2s --processes 2
# compare: stdout
# order: any
from scenario import say
from locust import User, constant, events, task
from locust.runners import MasterRunner, WorkerRunner


def to_worker(environment, msg, **_):
    say("worker got", msg.data)
    environment.runner.send_message("answer", {"from": "worker"})


def to_master(environment, msg, **_):
    say("master got", msg.data)


@events.init.add_listener
def on_init(environment, **_):
    if isinstance(environment.runner, MasterRunner):
        environment.runner.register_message("answer", to_master)
    else:
        environment.runner.register_message("question", to_worker)


@events.test_start.add_listener
def on_start(environment, **_):
    if isinstance(environment.runner, MasterRunner):
        environment.runner.send_message("question", "how many?")


class A(User):
    wait_time = constant(60)

    @task
    def go(self):
        pass
