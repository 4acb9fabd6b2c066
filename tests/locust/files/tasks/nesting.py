from scenario import leave, say

from locust import TaskSet, User, task

steps = []


class A(User):
    def on_start(self):
        say("user start")

    def on_stop(self):
        say("user stop")

    @task
    class Outer(TaskSet):
        def on_start(self):
            self.n = 0
            say("outer start", type(self.parent).__name__, self.user is self.parent)

        def on_stop(self):
            say("outer stop")

        @task
        class Inner(TaskSet):
            def on_start(self):
                say("inner start", type(self.parent).__name__, type(self.user).__name__, type(self.parent.parent).__name__)

            def on_stop(self):
                say("inner stop")

            @task
            def work(self):
                self.parent.n += 1
                steps.append(1)
                say("work", self.parent.n, len(steps))
                if len(steps) == 3:
                    leave(self.user.environment)
                    return
                self.interrupt(reschedule=len(steps) == 1)
