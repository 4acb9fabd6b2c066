from scenario import HOST, leave, say

from locust import HttpUser, constant, events, task


@events.init_command_line_parser.add_listener
def on_parser(parser):
    parser.add_argument("--my-word", default="nothing", env_var="MY_WORD", include_in_web_ui=True)


@events.init.add_listener
def on_init(environment, **kwargs):
    say("init", environment.parsed_options.my_word, sorted(kwargs), environment.runner.state)


@events.test_start.add_listener
def on_test_start(environment, **kwargs):
    say("test_start", kwargs, environment.runner.state)


@events.test_stopping.add_listener
def on_test_stopping(environment, **kwargs):
    say("test_stopping", kwargs)


@events.test_stop.add_listener
def on_test_stop(environment, **kwargs):
    say("test_stop", kwargs, environment.stats.total.num_requests)


@events.quitting.add_listener
def on_quitting_first(environment, **kwargs):
    say("quitting first", kwargs)


@events.quitting.add_listener
def on_quitting_last(environment, **kwargs):
    say("quitting last", environment.runner.stats.total.fail_ratio)


@events.quit.add_listener
def on_quit(exit_code, **kwargs):
    say("quit", exit_code, kwargs)


class A(HttpUser):
    host = HOST
    wait_time = constant(0.1)

    def on_start(self):
        say("on_start")

    def on_stop(self):
        say("on_stop")

    @task
    def go(self):
        self.client.get("/")
        say("task")
        leave(self.environment)
