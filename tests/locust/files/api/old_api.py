# compare: log
# skip-log: .
from locust import HttpLocust, TaskSet


class Old(HttpLocust):
    task_set = TaskSet
