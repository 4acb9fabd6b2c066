# args: -u 50
# compare: log
# skip-log: COMMON|no impact|will be ignored
from locust import LoadTestShape, User, constant, task


class A(User):
    wait_time = constant(60)

    @task
    def go(self):
        pass


class B(A):
    pass


class Steps(LoadTestShape):
    def tick(self):
        t = self.get_run_time()
        if t < 1:
            return 2, 100, [A]
        if t < 2.5:
            return 4, 100, [B]
        return None
