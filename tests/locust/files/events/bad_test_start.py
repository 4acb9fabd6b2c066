# compare: stdout log
from scenario import once, say

from locust import User, events, task


@events.test_start.add_listener
def bad(**_):
    raise ValueError("test_start fails")


class A(User):
    @task
    @once
    def go(self):
        say("runs all the same")
