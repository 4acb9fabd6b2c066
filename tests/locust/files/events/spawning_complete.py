# args: -u 3 -r 100
from scenario import say
import gevent
from gevent.lock import Semaphore

from locust import User, constant, events, task

everybody = Semaphore()
everybody.acquire()
done = []


@events.spawning_complete.add_listener
def on_spawned(user_count, **kwargs):
    say("spawning_complete", user_count, kwargs)
    everybody.release()


class A(User):
    wait_time = constant(60)

    def on_start(self):
        everybody.wait()
        done.append(1)
        if len(done) == 3:
            say("all started")
            gevent.spawn_later(0.1, self.environment.runner.quit)

    @task
    def go(self):
        pass
