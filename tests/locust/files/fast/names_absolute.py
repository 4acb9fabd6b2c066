# compare: stdout stats
from scenario import HOST, REFUSED, leave, once, say

from locust import FastHttpUser, task



class A(FastHttpUser):
    host = "http://example.invalid"

    @task
    @once
    def look(self):
        say(self.client.get(HOST + "/absolute?x=1").status_code)
