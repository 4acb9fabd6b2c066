# env: SHOW_EXCEPTIONS=1
from scenario import leave, say

from locust import SequentialTaskSet, User, constant, events, task
from locust.exception import RescheduleTask, RescheduleTaskImmediately, StopUser


@events.user_error.add_listener
def on_error(user_instance, exception, tb, **_):
    say("user_error", type(exception).__name__, exception, tb is not None)


class A(User):
    wait_time = constant(0.01)

    def on_stop(self):
        say("on_stop")
        leave(self.environment)

    @task
    class Steps(SequentialTaskSet):
        @task
        def raises(self):
            raise ValueError("one")

        @task
        def raises_too(self):
            {}["missing"]

        @task
        def reschedules(self):
            say("reschedule")
            raise RescheduleTask()

        @task
        def reschedules_at_once(self):
            say("immediately")
            raise RescheduleTaskImmediately()

        @task
        def asserts(self):
            assert 1 == 2, "not the same"

        @task
        def stops(self):
            raise StopUser()

        @task
        def never(self):
            say("never")
