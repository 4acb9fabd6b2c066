"""A TaskSet whose next task depends on the last one."""
import logging
import random

from ..exception import LocustError
from .task import TaskSet, TaskSetMeta


class NoMarkovTasksError(LocustError):
    """A MarkovTaskSet without a single transition."""


class InvalidTransitionError(LocustError):
    """A transition leads to something that is not a task of the class."""


class NonMarkovTaskTransitionError(LocustError):
    """A transition leads to a method that has no transitions itself."""


class MarkovTaskTagError(LocustError):
    """Tags cannot be used where every task is a step to the next."""


def _add_transitions(func, weights):
    known = vars(func).setdefault("transitions", {})
    known.update(weights)
    return func


def transition(func_name, weight=1):
    """After this task, the one named func_name may follow, weight times as likely as one of weight 1."""
    return lambda func: _add_transitions(func, {func_name: weight})


def transitions(weights):
    """Several transitions at once: a dict name → weight, or a list of names and (name, weight) pairs."""
    if not isinstance(weights, dict):
        weights = dict(entry if isinstance(entry, tuple) else (entry, 1) for entry in weights)
    return lambda func: _add_transitions(func, weights)


def is_markov_task(func):
    return callable(func) and hasattr(func, "transitions")


def _reachable_from(start, class_dict):
    seen, todo = set(), [start]
    while todo:
        name = todo.pop()
        if name not in seen:
            seen.add(name)
            todo += class_dict[name].transitions
    return seen


def validate_markov_chain(tasks, members, name):
    """Raises what is wrong with the transitions of the class ``name``; warns of tasks that are never reached."""
    if not tasks:
        raise NoMarkovTasksError(
            f"No Markov tasks defined in class {name}. Use the @transition(s) decorators to define some."
        )
    for func in tasks:
        for target in func.transitions:
            if target not in members:
                raise InvalidTransitionError(f"Transition to {target} from {func.__name__} is invalid since no such element "
                                             f"exists on class {name}")
            if not is_markov_task(members[target]):
                raise NonMarkovTaskTransitionError(f"{target} cannot be used as a target for a transition since it does not "
                                                   f"define any transitions itself. Used as a transition from "
                                                   f"{func.__name__} in class {name}")
        if hasattr(func, "locust_tag_set"):
            raise MarkovTaskTagError(f"Tags are unsupported for MarkovTaskSet since they can make the markov chain invalid. "
                                     f"Tags detected on {name}.{func.__name__}: {func.locust_tag_set}")
    unreachable = {func.__name__ for func in tasks} - _reachable_from(tasks[0].__name__, members)
    if unreachable:
        logging.warning("The following markov tasks are unreachable in class %s: %s", name, unreachable)


class MarkovTaskSetMeta(TaskSetMeta):
    """Collects the decorated members and checks that every transition leads somewhere."""

    def __new__(mcs, name, bases, class_dict):
        members = {}
        for base in reversed(bases):
            for cls in reversed(base.__mro__):
                members.update(vars(cls))
        members.update(class_dict)
        tasks = [member for member in members.values() if is_markov_task(member)]
        if not class_dict.get("abstract"):
            validate_markov_chain(tasks, members, name)
        class_dict["current"] = tasks[0] if tasks else None
        class_dict["tasks"] = tasks
        class_dict["abstract"] = bool(class_dict.get("abstract"))
        return type.__new__(mcs, name, bases, class_dict)


class MarkovTaskSet(TaskSet, metaclass=MarkovTaskSetMeta):
    """Starts at the first method with transitions; each task's transitions say what may follow it."""

    abstract = True

    def get_next_task(self):
        current = self.current
        following = current.transitions
        name = random.choices(list(following), weights=list(following.values()))[0]
        self.current = getattr(type(self), name)
        return current
