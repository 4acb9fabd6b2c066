# compare: stdout log
import locust.stats

from locust import User, task

locust.stats.PERCENTILES_TO_CHART = [0.5, 1.5]


class A(User):
    @task
    def go(self):
        pass
