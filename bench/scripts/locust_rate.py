# A request per second and user, with the users' seconds spread evenly; what the listeners are told goes to $TIMES_FILE.
import itertools
import json
import os
import time

from locust import HttpUser, constant_throughput, events, task

USERS = int(os.environ.get("USERS", "500"))
numbers = itertools.count()
times = []


@events.request.add_listener
def on_request(response_time, **kwargs):
    times.append(response_time)


@events.test_stop.add_listener
def on_stop(environment, **kwargs):
    times.sort()
    with open(os.environ["TIMES_FILE"], "w") as file:
        json.dump({"requests": len(times), "p50": times[len(times) // 2], "p99": times[len(times) * 99 // 100]}, file)


class Steady(HttpUser):
    wait_time = constant_throughput(1)

    def on_start(self):
        now = time.time()
        time.sleep((next(numbers) / USERS - now) % 1)

    @task
    def read(self):
        self.client.get("/")
