# args: -u 1 -t 1s
# skip-log: All users spawned
from scenario import say

from locust import User, task
from locust.exception import InterruptTaskSet


class A(User):
    def on_stop(self):
        say("on_stop")

    @task
    def go(self):
        say("task")
        raise InterruptTaskSet()
