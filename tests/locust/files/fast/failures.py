from scenario import HOST, REFUSED, leave, once, say

from locust import FastHttpUser, task



class A(FastHttpUser):
    host = HOST
    network_timeout = 0.3

    @task
    @once
    def look(self):
        for status in (200, 204, 302, 304, 305, 400, 404, 500, 503):
            r = self.client.get("/status/%d" % status)
            say(status, r.status_code, r.ok if hasattr(r, "ok") else None)

        def show(what, r):
            say(what, r.status_code, r.content, repr(r.text), type(r.error).__name__)
            try:
                r.raise_for_status()
            except Exception as error:
                say("raises:", type(error).__name__)
        show("refused", self.client.get(REFUSED + "/refused", name="refused"))
        show("timeout", self.client.get("/slow/600"))
        show("closed", self.client.get("/close"))
        show("name", self.client.get("http://no-such-host.invalid/", name="dns"))
        with self.client.get("/x", catch_response=True) as r:
            r.failure("said so")
        with self.client.get("/status/404", catch_response=True, name="forgiven") as r:
            r.success()
        try:
            with self.client.get("/lost", catch_response=True) as r:
                raise AssertionError("no")
        except AssertionError:
            say("out")
