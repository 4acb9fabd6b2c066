# compare: stdout stats
from scenario import HOST, REFUSED, leave, once, say

from locust import HttpUser, task



class A(HttpUser):
    host = HOST

    @task
    @once
    def look(self):
        self.client.get("/plain")
        self.client.get("/with?query=1#fragment")
        self.client.get("/params", params={"b": "2", "a": "x y"})
        self.client.get("/params?c=1", params=[("a", "1"), ("a", "2")])
        self.client.get(HOST + "/absolute?x=1")
        self.client.get("/named/1", name="/named/[id]")
        self.client.get("/ümlaut/ö")
        try:
            self.client.get("relative")
        except Exception as error:
            say(type(error).__name__)
        self.client.get("")
        with self.client.rename_request("renamed"):
            self.client.get("/other/2")
            self.client.post("/other/3", name="explicit")
        self.client.request_name = "by attribute"
        self.client.get("/other/4")
        self.client.request_name = None
        with self.client.get("/meta", catch_response=True) as r:
            say(sorted(r.request_meta))
            r.request_meta["name"] = "changed in the block"
        self.client.request("get", "/lower")
