# compare: stdout
from locust import User, task


class Bad(User):
    @task
    def run(self):
        pass
