# skip-log: All users spawned
from scenario import leave, say
import gevent
from locust import User, task
from locust.exception import StopTest


class A(User):
    def on_stop(self):
        say("on_stop")
        gevent.spawn_later(0.3, self.later)

    def later(self):
        say("still here", self.environment.runner.state)
        leave(self.environment)

    @task
    def go(self):
        say("task")
        raise StopTest()
