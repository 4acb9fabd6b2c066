"""Where the classes were before 1.0."""
from . import _state
from ._old_api import FastHttpLocust, HttpLocust, Locust, TaskSequence, seq_task  # noqa: F401
from .event import events  # noqa: F401
from .exception import *  # noqa: F401,F403
from .user.task import TaskSet, task  # noqa: F401
from .user.users import HttpUser, User  # noqa: F401

_state.note_old_api("module", "locust.core")
