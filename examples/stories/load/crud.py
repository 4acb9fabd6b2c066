"""Three quarters reads, a fifth writes, a twentieth deletes, as people do it: some seconds between two requests."""
import random

from locust import HttpUser, between, task


class Student(HttpUser):
    wait_time = between(4, 12)

    def on_start(self):
        self.mine = []

    @task(75)
    def read(self):
        if self.mine and random.random() < 0.5:
            self.client.get(f"/api/v1/todos/{random.choice(self.mine)}", name="/api/v1/todos/{id}")
        else:
            self.client.get("/api/v1/todos", params={"limit": 20, "owner": random.randint(1, 100)}, name="/api/v1/todos")

    @task(20)
    def write(self):
        todo = {"title": f"Assignment {random.randint(1, 99)}", "completed": False, "deadline_at": "2023-12-04T14:00:00"}
        if self.mine and random.random() < 0.5:
            self.client.put(f"/api/v1/todos/{random.choice(self.mine)}", json=todo, name="/api/v1/todos/{id}")
            return
        answer = self.client.post("/api/v1/todos", json=todo, name="/api/v1/todos")
        if answer.status_code == 201:
            self.mine.append(answer.json()["id"])

    @task(5)
    def delete(self):
        if self.mine:
            self.client.delete(f"/api/v1/todos/{self.mine.pop()}", name="/api/v1/todos/{id}")
