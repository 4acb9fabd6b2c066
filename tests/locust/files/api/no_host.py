# args: -u 1 -t 5s
# skip-log: All users spawned
from locust import HttpUser, task


class A(HttpUser):
    @task
    def look(self):
        print("never")
