from scenario import HOST, REFUSED, leave, once, say

from locust import HttpUser, task


import requests


class A(HttpUser):
    host = HOST

    @task
    @once
    def look(self):
        seen = []
        self.client.get("/x", hooks={"response": lambda r, *a, **k: seen.append(r.status_code)})
        say(seen)
        say(requests.get(HOST + "/direct").text, isinstance(self.client, requests.Session))
        request = requests.Request("PUT", HOST + "/echo-short", data="prepared")
        r = self.client.send(self.client.prepare_request(request))
        say(r.status_code, r.text)
        self.client.params = {"always": "1"}
        say(self.client.get("/echo-short").text)
        self.client.close()
        say(self.client.get("/again").status_code)
