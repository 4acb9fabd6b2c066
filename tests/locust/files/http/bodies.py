from scenario import HOST, REFUSED, leave, once, say

from locust import HttpUser, task



class A(HttpUser):
    host = HOST

    @task
    @once
    def look(self):
        def show(r):
            seen = r.json()
            say(seen["method"], {k: v for k, v in seen["headers"].items() if k.startswith("content")}, repr(seen["body"]))
        show(self.client.post("/echo", json={"a": 1, "ü": [True, None]}))
        show(self.client.post("/echo", {"form": "a b&c", "list": ["1", "2"]}))
        show(self.client.post("/echo", data="text"))
        show(self.client.post("/echo", data=b"\x00\xff"))
        show(self.client.post("/echo", "body", {"json": "ignored"}))
        show(self.client.put("/echo", data={"x": "1"}, headers={"Content-Type": "text/odd"}))
        show(self.client.patch("/echo", json=[]))
        show(self.client.delete("/echo", json={"gone": 1}))
        show(self.client.post("/echo"))
        show(self.client.post("/echo", files={"up": ("name.txt", b"inside", "text/plain")}, data={"field": "v"}))
