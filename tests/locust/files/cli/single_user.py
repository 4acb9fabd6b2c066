# argv: {python} {script}
# skip-stdout: ^$|^GET|^type
from scenario import HOST, say
from locust import HttpUser, events, run_single_user, task
from locust.exception import StopUser


@events.test_start.add_listener
def start(environment, **_):
    say("test_start", environment.runner)


class A(HttpUser):
    host = HOST

    def on_start(self):
        say("on_start", self.environment.single_user_instance is self)

    @task
    def go(self):
        r = self.client.get("/")
        say(r.text)
        raise StopUser()


if __name__ == "__main__":
    events.request.add_listener(lambda **kw: say("request", kw["name"]))
    run_single_user(A)
    say("over")
