# args: -u 1 -t 1s
# compare: stdout log
# skip-log: All users spawned
from scenario import say

from locust import User, task


class A(User):
    def wait_time(self):
        raise ValueError("no idea")

    def on_stop(self):
        say("on_stop")

    @task
    def go(self):
        say("task")
