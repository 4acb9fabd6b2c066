# args: -u 3 -r 100 -t 1s
# compare: stdout
# order: any
from scenario import say
from locust import User, task
from locust.exception import StopUser


class A(User):
    def on_stop(self):
        say("gone")

    @task
    def go(self):
        raise StopUser()
