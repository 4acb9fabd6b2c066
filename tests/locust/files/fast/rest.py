from scenario import HOST, REFUSED, leave, once, say

from locust import FastHttpUser, task



class A(FastHttpUser):
    host = HOST

    @task
    @once
    def look(self):
        with self.rest("GET", "/json") as r:
            say(r.js, r.status_code)
        with self.rest("POST", "/echo", json={"a": 1}) as r:
            say(r.js["headers"].get("content-type"), r.js["headers"].get("accept"), r.js["body"])
        with self.rest("GET", "/") as r:
            say(r.js)
        with self.rest("GET", "/json", name="assert") as r:
            assert r.js["a"] == 2, "a is not 2"
        with self.rest("GET", "/json", name="assert without words") as r:
            assert r.js["a"] == 2
        with self.rest("GET", "/json", name="assert with comma") as r:
            assert r.js["a"] == 2, "unexpected,"
        with self.rest("GET", "/json", name="own failure") as r:
            r.failure("own")
        with self.rest("GET", "/status/500", name="500") as r:
            say(r.js)
        with self.rest("GET", REFUSED, name="refused") as r:
            say(r.js, r.status_code)
        with self.rest_("GET", "/json?x=1") as r:
            say(r.js["a"])
