# compare: stdout stats
from scenario import HOST, REFUSED, leave, once, say

from locust import HttpUser, task



class A(HttpUser):
    host = HOST + "/base/"

    @task
    @once
    def look(self):
        say(self.client.get("/a").request.path_url, self.client.get("a").request.path_url)
        self.client.base_url = HOST + "/other"
        say(self.client.get("/b").request.path_url, self.client.get(HOST.upper() + "/c").request.path_url)
