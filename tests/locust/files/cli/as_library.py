# argv: {python} {script}
# compare: stdout
from scenario import HOST, say
import gevent
from locust import HttpUser, constant, events, task
from locust.env import Environment
from locust.log import setup_logging


class A(HttpUser):
    host = HOST
    wait_time = constant(0.1)

    @task
    def go(self):
        self.client.get("/")


if __name__ == "__main__":
    setup_logging("INFO")
    env = Environment(user_classes=[A], events=events)
    runner = env.create_local_runner()
    env.events.init.fire(environment=env, runner=runner, web_ui=None)
    runner.start(2, spawn_rate=10)
    gevent.spawn_later(1, runner.quit)
    runner.greenlet.join()
    say(env.stats.total.num_requests > 4, env.stats.total.num_failures, runner.user_count, runner.state)
