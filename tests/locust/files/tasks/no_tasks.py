# compare: stdout log
from scenario import leave, say

from locust import User, constant, events

errors = []


@events.user_error.add_listener
def on_error(user_instance, exception, **_):
    errors.append(exception)
    if len(errors) == 2:
        say(exception)
        leave(user_instance.user.environment)


class A(User):
    wait_time = constant(0.1)
