# One GET, then a long wait: what is a user that waits worth in memory?
from locust import HttpUser, constant, task


class Sleeper(HttpUser):
    wait_time = constant(3600)

    @task
    def read(self):
        self.client.get("/")
