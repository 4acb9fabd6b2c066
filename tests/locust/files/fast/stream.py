# compare: stdout stats failures
import time

from scenario import HOST, leave, once, say

from locust import FastHttpUser, task


class A(FastHttpUser):
    host = HOST

    @task
    @once
    def look(self):
        start = time.time()
        for line in self.client.iter_lines("/drip/4"):
            say(line)
        say(time.time() - start > 0.3)
        r = self.client.get("/drip/3", stream=True, name="read")
        say(r.status_code, r.stream.read(5))
        r = self.client.get("/drip/3/gzip", stream=True, name="content")
        say(r.text)
        with self.client.get("/drip/2", stream=True, name="judged", catch_response=True) as r:
            r.failure("no")
