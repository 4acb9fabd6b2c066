# argv: locust -f {script},_second.py --headless -u 2 -r 10
# order: any
from scenario import leave, say
from locust import User, constant, task


class A(User):
    wait_time = constant(60)

    @task
    def go(self):
        say("A")
        leave(self.environment, 0.5)
