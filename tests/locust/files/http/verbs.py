from scenario import HOST, REFUSED, leave, once, say

from locust import HttpUser, task



class A(HttpUser):
    host = HOST

    @task
    @once
    def look(self):
        for verb in ("get", "post", "put", "patch", "delete", "head", "options"):
            r = getattr(self.client, verb)("/echo/" + verb)
            say(verb, r.status_code, r.json()["method"] if verb != "head" else repr(r.text))
        say(self.client.request("GET", "/echo/x").json()["method"], self.client.request("get", "/status/204").status_code)
