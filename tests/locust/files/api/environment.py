from scenario import once, say

from locust import User, events, task
from locust.env import Environment
from locust.exception import RunnerAlreadyExistsError


@events.init.add_listener
def on_init(environment, runner, web_ui, **_):
    say("init", type(environment).__name__, type(runner).__name__, web_ui, environment.runner is runner, environment.locustfile)


class A(User):
    @task
    @once
    def look(self):
        e = self.environment
        say(e.reset_stats, e.catch_exceptions, e.tags, e.exclude_tags, [c.__name__ for c in e.user_classes])
        say(sorted(e.available_user_classes), e.profile)
        say(e.runner.target_user_count, e.runner.user_classes_count, len(e.runner.user_greenlets), e.runner.exceptions, e.runner.errors)
        try:
            e.create_local_runner()
        except RunnerAlreadyExistsError as error:
            say("RunnerAlreadyExistsError", error)
