"""Environment: what belongs to one test."""
import logging

from . import _state
from .dispatch import UsersDispatcher
from .event import Events
from .exception import RunnerAlreadyExistsError
from .runners import LocalRunner, MasterRunner, WorkerRunner
from .stats import RequestStats
from .user.task import TaskSet, filter_tasks_by_tags

logger = logging.getLogger(__name__)


class Environment:
    """The user classes of a test, its events, statistics, runner and options. All arguments are keywords."""

    runner = None
    web_ui = None
    process_exit_code = None

    def __init__(self, *, user_classes=None, shape_class=None, tags=None, locustfile=None, exclude_tags=None, events=None,
                 host=None, reset_stats=False, stop_timeout=None, catch_exceptions=True, parsed_options=None,
                 parsed_locustfiles=None, available_user_classes=None, available_shape_classes=None,
                 available_user_tasks=None, dispatcher_class=UsersDispatcher, profile=None):
        self.runner = None
        self.web_ui = None
        self.process_exit_code = None
        self.events = events or Events()
        self.locustfile = locustfile
        self.user_classes = user_classes or []
        self.shape_class = shape_class
        self.tags = tags
        self.exclude_tags = exclude_tags
        self.stats = RequestStats()
        self.host = host
        self.reset_stats = reset_stats
        self.profile = profile
        self.stop_timeout = max(stop_timeout, 0) if stop_timeout else 0.0
        self.catch_exceptions = catch_exceptions
        self.parsed_options = parsed_options
        self.parsed_locustfiles = parsed_locustfiles
        self.available_user_classes = available_user_classes
        self.available_shape_classes = available_shape_classes
        self.available_user_tasks = available_user_tasks
        self.dispatcher_class = dispatcher_class
        self.worker_logs = {}
        self._tasks_filtered = False
        self._weed_out_unused()
        self._refuse_same_names()
        _state.current_environment = self

    def _weed_out_unused(self):
        for cls in self.user_classes:
            if cls.weight <= 0 and cls.fixed_count <= 0:
                logger.debug("%s has neither weight nor fixed_count: no users of it", cls.__name__)
        wanted = [cls for cls in self.user_classes if cls.weight > 0 or cls.fixed_count > 0]
        if self.user_classes and not wanted:
            raise ValueError("There are no users with weight > 0.")
        self.user_classes[:] = wanted

    def _refuse_same_names(self):
        names = [cls.__name__ for cls in self.user_classes]
        if len(set(names)) != len(names):
            listed = ", ".join(cls.fullname() for cls in self.user_classes)
            raise ValueError(f"The following user classes have the same class name: {listed}")

    def _create_runner(self, runner_class, *args, **kwargs):
        if self.runner is not None:
            raise RunnerAlreadyExistsError(f"Environment.runner already exists ({self.runner})")
        self.runner = runner_class(self, *args, **kwargs)
        if self.shape_class:
            self.shape_class.runner = self.runner
        return self.runner

    def create_local_runner(self):
        return self._create_runner(LocalRunner)

    def create_master_runner(self, master_bind_host="*", master_bind_port=5557):
        return self._create_runner(MasterRunner, master_bind_host, master_bind_port)

    def create_worker_runner(self, master_host, master_port):
        return self._create_runner(WorkerRunner, master_host, master_port)

    def create_web_ui(self, *_args, **_kwargs):
        """The web interface belongs to the program, not to the environment."""
        logger.warning("Environment.create_web_ui() does nothing here: the program has a web interface of its own")
        return None

    @property
    def user_classes_by_name(self):
        return {cls.__name__: cls for cls in self.user_classes}

    def update_user_class(self, user_settings):
        """Sets attributes of a user class: {"user_class_name": …, attribute: value, …, "tasks": [names]}."""
        name = user_settings["user_class_name"]
        classes = self.available_user_classes or self.user_classes_by_name
        cls = classes[name]
        tasks = (self.available_user_tasks or {}).get(name) or list(cls.tasks)
        for key, value in user_settings.items():
            if key == "user_class_name":
                continue
            if key == "tasks":
                value = [task for task in tasks if task.__name__ in value]
            setattr(cls, key, value)

    def update_worker_logs(self, worker_log_report):
        self.worker_logs[worker_log_report["worker_id"]] = worker_log_report["logs"]

    def assign_equal_weights(self):
        """All users weight 1, all tasks equally often, nested ones included."""
        for cls in self.user_classes:
            cls.weight = 1
            cls.tasks = list(dict.fromkeys(_flatten(cls.tasks)))

    def filter_tasks(self):
        """Applies --tags and --exclude-tags, once."""
        if self._tasks_filtered:
            return
        self._tasks_filtered = True
        tags = set(self.tags) if self.tags is not None else None
        exclude_tags = set(self.exclude_tags) if self.exclude_tags is not None else None
        for cls in self.user_classes:
            filter_tasks_by_tags(cls, tags, exclude_tags)

    _filter_tasks_by_tags = filter_tasks

    def apply_host(self):
        """A host given on the command line goes before that of each class."""
        if self.host is not None:
            for cls in self.user_classes:
                cls.host = self.host


def _flatten(tasks):
    for task in tasks:
        if isinstance(task, type) and issubclass(task, TaskSet):
            yield from _flatten(task.tasks)
        else:
            yield task
