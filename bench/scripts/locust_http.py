# One GET after the other, by the client that everybody uses.
from locust import HttpUser, task


class Reader(HttpUser):
    @task
    def read(self):
        self.client.get("/")
