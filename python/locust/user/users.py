"""User classes: one instance is one simulated user, whose whole life is one call of run()."""
import logging
import time
import traceback
from contextlib import contextmanager

from gevent import GreenletExit

from .. import _state
from ..clients import HttpSession, merged_headers
from ..exception import LocustError, StopTest, StopUser
from .task import (
    LOCUST_STATE_RUNNING,
    LOCUST_STATE_STOPPING,
    LOCUST_STATE_WAITING,
    DefaultTaskSet,
    get_tasks_from_base_classes,
)
from .wait_time import constant, now

logger = logging.getLogger(__name__)

NO_HOST = (
    "You must specify the base host. Either in the host attribute in the User class, or on the command line using the "
    "--host option."
)


class UserMeta(type):
    """Makes the flat task list when a User class is written; ``abstract`` is not inherited."""

    def __new__(mcs, name, bases, class_dict):
        if "task_set" in class_dict and "tasks" not in class_dict:
            class_dict["tasks"] = [class_dict["task_set"]]
            _state.note_old_api("attribute", f"{name}.task_set")
        class_dict["tasks"] = get_tasks_from_base_classes(bases, class_dict)
        class_dict["abstract"] = bool(class_dict.get("abstract"))
        return super().__new__(mcs, name, bases, class_dict)


class User(metaclass=UserMeta):
    """A simulated user. What it does: ``tasks`` or @task methods; how long it waits in between: ``wait_time``."""

    abstract = True
    host = None
    tasks = []
    weight = 1
    fixed_count = 0
    wait_time = constant(0)
    min_wait = None
    max_wait = None
    wait_function = None
    # With --rate: where this user's tasks come from.
    _arrivals = None

    def __init__(self, environment):
        self.environment = environment
        self._state = False
        self._greenlet = None
        self._group = None
        self._taskset_instance = None
        self._paced_from = now()

    def on_start(self):
        """Called once when the user starts."""

    def on_stop(self):
        """Called once when the user ends."""

    def context(self):
        """What goes into the ``context`` of each of this user's requests."""
        return {}

    def run(self):
        self._state = LOCUST_STATE_RUNNING
        taskset = self._taskset_instance = DefaultTaskSet(self)
        try:
            try:
                self.on_start()
            except (StopUser, GreenletExit):
                raise
            except StopTest as error:
                logger.error("%s\n%s", error, traceback.format_exc())
                raise
            except Exception as error:
                self._report(error)
                return
            taskset.run()
        except (GreenletExit, StopUser, StopTest):
            self._state = LOCUST_STATE_STOPPING
            self.on_stop()

    def _report(self, error):
        self.environment.events.user_error.fire(user_instance=self, exception=error, tb=error.__traceback__)
        if not self.environment.catch_exceptions:
            raise error
        logger.error("%s\n%s", error, traceback.format_exc())

    def taskset_wait_time(self, _taskset):
        return self.wait_time()

    def wait(self):
        """Waits as between two tasks; the user may be stopped meanwhile."""
        self._taskset_instance.wait()

    def start(self, group):
        """Runs the user in a greenlet of its own in the gevent group."""

        def life(user):
            user.run()

        self._greenlet = group.spawn(life, self)
        self._group = group
        return self._greenlet

    @property
    def greenlet(self):
        return self._greenlet

    @property
    def group(self):
        return self._group

    def stop(self, force=False):
        """Ends the user: at once if it waits or if forced (True), else after its task (False)."""
        if force or self._state == LOCUST_STATE_WAITING:
            if self._greenlet is not None:
                self._greenlet.kill(block=False)
            return True
        if self._state == LOCUST_STATE_RUNNING:
            self._state = LOCUST_STATE_STOPPING
            return False
        raise LocustError("Tried to stop User in an unexpected state: " + str(self._state))

    @classmethod
    def json(cls):
        """What a person may change about this class in the web interface."""
        return {
            "host": cls.host,
            "weight": cls.weight,
            "fixed_count": cls.fixed_count,
            "tasks": [task.__name__ for task in cls.tasks],
        }

    @classmethod
    def fullname(cls):
        """The class's name with its module's."""
        module = cls.__module__
        return f"{module}.{cls.__qualname__}" if module and module != "__builtin__" else cls.__qualname__


class RestMixin:
    """rest(): requests that speak JSON, with the response checked and parsed."""

    @contextmanager
    def rest(self, method, url, headers=None, **kwargs):
        """Yields the response with ``js``, its parsed content. What is raised in the block makes it a failure."""
        headers = merged_headers({"Content-Type": "application/json", "Accept": "application/json"}, headers)
        with self.client.request(method, url, catch_response=True, headers=headers, **kwargs) as response:
            response.js = None
            if response.content is None:
                response.failure(str(response.error))
            elif response.text:
                try:
                    response.js = response.json()
                except ValueError as error:
                    response.failure(f"Could not parse response as JSON. {response.text[:250]}, response code "
                                     f"{response.status_code}, error {error}")
            try:
                yield response
            except AssertionError as error:
                response.failure(_assertion_text(error, response))
            except Exception as error:
                places = ", ".join(f"{frame.filename}:{frame.lineno} in {frame.name}"
                                   for frame in traceback.extract_tb(error.__traceback__))
                response.failure(f"{type(error).__name__}: {error} at {places}. Response was {_short(response)}")

    @contextmanager
    def rest_(self, method, url, name=None, **kwargs):
        """As rest(), with a parameter _=<now> against caches, which is not part of the name."""
        joint = "&" if "?" in url else "?"
        if name is None:
            name = f"{url}{joint}_=..."
        with self.rest(method, f"{url}{joint}_={int(time.time() * 1000)}", name=name, **kwargs) as response:
            yield response


def _short(response):
    return response.text[:200] if response.text else response.text


def _assertion_text(error, response):
    if not error.args:
        return "Assertion failed"
    text = str(error.args[0])
    return f"{text[:-1]}, response was {_short(response)}" if text.endswith(",") else text


class HttpUser(RestMixin, User):
    """A user with ``client``: an HTTP session of its own, in the style of requests."""

    abstract = True
    pool_manager = None

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if self.host is None:
            raise StopTest(NO_HOST)
        self.client = HttpSession(
            base_url=self.host,
            request_event=self.environment.events.request,
            user=self,
            pool_manager=self.pool_manager,
        )
        self.client.trust_env = False
