# env: SHOW_EXCEPTIONS=1
from scenario import HOST, REFUSED, leave, once, say

from locust import HttpUser, task



class A(HttpUser):
    host = "127.0.0.1"

    @task
    @once
    def look(self):
        for url in ("/no-schema", "ftp://127.0.0.1/x", "http://", "http://a b/"):
            self.client.base_url = ""
            try:
                r = self.client.get(url)
                say(url, r.status_code, type(r.error).__name__)
            except Exception as error:
                say(url, type(error).__name__)
