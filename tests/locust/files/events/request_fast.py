from scenario import HOST, REFUSED, once, say

from locust import FastHttpUser, events, task


@events.request.add_listener
def on_request(request_type, name, response_time, response_length, exception, context, response=None, start_time=None, url=None, **kwargs):
    say(request_type, name, response_time > 0, response_length, type(exception).__name__, context,
        response.status_code if response is not None else None, isinstance(start_time, float), url.replace(HOST, "") if url else url, sorted(kwargs))


class A(FastHttpUser):
    host = HOST

    @task
    @once
    def look(self):
        self.client.get("/a?b=1", name="a")
        self.client.get("/status/404", context={"own": 1})
        self.client.get(REFUSED + "/r")
        with self.client.post("/c", json={}, catch_response=True) as r:
            r.failure("said so")
