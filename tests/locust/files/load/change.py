# args: -u 2 -r 10
# compare: stdout log
from scenario import say
import gevent
from locust import User, constant, events, task

alive = []


@events.test_start.add_listener
def begin(environment, **_):
    gevent.spawn(steer, environment.runner)


def steer(runner):
    gevent.sleep(0.8)
    say("at first", len(alive))
    runner.start(5, spawn_rate=100)
    gevent.sleep(0.8)
    say("more", len(alive), runner.target_user_count)
    runner.start(1, spawn_rate=100)
    gevent.sleep(0.8)
    say("fewer", len(alive), runner.user_count)
    runner.quit()


class A(User):
    wait_time = constant(60)

    def on_start(self):
        alive.append(self)

    def on_stop(self):
        alive.remove(self)

    @task
    def go(self):
        pass
