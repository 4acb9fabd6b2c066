"""A TaskSet whose tasks run in the order in which they are written."""
from itertools import cycle

from .task import TaskSet, TaskSetMeta, _raise_no_tasks, expand_tasks


class SequentialTaskSetMeta(TaskSetMeta):
    """As TaskSetMeta, but ``tasks`` stands where it is written among the members."""

    def __new__(mcs, name, bases, class_dict):
        tasks = []
        for base in bases:
            tasks += getattr(base, "tasks", None) or ()
        for key, member in class_dict.items():
            weight = getattr(member, "locust_task_weight", None)
            if key == "tasks":
                tasks += expand_tasks(member)
            elif weight is not None:
                tasks += [member] * weight
        class_dict["tasks"] = tasks
        return type.__new__(mcs, name, bases, class_dict)


class SequentialTaskSet(TaskSet, metaclass=SequentialTaskSetMeta):
    """Its tasks run one after another, over and over, until ``interrupt()``; @task(n) repeats one n times in a row."""

    def __init__(self, parent):
        super().__init__(parent)
        self._task_cycle = cycle(self.tasks)

    def get_next_task(self):
        if not self.tasks:
            _raise_no_tasks(type(self), "TaskSet")
        return next(self._task_cycle)
