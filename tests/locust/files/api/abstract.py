# args: -u 3 -r 10
# order: any
# compare: stdout log
from scenario import leave, say

from locust import User, constant, events, task

seen = []


class Base(User):
    abstract = True
    wait_time = constant(0.1)

    @task
    def go(self):
        name = type(self).__name__
        if name not in seen:
            seen.append(name)
            say(name, self.weight, self.abstract, self.fullname())
        if len(seen) == 2:
            leave(self.environment)


class A(Base):
    weight = 2


class B(Base):
    pass


class Never(Base):
    weight = 0
