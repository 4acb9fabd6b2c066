# args: -u 1 -t 1s
# env: SHOW_EXCEPTIONS=1
# skip-log: All users spawned
from scenario import say

from locust import User, task


class A(User):
    def on_start(self):
        say("on_start")
        raise RuntimeError("cannot start")

    def on_stop(self):
        say("on_stop")

    @task
    def go(self):
        say("never")
