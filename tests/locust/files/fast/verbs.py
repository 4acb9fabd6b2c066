from scenario import HOST, REFUSED, leave, once, say

from locust import FastHttpUser, task



class A(FastHttpUser):
    host = HOST

    @task
    @once
    def look(self):
        for verb in ("get", "post", "put", "patch", "delete", "head", "options"):
            r = getattr(self.client, verb)("/echo/" + verb)
            say(verb, r.status_code, r.json()["method"] if verb != "head" else repr(r.text))
        say(self.client.request("GET", "/echo/x").json()["method"])
        say(self.client.get("/echo").json()["headers"])
        say(self.client.post("/echo", json={"a": 1}).json())
        say(self.client.post("/echo", data="text").json()["headers"].get("content-type"))
        say(self.client.post("/echo", data={"a": "b c"}).json())
        say(self.client.post("/echo", data=b"raw").json()["body"])
        say(self.client.get("/echo", headers={"X-Own": "1"}).json()["headers"]["x-own"])
        say(self.client.get("/auth", auth=("user", "secret")).text)
