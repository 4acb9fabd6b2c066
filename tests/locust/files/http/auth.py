from scenario import HOST, REFUSED, leave, once, say

from locust import HttpUser, task



class A(HttpUser):
    host = HOST

    @task
    @once
    def look(self):
        say(self.client.get("/auth", auth=("user", "secret")).text)
        say(self.client.get("/auth", auth=("user", "wrong"), name="wrong").status_code)
        self.client.auth = ("user", "secret")
        say(self.client.get("/auth").text)
        self.client.auth = None

        def own(request):
            request.headers["X-Own"] = "from callable"
            return request
        say(self.client.get("/echo", auth=own).json()["headers"]["x-own"])
        self.client.headers["Authorization"] = "Bearer abc"
        say(self.client.get("/echo").json()["headers"]["authorization"])
