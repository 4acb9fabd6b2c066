# args: -u 1 -t 1s
from scenario import say
from locust import User, constant, task


class A(User):
    wait_time = constant(60)

    def on_stop(self):
        say("stopped")

    @task
    def go(self):
        say("went")
