from scenario import HOST, REFUSED, leave, once, say

from locust import HttpUser, task


from locust.clients import HttpSession


class A(HttpUser):
    host = HOST

    def __init__(self, environment):
        super().__init__(environment)
        self.second = HttpSession(base_url=HOST + "/second", request_event=environment.events.request, user=self)

    @task
    @once
    def look(self):
        say(self.second.get("/x").status_code, self.client.get("/y").status_code)
