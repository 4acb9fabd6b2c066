from scenario import HOST, REFUSED, leave, once, say

from locust import HttpUser, task



class A(HttpUser):
    host = HOST

    @task
    @once
    def look(self):
        r = self.client.get("/json")
        say(r.status_code, r.ok, r.reason, r.encoding, r.json(), r.text, r.content, len(r.content))
        say(r.headers["content-type"], r.headers.get("nothing"), "Content-Type" in r.headers, r.url.replace(HOST, ""))
        say(r.elapsed.total_seconds() > 0, r.history, r.is_redirect, r.apparent_encoding, r.links)
        say(r.request.method, r.request.url.replace(HOST, ""), r.request.path_url, r.request.body, "User-Agent" in r.request.headers)
        r = self.client.get("/gzip")
        say(len(r.content), r.text[:10], r.headers["Content-Encoding"])
        r = self.client.get("/latin")
        say(r.text, r.encoding, r.content)
        r.encoding = "utf-8"
        say(repr(r.text))
        r = self.client.get("/lines/3")
        say(list(r.iter_lines()), list(r.iter_content(7)))
        r = self.client.get("/lines/2", stream=True, name="stream")
        say([line.decode() for line in r.iter_lines()])
        r = self.client.get("/bytes/5000")
        say(len(r.content), r.request_meta["response_length"], r.request_meta["name"], r.request_meta["request_type"])
        say(self.client.get("/status/204").content, repr(r)[:15])
        try:
            self.client.get("/").json()
        except Exception as error:
            say(type(error).__name__)
