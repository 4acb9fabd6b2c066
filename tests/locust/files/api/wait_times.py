from scenario import once, say

from locust import User, between, constant, task
import time


class Waits(User):
    wait_time = between(0.01, 0.02)

    @task
    @once
    def look(self):
        values = [self.wait_time() for _ in range(100)]
        say(all(0.01 <= v <= 0.02 for v in values), len(set(values)) > 50, isinstance(values[0], float))
        say(constant(3)(self))
        begin = time.time()
        self.wait()
        say(0.009 < time.time() - begin < 0.15)
