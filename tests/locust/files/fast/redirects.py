# compare: stdout stats failures
from scenario import HOST, REFUSED, leave, once, say

from locust import FastHttpUser, task



class A(FastHttpUser):
    host = HOST
    max_redirects = 5

    @task
    @once
    def look(self):
        for status in (301, 302, 303, 307, 308):
            r = self.client.post("/redirect/%d" % status, data="body")
            say(status, r.status_code, r.text, r.url.replace(HOST, ""))
        r = self.client.get("/redirect/302", allow_redirects=False, name="not followed")
        say(r.status_code, r.headers["location"])
        say(self.client.head("/redirect/302", name="head").status_code)
        say(self.client.get("/loop").status_code)
