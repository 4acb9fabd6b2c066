# compare: stdout log
from locust import User, task


class Base(User):
    abstract = True

    @task
    def nothing(self):
        pass
