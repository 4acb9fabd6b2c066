# As locust_http.py, and the locustfile wants to hear of each request.
from locust import HttpUser, events, task

slow = 0


@events.request.add_listener
def on_request(request_type, name, response_time, response_length, exception, **kwargs):
    global slow
    if exception or response_time > 1000:
        slow += 1


class Reader(HttpUser):
    @task
    def read(self):
        self.client.get("/")
