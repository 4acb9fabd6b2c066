from scenario import HOST, leave, say

from locust import HttpUser, constant, events, task
from locust.exception import RescheduleTask

rounds = []


@events.request.add_listener
def on_request(name, exception, **_):
    if exception:
        raise RescheduleTask()


class A(HttpUser):
    host = HOST
    wait_time = constant(0.01)

    @task
    def go(self):
        rounds.append(1)
        self.client.get("/fine")
        say("after fine")
        if len(rounds) == 2:
            leave(self.environment)
        self.client.get("/status/500")
        say("never")
