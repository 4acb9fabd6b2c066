from scenario import HOST, REFUSED, leave, once, say

from locust import HttpUser, task



class A(HttpUser):
    host = HOST

    @task
    @once
    def look(self):
        for status in (200, 201, 204, 304, 400, 401, 404, 418, 500, 503):
            r = self.client.get("/status/%d" % status)
            say(status, r.status_code, r.ok, bool(r), r.reason)
        self.client.get("/status/404?x=1", name="named")
        try:
            self.client.get("/status/500").raise_for_status()
        except Exception as error:
            say(type(error).__name__, error)
