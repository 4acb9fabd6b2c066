# args: -u 1 --tags nothing -t 1s
# compare: log
# skip-log: No tasks defined|user.task
from locust import User, constant, tag, task


class A(User):
    wait_time = constant(0.5)

    @tag("one")
    @task
    def one(self):
        pass
