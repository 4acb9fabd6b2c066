from scenario import HOST, REFUSED, leave, once, say

from locust import HttpUser, task



class A(HttpUser):
    host = HOST

    @task
    @once
    def look(self):
        say(self.client.get("/cookies").text)
        r = self.client.get("/cookies/set?a=1&b=2")
        say(dict(r.cookies), dict(self.client.cookies))
        say(self.client.get("/cookies").text)
        say(sorted(self.client.get("/cookies", cookies={"c": "3"}).text.split("; ")), self.client.cookies.get("c"))
        self.client.cookies.set("d", "4")
        self.client.cookies["e"] = "5"
        say(sorted(self.client.get("/cookies").text.split("; ")))
        say(self.client.cookies.get("a"), self.client.cookies["b"], "zz" in self.client.cookies, sorted(self.client.cookies.keys()))
        del self.client.cookies["a"]
        say(sorted(self.client.get("/cookies").text.split("; ")))
        self.client.cookies.clear()
        say(self.client.get("/cookies").text)
