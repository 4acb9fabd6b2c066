# compare: stdout stats
# args: -u 1 -t 1s
from locust import User, task


class Forgot(User):
    def __init__(self, environment):
        self.x = 1

    @task
    def nothing(self):
        print("never")
