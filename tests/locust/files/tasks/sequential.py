from scenario import leave, say

from locust import SequentialTaskSet, User, task

seen = []


def outside(taskset):
    taskset.note("outside")


class Steps(SequentialTaskSet):
    def note(self, what):
        seen.append(what)
        if len(seen) == 16:
            say(*seen)
            leave(self.user.environment)

    @task
    def first(self):
        self.note("first")

    @task(2)
    def second(self):
        self.note("second")

    tasks = [outside]

    @task
    class Inner(SequentialTaskSet):
        def on_start(self):
            self.parent.note("inner-start")

        def on_stop(self):
            self.parent.note("inner-stop")

        @task
        def a(self):
            self.parent.note("inner-a")

        @task
        def b(self):
            self.parent.note("inner-b")
            self.interrupt()

    @task
    def last(self):
        self.note("last")


class A(User):
    tasks = [Steps]
