# args: -u 5 -r 2.5 -t 3s
# compare: stdout log
from scenario import say
import time
import gevent
from locust import User, constant, events, task

begun = []
times = []


@events.spawning_complete.add_listener
def on_spawned(user_count, **_):
    gevent.spawn_later(0.3, lambda: say(user_count, [round(t - times[0], 1) for t in times]))


class A(User):
    wait_time = constant(60)

    def on_start(self):
        times.append(time.time())

    @task
    def go(self):
        pass
