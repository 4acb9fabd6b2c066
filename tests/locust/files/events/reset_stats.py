# args: -u 2 -r 1 --reset-stats
# compare: stdout log stats
from scenario import say
import gevent
from locust import User, constant, events, task

made = []


@events.spawning_complete.add_listener
def on_spawned(user_count, **_):
    gevent.spawn_later(0.5, after, made[0].environment)


def after(environment):
    environment.events.request.fire(request_type="x", name="after", response_time=1, response_length=0)
    gevent.sleep(1.5)
    say(environment.stats.total.num_requests, environment.stats.total.num_failures)
    environment.runner.quit()


class A(User):
    wait_time = constant(60)

    def on_start(self):
        made.append(self)
        if len(made) == 1:
            self.environment.events.request.fire(request_type="x", name="before", response_time=1, response_length=0, exception=ValueError("x"))

    @task
    def go(self):
        pass
