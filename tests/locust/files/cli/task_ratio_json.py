# argv: locust -f {script} --show-task-ratio-json
from locust import TaskSet, User, task


class A(User):
    weight = 3

    @task(2)
    def often(self):
        pass

    @task
    class Inner(TaskSet):
        @task(3)
        def most(self):
            pass

        @task
        def rare(self):
            pass


class B(User):
    @task
    def only(self):
        pass
