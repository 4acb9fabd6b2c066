# args: -u 6 -r 100 -t 1s
# compare: log
from locust import User, constant, task


class Base(User):
    abstract = True
    wait_time = constant(60)

    @task
    def go(self):
        pass


class A(Base):
    fixed_count = 2


class B(Base):
    weight = 3


class C(Base):
    pass
