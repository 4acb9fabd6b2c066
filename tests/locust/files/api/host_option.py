# args: -u 1 -H http://127.0.0.1:1
from scenario import once, say

from locust import HttpUser, task


class A(HttpUser):
    host = "http://example.invalid"

    @task
    @once
    def look(self):
        say(self.host, self.client.base_url, self.environment.host)
