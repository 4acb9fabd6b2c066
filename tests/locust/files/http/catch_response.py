# compare: stdout stats failures log
from scenario import HOST, REFUSED, leave, once, say

from locust import HttpUser, task


from locust.exception import CatchResponseError, LocustError, ResponseError, RescheduleTask


class A(HttpUser):
    host = HOST

    @task
    @once
    def look(self):
        get = self.client.get
        with get("/a", catch_response=True) as r:
            say(r.status_code, type(r).__name__)
        with get("/status/500", catch_response=True, name="no verdict") as r:
            pass
        with get("/b", catch_response=True) as r:
            r.failure("said so")
        with get("/c", catch_response=True) as r:
            r.failure(ValueError("own exception"))
        with get("/status/404", catch_response=True, name="forgiven") as r:
            r.success()
        with get("/d", catch_response=True) as r:
            r.failure("first")
            r.success()
        with get("/e", catch_response=True) as r:
            r.success()
            r.failure("last")
        with get("/f", catch_response=True) as r:
            raise ResponseError("swallowed")
        for name, error in (("assert", AssertionError("no")), ("reschedule", RescheduleTask())):
            try:
                with get("/lost-" + name, catch_response=True) as r:
                    raise error
            except Exception as e:
                say("out:", type(e).__name__)
        try:
            with get("/kept", catch_response=True) as r:
                r.failure("verdict first")
                raise KeyError("x")
        except KeyError:
            say("out: KeyError")
        get("/never recorded", catch_response=True)
        try:
            with get("/without") as r:
                pass
        except Exception as e:
            say(type(e).__name__, e)
        r = get("/late", catch_response=True)
        try:
            r.failure("outside")
        except LocustError as e:
            say("LocustError", e)
        with get(REFUSED, catch_response=True, name="refused but fine") as r:
            say(r.status_code)
            r.success()
        with get("/g", catch_response=True) as r:
            r.failure(r.text)
            try:
                r.raise_for_status()
            except Exception as e:
                say(type(e).__name__, e)
        with get("/h", catch_response=True) as r:
            r.failure({"a": 1})
        with get("/i", catch_response=True) as r:
            r.failure("it's \"quoted\"")
