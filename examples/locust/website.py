"""Visitors of a small website: everybody logs in first, then most look at the start page and what it loads, some at the page behind it.

    halftime locust -f examples/locust/website.py --headless -u 20 -r 10 -t 6 -H http://127.0.0.1:6400
"""
from locust import HttpUser, between, task


class Visitor(HttpUser):
    wait_time = between(0.2, 1)

    def on_start(self):
        self.client.post("/login", {"username": "visitor", "password": "halftime"})

    @task(2)
    def look_around(self):
        self.client.get("/")
        self.client.get("/static/assets.js")

    @task
    def read_about(self):
        self.client.get("/about/")
