# args: -u 1 -t 1s
# skip-log: All users spawned
from scenario import say

from locust import User, task
from locust.exception import StopUser


class A(User):
    def on_start(self):
        say("on_start")
        raise StopUser()

    def on_stop(self):
        say("on_stop")

    @task
    def go(self):
        say("never")
