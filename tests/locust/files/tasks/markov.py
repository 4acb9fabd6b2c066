from scenario import leave, say

from locust import MarkovTaskSet, User, task, transition, transitions

seen = []


class Walk(MarkovTaskSet):
    def note(self, name):
        seen.append(name)
        if len(seen) == 6:
            say(*seen)
            leave(self.user.environment)

    @transition("b")
    def a(self):
        self.note("a")

    @transitions({"c": 1})
    def b(self):
        self.note("b")

    @transitions(["a"])
    def c(self):
        self.note("c")


class A(User):
    tasks = [Walk]
