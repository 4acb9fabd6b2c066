"""A page of fans in the words of Locust before 1.0: HttpLocust, task_set, waiting times in milliseconds. Locust refuses such files today; here
they run as they are, with a warning that names today's words.

    halftime locust -f examples/locust/fans_2018.py --headless -u 20 -r 10 -t 6 -H http://127.0.0.1:6400
"""
import random

from locust import HttpLocust, TaskSet, task


class FanTasks(TaskSet):
    user_id = None

    def on_start(self):
        account = {"email": "fan%d@shop.example" % random.randrange(1000), "password": "halftime"}
        with self.client.post("/login", account, name="log in", catch_response=True) as response:
            if not response.json().get("success"):
                response.failure("not logged in: %s" % response.json().get("error"))
            self.user_id = response.cookies.get("userId")
            if not self.user_id:
                response.failure("logged in without a userId")

    def load_frame(self, path):
        self.client.get("/iframe/" + path, name="frame: " + path)

    @task(3)
    def read_news(self):
        with self.client.get("/demo/fanclub", name="news", catch_response=True) as response:
            if response.ok:
                self.load_frame("demo")

    @task(1)
    def look_into_store(self):
        with self.client.get("/demo/store", name="store", catch_response=True) as response:
            if response.ok:
                self.load_frame("demo/store")


class Fan(HttpLocust):
    weight = 20
    task_set = FanTasks
    min_wait = 200
    max_wait = 1000
