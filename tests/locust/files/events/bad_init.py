# compare: stdout log
from scenario import say

from locust import User, events, task


@events.init.add_listener
def bad(**_):
    raise ValueError("init fails")


class A(User):
    @task
    def go(self):
        say("never")
