from scenario import HOST, REFUSED, leave, once, say

from locust import HttpUser, task



class A(HttpUser):
    host = HOST

    @task
    @once
    def look(self):
        def show(what, r):
            say(what, r.status_code, r.content, repr(r.text), type(r.error).__name__)
            try:
                r.json()
            except Exception as error:
                say("json:", type(error).__name__)
            try:
                r.raise_for_status()
            except Exception as error:
                say("raises:", type(error).__name__)
            try:
                say(r.ok)
            except Exception as error:
                say("ok:", type(error).__name__)
        show("refused", self.client.get(REFUSED + "/refused"))
        show("timeout", self.client.get("/slow/600", timeout=0.2))
        show("closed", self.client.get("/close"))
        show("short", self.client.get("/short"))
        show("name", self.client.get("http://no-such-host.invalid/", name="dns"))
