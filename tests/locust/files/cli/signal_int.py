# args: -u 1
# signal: INT spawned
from scenario import say
from locust import User, constant, task


class A(User):
    wait_time = constant(60)

    def on_stop(self):
        say("stopped")

    @task
    def go(self):
        say("went")
