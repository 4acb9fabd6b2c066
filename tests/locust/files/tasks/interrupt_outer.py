from scenario import leave, say

from locust import TaskSet, User, task

rounds = []


class Inner(TaskSet):
    def on_start(self):
        self.mark = getattr(self, "mark", 0) + 1
        say("enter", self.mark)

    def on_stop(self):
        say("leave")

    @task
    def go(self):
        rounds.append(1)
        if len(rounds) == 3:
            leave(self.user.environment)
        self.interrupt()


class OnStart(TaskSet):
    def on_start(self):
        say("interrupted in on_start")
        self.interrupt()

    def on_stop(self):
        say("never said")

    @task
    def never(self):
        say("never")


class A(User):
    tasks = {Inner: 1}

    def on_start(self):
        self.tasks = [OnStart, Inner]
        import random
        random.seed(3)
