# args: -u 1 -t 1s
from scenario import say
import time
from locust import User, task


class Works(User):
    def on_stop(self):
        say("stops")

    @task
    def go(self):
        time.sleep(5)
        say("never")
