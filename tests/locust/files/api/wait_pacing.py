from scenario import leave, say
import time
from locust import User, constant_pacing, task

times = []


class A(User):
    wait_time = constant_pacing(0.2)

    @task
    def go(self):
        times.append(time.time())
        if len(times) == 3:
            time.sleep(0.3)
        elif len(times) == 6:
            gaps = [b - a for a, b in zip(times, times[1:])]
            say([round(gap, 1) for gap in gaps])
            leave(self.environment)
        else:
            time.sleep(0.1)
