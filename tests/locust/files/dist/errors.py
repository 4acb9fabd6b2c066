# args: -u 2 -r 100 -t 2s --processes 2
# env: SHOW_EXCEPTIONS=1
# compare: stdout failures
# order: any
from scenario import HOST
from locust import HttpUser, constant, task


class A(HttpUser):
    host = HOST
    wait_time = constant(60)

    @task
    def go(self):
        with self.client.get("/x", catch_response=True) as r:
            r.failure("said so")
        raise ValueError("boom")
