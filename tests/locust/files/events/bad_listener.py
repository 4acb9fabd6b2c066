# compare: stdout log stats
from scenario import HOST, leave, once, say

from locust import HttpUser, events, task


@events.request.add_listener
def bad(**_):
    raise ValueError("a listener that fails")


@events.request.add_listener
def good(name, **_):
    say("the other one hears", name)


class A(HttpUser):
    host = HOST

    @task
    @once
    def look(self):
        say(self.client.get("/").status_code)
