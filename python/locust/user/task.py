"""Tasks, tags and TaskSets: what a user does, and the loop that does it.

A class's ``tasks`` is one flat list in which a task of weight n stands n times; picking is one random.choice.
"""
import logging
import random
import traceback

from gevent import GreenletExit
from halftime._native import sleep

from .. import _state
from ..exception import (
    InterruptTaskSet,
    RescheduleTask,
    RescheduleTaskImmediately,
    StopTest,
    StopUser,
)
from .wait_time import now

logger = logging.getLogger(__name__)

LOCUST_STATE_RUNNING = "running"
LOCUST_STATE_WAITING = "waiting"
LOCUST_STATE_STOPPING = "stopping"

# Names whose meaning is fixed: a task cannot be one of them.
_HOOK_NAMES = ("on_start", "on_stop")


def task(weight=1):
    """Marks a method or a nested TaskSet as a task: ``@task``, or ``@task(3)`` to be picked three times as often."""

    def mark(func):
        name = getattr(func, "__name__", "")
        if name in _HOOK_NAMES:
            logger.warning("You have tagged your %s function with @task. This will make the method get called both as a "
                           "task AND on start/stop.", name)
        if name == "run":
            raise Exception(
                "User.run() is a method used internally by Locust, and you must not override it or register it as a task"
            )
        func.locust_task_weight = weight
        return func

    if callable(weight):
        func, weight = weight, 1
        return mark(func)
    if not isinstance(weight, int):
        raise TypeError(f"@task({weight!r}): the weight of a task is a whole number")
    return mark


def tag(*tags):
    """Gives a task, or all tasks of a TaskSet, names for --tags and --exclude-tags."""

    def mark(decorated):
        if isinstance(decorated, type) and issubclass(decorated, TaskSet):
            for inner in dict.fromkeys(decorated.tasks):
                mark(inner)
        elif "locust_tag_set" in vars(decorated):
            decorated.locust_tag_set |= set(tags)
        else:
            decorated.locust_tag_set = set(tags)
        return decorated

    if not tags or callable(tags[0]):
        raise ValueError('No tag name was supplied: write @tag("name"), with at least one name')
    return mark


def expand_tasks(tasks):
    """The flat list of a ``tasks`` attribute: a list, a list with (task, weight) pairs, or a dict task → weight."""
    if isinstance(tasks, dict):
        tasks = tasks.items()
    flat = []
    for entry in tasks:
        if isinstance(entry, tuple):
            flat.extend([entry[0]] * entry[1])
        else:
            flat.append(entry)
    return flat


def get_tasks_from_base_classes(bases, class_dict):
    """All tasks of a class: those of its bases, those of its ``tasks``, then its decorated members as they are written."""
    tasks = []
    for base in bases:
        tasks += getattr(base, "tasks", None) or ()
    if class_dict.get("tasks"):
        tasks += expand_tasks(class_dict["tasks"])
    for member in class_dict.values():
        weight = getattr(member, "locust_task_weight", None)
        if weight is not None:
            tasks += [member] * weight
    return tasks


def is_markov_taskset(node):
    return isinstance(node, type) and "MarkovTaskSet" in (base.__name__ for base in node.__mro__)


def filter_tasks_by_tags(holder, tags=None, exclude_tags=None, checked=None):
    """Leaves those tasks in a User or TaskSet class that --tags and --exclude-tags want."""
    if is_markov_taskset(holder):
        return
    checked = {} if checked is None else checked
    kept = []
    for candidate in holder.tasks:
        keep = checked.get(candidate)
        if keep is None:
            if isinstance(candidate, type) and hasattr(candidate, "tasks"):
                filter_tasks_by_tags(candidate, tags, exclude_tags, checked)
                keep = bool(candidate.tasks)
            else:
                names = getattr(candidate, "locust_tag_set", frozenset())
                keep = (tags is None or not names.isdisjoint(tags)) and (
                    exclude_tags is None or names.isdisjoint(exclude_tags)
                )
            checked[candidate] = keep
        if keep:
            kept.append(candidate)
    holder.tasks = kept
    if not kept:
        logging.warning("%s had no tasks left after filtering, instantiating it will fail!", holder.__name__)


class TaskSetMeta(type):
    """Makes the flat task list when a TaskSet class is written."""

    def __new__(mcs, name, bases, class_dict):
        class_dict["tasks"] = get_tasks_from_base_classes(bases, class_dict)
        return super().__new__(mcs, name, bases, class_dict)


class _Shadowable:
    """A read-only view that an instance may cover with an attribute of the same name (2018 files set ``self.user``)."""

    def __init__(self, attribute):
        self._attribute = attribute

    def __get__(self, instance, owner):
        return self if instance is None else instance.__dict__[self._attribute]


class TaskSet(metaclass=TaskSetMeta):
    """A group of tasks. Entered like a task; a new instance each time; stays until ``interrupt()``."""

    tasks = []
    min_wait = None
    max_wait = None
    wait_function = None

    user = _Shadowable("_user")
    parent = _Shadowable("_parent")

    def __init__(self, parent):
        if isinstance(parent, TaskSet):
            self._user = parent._user
            self._parent = parent._user if isinstance(parent, DefaultTaskSet) else parent
        else:
            self._user = parent
            self._parent = parent
        self._task_queue = []  # short; a deque would be 700 bytes per user
        self._paced_from = now()

    @property
    def client(self):
        return self._user.client

    @property
    def locust(self):
        """The user, by its name before 1.0."""
        _state.note_old_api("attribute", "self.locust")
        return self._user

    def on_start(self):
        """Called when the TaskSet is entered."""

    def on_stop(self):
        """Called when the TaskSet is left."""

    def run(self):
        user = self._user
        queue = self._task_queue
        try:
            self.on_start()
        except InterruptTaskSet as interruption:
            raise _as_rescheduling(interruption) from interruption
        recovering = at_once = False
        while True:
            try:
                # In here, so that a user that is stopped while it waits leaves its TaskSets in order.
                if recovering:
                    self._pause()
                    recovering = False
                elif at_once:
                    # TaskSets that only interrupt would otherwise never let anybody else run.
                    at_once = False
                    sleep(0)
                if not queue:
                    queue.append(self.get_next_task())
                if user._state == LOCUST_STATE_STOPPING:
                    raise StopUser()
                if _state.begin_task is not None:
                    _state.begin_task(user)
                if user._arrivals is None:
                    self.execute_task(queue.pop(0))
                    self.wait()
                else:
                    self._run_arrival(queue)
            except InterruptTaskSet as interruption:
                self._leave()
                raise _as_rescheduling(interruption) from interruption
            except RescheduleTaskImmediately:
                at_once = True
            except RescheduleTask:
                recovering = True
            except (StopUser, StopTest, GreenletExit):
                self._leave()
                raise
            except Exception as error:
                if recovering:
                    raise
                self._report(error)
                recovering = True

    def _pause(self):
        """Between two tasks; with --rate that is the time until the next one arrives."""
        if self._user._arrivals is None:
            self.wait()

    def _run_arrival(self, queue):
        """Waits until a task arrives, and does it. In a TaskSet that was entered by an arrival its first task is that one."""
        user = self._user
        arrivals = user._arrivals
        if not arrivals.at_work:
            user._state = LOCUST_STATE_WAITING
            arrivals.begin()
            user._state = LOCUST_STATE_RUNNING
        try:
            self.execute_task(queue.pop(0))
        except (StopUser, StopTest, GreenletExit):
            raise
        except BaseException:
            arrivals.end()
            raise
        arrivals.end()

    def _leave(self):
        try:
            self.on_stop()
        except (StopUser, GreenletExit):
            raise
        except Exception:
            logger.error("Uncaught exception in on_stop: \n%s", traceback.format_exc())

    def _report(self, error):
        environment = self._user.environment
        environment.events.user_error.fire(user_instance=self, exception=error, tb=error.__traceback__)
        if not environment.catch_exceptions:
            raise error
        logger.error("%s\n%s", error, traceback.format_exc())

    def get_next_task(self):
        if not self.tasks:
            _raise_no_tasks(type(self), "TaskSet")
        return random.choice(self.tasks)

    def schedule_task(self, task_callable, first=False):
        """Puts a task at the end of this TaskSet's queue, which is worked off before anything is picked at random."""
        if first:
            self._task_queue.insert(0, task_callable)
        else:
            self._task_queue.append(task_callable)

    def execute_next_task(self):
        self.execute_task(self._task_queue.pop(0))

    def execute_task(self, task):
        if isinstance(task, type):
            task(self).run()
        elif getattr(task, "__self__", None) is self:
            task()
        else:
            task(self)

    def wait_time(self):
        """Seconds until the next task: the user's, unless a TaskSet defines its own."""
        return self._user.taskset_wait_time(self)

    def wait(self):
        """Waits as long as wait_time says; a user that waits may be stopped at once."""
        self._sleep(self.wait_time())

    def _sleep(self, seconds):
        user = self._user
        if user._state == LOCUST_STATE_STOPPING:
            raise StopUser()
        user._state = LOCUST_STATE_WAITING
        sleep(seconds)
        user._state = LOCUST_STATE_RUNNING

    def interrupt(self, reschedule=True):
        """Leaves this TaskSet. reschedule: the parent goes on at once, else it waits first."""
        raise InterruptTaskSet(reschedule)


class DefaultTaskSet(TaskSet):
    """The outermost TaskSet of each user: runs the tasks that stand on the User class itself."""

    def __init__(self, user):
        super().__init__(user)
        self.tasks = user.tasks

    def get_next_task(self):
        tasks = self._user.tasks
        if not tasks:
            _raise_no_tasks(type(self._user), "User")
        return random.choice(tasks)

    def execute_task(self, task):
        if isinstance(task, type):
            task(self).run()
        else:
            task(self._user)

    def wait_time(self):
        return self._user.wait_time()


def _as_rescheduling(interruption):
    kind = RescheduleTaskImmediately if interruption.reschedule else RescheduleTask
    return kind(interruption.reschedule)


def _raise_no_tasks(cls, base):
    if getattr(cls, "task", None):
        raise Exception(
            f"No tasks defined on {cls.__name__}, but you have set a 'task' attribute on your class - maybe you meant to "
            f"set 'tasks'? Use the @task decorator or set the 'tasks' attribute of the {base} (or mark it as abstract = "
            "True if you only intend to subclass it)"
        )
    raise Exception(
        f"No tasks defined on {cls.__name__}. Use the @task decorator or set the 'tasks' attribute of the {base} (or mark "
        "it as abstract = True if you only intend to subclass it)"
    )
