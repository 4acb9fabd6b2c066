# args: -u 1 -t 7s --csv {tmp}/deep/x --csv-full-history
# compare: files
from scenario import HOST
from locust import HttpUser, constant, task


class A(HttpUser):
    host = HOST
    wait_time = constant(0.2)

    @task
    def go(self):
        self.client.get("/")
        self.client.get("/status/404", name="bad, with a comma")
        with self.client.get("/x", catch_response=True) as r:
            r.failure('said "no"')
        raise ValueError("boom")
