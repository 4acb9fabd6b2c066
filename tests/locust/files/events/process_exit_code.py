from scenario import HOST, once, say

from locust import HttpUser, events, task


@events.quitting.add_listener
def on_quitting(environment, **_):
    say(environment.stats.total.fail_ratio, environment.stats.total.get_response_time_percentile(0.95) >= 0)
    environment.process_exit_code = 7 if environment.stats.total.fail_ratio > 0.1 else 0


class A(HttpUser):
    host = HOST

    @task
    @once
    def go(self):
        self.client.get("/status/500")
