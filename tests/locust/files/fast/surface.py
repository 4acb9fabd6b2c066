from scenario import HOST, REFUSED, leave, once, say

from locust import FastHttpUser, task


from locust.contrib.fasthttp import FastHttpSession, FastResponse


class A(FastHttpUser):
    host = HOST
    default_headers = {"X-Own": "default"}

    @task
    @once
    def look(self):
        say(self.network_timeout, self.connection_timeout, self.max_redirects, self.max_retries, self.insecure, self.concurrency)
        say(isinstance(self.client, FastHttpSession), self.client.base_url == HOST, hasattr(self.client, "headers"), hasattr(self.client, "cookies"))
        r = self.client.get("/json")
        say(isinstance(r, FastResponse), r.status_code, r.json(), r.text, bytes(r.content), r.headers["content-type"], r.headers.get("X"), r.url.replace(HOST, ""))
        say(hasattr(r, "elapsed"), hasattr(r, "cookies"), hasattr(r, "history"), r.request.method, r.request.url.replace(HOST, ""))
        say(self.client.get("/echo").json()["headers"].get("x-own"))
        self.client.get("/cookies/set?a=1")
        say(self.client.get("/cookies").text, [c.name for c in self.client.cookiejar])
        say(len(self.client.get("/gzip").content), self.client.get("/latin").text)
        say([line for line in self.client.iter_lines("/lines/3")])
        r = self.client.get("/lines/2", stream=True, name="stream")
        say(r.text)
        self.client.client.clientpool.close()
        say(self.client.get("/after").status_code)
