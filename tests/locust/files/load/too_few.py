# args: -u 2 -r 10 -t 1s
# compare: log
from locust import User, constant, task


class A(User):
    fixed_count = 5
    wait_time = constant(60)

    @task
    def go(self):
        pass
