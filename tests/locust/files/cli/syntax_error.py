# args: -u 1
# compare: stdout
from locust import User, task


class A(User):
    @task
    def go(self:
        pass
