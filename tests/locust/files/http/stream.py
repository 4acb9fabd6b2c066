# compare: stdout stats failures
import time

import requests.exceptions
from scenario import HOST, leave, once, say

from locust import HttpUser, events, task


@events.request.add_listener
def _(name, response_time, response_length, exception, **kwargs):
    say("event", name, "early" if response_time < 150 else "late", response_length, exception)


class A(HttpUser):
    host = HOST

    @task
    @once
    def look(self):
        get = self.client.get
        for path in ("/drip/5", "/drip/5/gzip"):
            start, r = time.time(), get(path, stream=True)
            say(r.status_code, time.time() - start < 0.2)
            for line in r.iter_lines():
                say(line)
            say(time.time() - start > 0.3)
        say(list(get("/drip/2", stream=True).iter_content(4, decode_unicode=True)))
        say(list(get("/bytes/10", stream=True).iter_content(4)), list(get("/bytes/10", stream=True).iter_content(None)))
        say(get("/drip/2/gzip", stream=True).text, get("/drip/2", stream=True).content)
        r = get("/drip/2", stream=True)
        say(r.raw.read(7), r.raw.read(3), r.raw.read(), r.raw.read())
        r = get("/gzip", stream=True)
        say(r.raw.read(2), r.headers["content-encoding"])
        with get("/drip/2", stream=True, catch_response=True, name="judged") as r:
            if b"1" in r.content:
                r.failure("a one")
        r = get("/drip/2", stream=True)
        say(len(list(r.iter_content(3))))
        for again in (lambda: r.iter_content(3), lambda: r.content):
            try:
                say(again())
            except (requests.exceptions.StreamConsumedError, RuntimeError) as error:
                say(type(error).__name__)
        r = get("/short", stream=True)
        try:
            say(r.content)
        except requests.exceptions.RequestException as error:
            say(type(error).__name__)
        get("/status/500", stream=True)
        r = get("/drip/50", stream=True, name="left")
        say(next(r.iter_content(100)))
        r.close()
        say(get("/redirect/302", stream=True).text)
