from scenario import leave, say

from locust import User, events, task


def on_message(environment, msg, **_):
    say("message", msg.type, msg.data, type(msg.node_id).__name__)
    leave(environment)


@events.init.add_listener
def on_init(environment, **_):
    environment.runner.register_message("hello", on_message)
    try:
        environment.runner.register_message("hello", on_message)
    except Exception as error:
        say(error)


class A(User):
    def on_start(self):
        self.environment.runner.send_message("hello", {"a": [1, None]})

    @task
    def go(self):
        import time
        time.sleep(3)
