from scenario import leave, say

from locust import TaskSet, User, task

seen = []


def on_user(user):
    note(user, "function on user gets " + type(user).__name__)


def on_taskset(taskset):
    note(taskset.user, "function on taskset gets " + type(taskset).__name__)
    taskset.interrupt()


def note(user, text):
    if text not in seen:
        seen.append(text)
    if len(seen) == 2:
        say(sorted(seen))
        leave(user.environment)


class Set(TaskSet):
    tasks = [on_taskset]


class A(User):
    tasks = [on_user, Set]
