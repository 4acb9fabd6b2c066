from scenario import HOST, REFUSED, leave, once, say

from locust import HttpUser, task



class A(HttpUser):
    host = HOST

    @task
    @once
    def look(self):
        say(self.client.get("/echo").json()["headers"])
        self.client.headers.update({"X-Own": "1", "Accept": "text/html"})
        say(self.client.get("/echo").json()["headers"])
        say(self.client.get("/echo", headers={"X-Own": "2", "Accept": None}).json()["headers"])
        say(self.client.headers["x-own"], "User-Agent" in self.client.headers)
        del self.client.headers["X-Own"]
        say("x-own" in self.client.get("/echo").json()["headers"])
