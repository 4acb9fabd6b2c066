from scenario import leave, say
import time
from locust import User, task

times = []


class A(User):
    wait_time = lambda self: 0.2

    @task
    def go(self):
        times.append(time.time())
        if len(times) == 3:
            say(all(0.19 < b - a < 0.35 for a, b in zip(times, times[1:])))
            leave(self.environment)


class B(User):
    weight = 0

    def wait_time(self):
        return 1

    @task
    def go(self):
        pass
