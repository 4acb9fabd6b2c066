from scenario import leave, say

from locust import TaskSet, User, task

seen = []


class Set(TaskSet):
    def on_start(self):
        self.schedule_task(self.b)
        self.schedule_task(self.c, first=True)

    @task
    def a(self):
        seen.append("a")
        if len(seen) == 4:
            say(*seen)
            leave(self.user.environment)

    def b(self):
        seen.append("b")

    def c(self):
        seen.append("c")


class A(User):
    tasks = [Set]
