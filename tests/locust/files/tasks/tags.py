# args: -u 1 --tags one both --exclude-tags two
from scenario import leave, say

from locust import TaskSet, User, tag, task


class A(User):
    @tag("one")
    @task
    def one(self):
        self.show()

    @tag("two", "one")
    @task
    def two(self):
        pass

    @task
    def none(self):
        pass

    @tag("both")
    @task
    class Set(TaskSet):
        @task
        def inner(self):
            self.user.show()

        @tag("two")
        @task
        def inner_two(self):
            pass

    def show(self):
        say([t.__name__ for t in self.tasks], [t.__name__ for t in A.Set.tasks], self.environment.tags, self.environment.exclude_tags)
        leave(self.environment)
