# compare: stdout stats failures
from scenario import HOST, REFUSED, leave, once, say

from locust import HttpUser, task



class A(HttpUser):
    host = HOST

    @task
    @once
    def look(self):
        for status in (301, 302, 303, 307, 308):
            r = self.client.post("/redirect/%d" % status, data="body")
            say(status, r.status_code, r.text, [h.status_code for h in r.history], r.url.replace(HOST, ""), r.request.method)
        r = self.client.get("/redirect/302/3", name="three")
        say(r.text, len(r.history), r.history[0].headers["Location"], r.history[0].url.replace(HOST, ""))
        r = self.client.get("/redirect/302", allow_redirects=False, name="not followed")
        say(r.status_code, r.is_redirect, r.headers["location"], r.ok)
        r = self.client.head("/redirect/302", name="head")
        say(r.status_code)
        r = self.client.get("/loop")
        say(r.status_code, type(r.error).__name__ if hasattr(r, "error") else None)
