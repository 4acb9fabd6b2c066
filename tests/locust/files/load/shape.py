# args:
# compare: stdout log
from scenario import say
from locust import LoadTestShape, User, constant, events, task


class A(User):
    wait_time = constant(60)

    def on_start(self):
        say("start")

    def on_stop(self):
        say("stop")

    @task
    def go(self):
        pass


class Base(LoadTestShape):
    abstract = True


class Steps(Base):
    stages = [(1, 2), (2.5, 1)]

    def tick(self):
        for end, users in self.stages:
            if self.get_run_time() < end:
                return users, 100
        return None
