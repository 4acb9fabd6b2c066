from scenario import say
import gevent
from locust import User, constant, task


class A(User):
    wait_time = constant(10)

    def on_start(self):
        gevent.spawn_later(0.2, self.stop, True)
        gevent.spawn_later(0.6, self.environment.runner.quit)

    def on_stop(self):
        say("on_stop")

    @task
    def go(self):
        say("task")
