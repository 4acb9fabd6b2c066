from scenario import HOST, REFUSED, leave, once, say

from locust import HttpUser, task



class A(HttpUser):
    host = HOST.replace("://", "://user:secret@")

    @task
    @once
    def look(self):
        say(self.client.base_url == HOST, self.client.auth, self.client.get("/auth").text)
