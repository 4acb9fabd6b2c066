from scenario import HOST, once

from locust import HttpUser, events, task


@events.quitting.add_listener
def on_quitting(environment, **_):
    environment.process_exit_code = 0


class A(HttpUser):
    host = HOST

    @task
    @once
    def go(self):
        self.client.get("/status/500")
