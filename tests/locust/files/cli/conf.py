# args:
# conf: users = 1
# conf: spawn-rate = 4.5
# conf: only-summary = true
from scenario import HOST, once, say

from locust import HttpUser, task


class A(HttpUser):
    host = HOST

    @task
    @once
    def go(self):
        self.client.get("/")
        self.client.get("/status/404")
        say("users", self.environment.parsed_options.num_users, self.environment.parsed_options.spawn_rate)
