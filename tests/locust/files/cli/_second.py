from scenario import say
from locust import User, constant, task


class B(User):
    wait_time = constant(60)

    @task
    def go(self):
        say("B")
