from scenario import once, say

from locust import HttpUser, TaskSet, User, task


def one(x):
    pass


def two(x):
    pass


class Base(User):
    abstract = True

    @task
    def a(self):
        pass

    @task(2)
    def b(self):
        pass


class Child(Base):
    abstract = True
    tasks = {one: 3, two: 1}

    @task
    def a(self):
        pass

    def b(self):
        pass

    @task(0)
    def never(self):
        pass


class Pairs(User):
    abstract = True
    tasks = [(one, 2), two]


class A(User):
    @task
    @once
    def look(self):
        for cls in (Base, Child, Pairs):
            say(cls.__name__, [t.__name__ for t in cls.tasks])
        say([t for t in Child.tasks].count(Base.a), Child.a in Child.tasks)
