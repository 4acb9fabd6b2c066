# args: -u 2 -r 10 -t 1s -s 3
# order: any
from scenario import say
import time
from locust import TaskSet, User, constant, task


class Works(User):
    fixed_count = 1

    def on_stop(self):
        say("worker stops")

    @task
    class Set(TaskSet):
        def on_stop(self):
            say("set stops")

        @task
        def go(self):
            time.sleep(1.5)
            say("task ends")


class Waits(User):
    fixed_count = 1
    wait_time = constant(60)

    def on_stop(self):
        say("waiter stops")

    @task
    def go(self):
        pass
