# args: -u 50 -t 5s
# compare: log
from locust import LoadTestShape, User, constant, task


class A(User):
    wait_time = constant(60)

    @task
    def go(self):
        pass


class Steps(LoadTestShape):
    def tick(self):
        return (1, 100) if self.get_run_time() < 0.5 else None
