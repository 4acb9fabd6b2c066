# compare: stdout stats
from scenario import HOST, REFUSED, leave, once, say

from locust import FastHttpUser, task



class A(FastHttpUser):
    host = HOST

    @task
    @once
    def look(self):
        self.client.get("/plain")
        self.client.get("/with?query=1")
        self.client.get("/params", params={"b": "2"})
        self.client.get("/named/1", name="/named/[id]")
        with self.client.rename_request("renamed"):
            self.client.get("/other/2")
        with self.client.get("/meta", catch_response=True) as r:
            r.request_meta["name"] = "changed in the block"
        say(self.client.get("/echo?keyword=1", extra="x").json()["path"])
