"""Users and what they do."""
from .task import TaskSet, tag, task
from .users import HttpUser, User
from .wait_time import between, constant, constant_pacing, constant_throughput

__all__ = [
    "HttpUser", "TaskSet", "User", "between", "constant", "constant_pacing", "constant_throughput", "tag", "task",
]
