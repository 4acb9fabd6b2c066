# args: -u 1
# compare: console
import locust.stats
from scenario import HOST, leave, once

from locust import HttpUser, task

locust.stats.PERCENTILES_TO_REPORT = [0.29, 0.5, 0.9, 0.9995, 1.0]


class A(HttpUser):
    host = HOST

    @task
    @once
    def look(self):
        self.client.get("/")
