"""What the engine drives: one Host per process reads the command line and the locustfiles, makes users and lets them go,
and does what happens once per test.

Kinds of processes (``source``): the only one ("local": all events fire here, once), or a conductor (the master's side: no
users, merged figures, the shape's ticks) with workers.
"""
import atexit
import json
import logging
import math
import sys
import traceback

import gevent
from gevent.event import Event
from halftime import _native

from . import _join, _lint, _old_api, _page, _state, argument_parser, log, stats
from .argument_parser import Leave
from .env import Environment
from .event import events
from .exception import StopTest
from .runners import (
    CPU_MONITOR_INTERVAL,
    CPU_WARNING_THRESHOLD,
    STATE_STOPPED,
    WORKER_REPORT_INTERVAL,
    MasterRunner,
)
from .util.load_locustfile import LocustfileError, find_locustfiles, merge_locustfiles
from .util.ratio import ratio_json, ratio_text
from .util.version import __version__
from .web import WebUI

logger = logging.getLogger("locust.main")
runner_logger = logging.getLogger("locust.runners")
user_logger = logging.getLogger("locust.user.users")

# Between two ticks of a shape, in seconds.
_TICK_INTERVAL = 1

# With --rate and without -u at least so many users are kept ready.
_USERS_FOR_RATE_MIN = 10

# The kind of message in which workers send what report_to_master listeners gave them.
_REPORT = "halftime.report"


class _UserGreenlet(gevent.Greenlet):
    """The life of one user; ``token`` is the engine's name for it."""

    token = 0
    user_class = None
    user = None


class _Arrivals:
    """The open model as one user sees it: its tasks arrive, one at a time."""

    __slots__ = ("_token", "at_work")

    def __init__(self, token):
        self._token = token
        self.at_work = False

    def begin(self):
        _native.arrival(self._token)
        self.at_work = True

    def end(self):
        if self.at_work:
            self.at_work = False
            _native.arrival_done(self._token)


class Host:
    """One process of a test. The engine calls its methods from the hub: those must not block."""

    def __init__(self):
        self.source = {}
        self.options = None
        self.environment = None
        self.user_classes = []
        self.exit = None
        self.lints = []
        self._alive = {}
        self._classes = []
        self._ready = Event()
        self._ready.set()
        self._warned_of_timeout = False
        self._quit_done = False
        self._load_given = {}
        self._seconds = 0
        self._begun = False
        self._ending = False
        # This process is a worker of a master elsewhere.
        self._joins = False
        # It does the master's side, alone or for workers.
        self._leads = False

    # --- reading the command line and the locustfiles ---

    def load(self, source):
        self.source = source
        try:
            self._load(list(source["argv"]))
        except Leave as leave:
            self._leave(leave.code, leave.stdout, leave.stderr, getattr(leave, "reason", ""))
        except LocustfileError as error:
            self._leave(1, "", f"{error}\n")

    def _leave(self, code, stdout, stderr, reason=""):
        """There is nothing to run. The conductor's answer says so; a worker just ends."""
        if not self.source["conductor"]:
            sys.stderr.write(stderr)
            raise SystemExit(code)
        self.exit = {"code": code, "stdout": stdout, "stderr": stderr, "reason": reason or stderr}

    def _load(self, argv):
        early = argument_parser.parse_locustfile_option(argv)
        if early.version:
            argument_parser.parse_options(argv)
        try:
            paths = find_locustfiles(early.locustfile)
        except LocustfileError:
            if early.help:
                argument_parser.parse_options(argv)
            raise
        import_plugins()
        user_classes, shape_classes = merge_locustfiles(paths)
        options = self.options = argument_parser.parse_options(argv)
        if not options.skip_log_setup:
            log.setup_logging(options.loglevel, options.logfile)
            log.forward_to(_native.log)
        if self.source["conductor"]:
            logger.info("Starting Locust %s", __version__)
        self._check(options)
        try:
            _page.apply(options)
        except ValueError as error:
            self._refuse(str(error), 1)
        self._settle_options(options)
        chosen = self._choose(user_classes, options)
        self._say_ratio(chosen, options)
        self._make_environment(options, paths, user_classes, chosen, shape_classes)

    def _check(self, options):
        """Options that do not go together; each with the exit code Locust gives it."""
        if options.headful:
            options.headless = False
        if options.autoquit != -1 and not options.autostart:
            raise Leave(1, stderr="--autoquit is only meaningful in combination with --autostart\n")
        if options.master and options.worker:
            self._refuse("The --master argument cannot be combined with --worker", 255)
        if options.processes is not None:
            if options.processes < -1:
                raise Leave(1, stderr=f"Invalid --processes count {options.processes}\n")
            if options.master:
                self._refuse("The --master argument cannot be combined with --processes", 1)
        if options.web_base_path and not options.web_base_path.startswith("/"):
            self._refuse(f"Invalid format for --web-base-path argument ({options.web_base_path}): the url path must start "
                         "with a slash.", 1)
        problem = stats.validate_stats_configuration()
        if problem:
            raise Leave(1, stderr=problem)

    @staticmethod
    def _refuse(text, code):
        logger.error("%s", text)
        leave = Leave(code)
        leave.reason = text  # for the page, which does not show the log
        raise leave

    def _settle_options(self, options):
        self._load_given = {"users": options.num_users, "spawn_rate": options.spawn_rate, "run_time": options.run_time}
        if options.rate:
            # Enough for tasks of a second; and there at once, for until then nothing arrives.
            if options.num_users is None:
                options.num_users = max(math.ceil(options.rate), _USERS_FOR_RATE_MIN)
            if options.spawn_rate is None:
                options.spawn_rate = options.num_users
        if options.headless or options.autostart:
            options.num_users = 1 if options.num_users is None else options.num_users
            options.spawn_rate = 1 if options.spawn_rate is None else options.spawn_rate

    def _choose(self, user_classes, options):
        """The user classes to run: all of them, or those named on the command line."""
        if options.list_commands:
            lines = ["Available Users:", *(f"    {name}" for name in user_classes)]
            raise Leave(0, stdout="\n".join(lines) + "\n")
        if not user_classes:
            self._refuse("No User class found!", 1)
        if options.user_classes:
            unknown = sorted(set(options.user_classes) - set(user_classes))
            if unknown:
                self._refuse(f"Unknown User(s): {', '.join(unknown)}\n", 1)
            chosen = [cls for name, cls in user_classes.items() if name in options.user_classes]
        else:
            chosen = list(user_classes.values())
        chosen = list(dict.fromkeys(chosen))
        fixed = sum(cls.fixed_count for cls in chosen)
        if options.num_users and fixed > options.num_users:
            logger.info("Total fixed_count of User classes (%d) is greater than the specified number of users (%d), so not all "
                        "will be spawned.", fixed, options.num_users)
        return chosen

    def _apply_user_configs(self, environment, options):
        for config in options.config_users or ():
            for entry in config if isinstance(config, list) else [config]:
                try:
                    environment.update_user_class(entry)
                except (KeyError, TypeError) as error:
                    self._refuse("Error applying user config, probably you tried to specify config for a User not present in "
                                 f"your locustfile: {error}", 255)

    @staticmethod
    def _say_ratio(chosen, options):
        fixed = any(cls.fixed_count for cls in chosen)
        users = options.num_users or (1 if fixed else sum(cls.weight for cls in chosen)) or 1
        if options.show_task_ratio:
            raise Leave(0, stdout=ratio_text(chosen, users))
        if options.show_task_ratio_json:
            raise Leave(0, stdout=ratio_json(chosen, users))

    def _make_environment(self, options, paths, user_classes, chosen, shape_classes):
        shape = next(iter(shape_classes.values()), None)
        try:
            environment = self.environment = Environment(
                locustfile=", ".join(path.rpartition("/")[2] for path in paths), user_classes=chosen, shape_class=shape,
                events=events, host=options.host, tags=options.tags, exclude_tags=options.exclude_tags,
                reset_stats=options.reset_stats, stop_timeout=options.stop_timeout, parsed_options=options,
                parsed_locustfiles=paths, available_user_classes=user_classes, available_shape_classes=shape_classes,
                available_user_tasks={name: list(cls.tasks) for name, cls in user_classes.items()}, profile=options.profile,
            )
        except ValueError as error:
            self._refuse(str(error), 1)
        self._apply_user_configs(environment, options)
        if options.equal_weights:
            environment.assign_equal_weights()
        self.user_classes = environment.user_classes
        self._make_runner(environment)
        merged = self.source["conductor"]
        environment.stats.attach(lambda: _native.stats(merged))
        _state.local = self.source["local"]
        _state.count_request = count_request
        environment.events.user_error.listeners.insert(0, _count_exception)
        self._give_hints()
        if self._leads and not self.options.headless:
            environment.web_ui = WebUI(environment)
        environment.events.init.fire(environment=environment, runner=environment.runner, web_ui=environment.web_ui)
        if _state.unhandled_exception:
            raise Leave(1)
        refusal = environment.web_ui and _page.refusal(environment.web_ui)
        if refusal:
            self._refuse(refusal, 1)

    def _make_runner(self, environment):
        self._joins = self.source["local"] and self.options.worker
        self._leads = self.source["conductor"] and not self._joins
        if self.source["local"] and not self._joins:
            environment.create_local_runner()
        elif self._leads:
            environment.create_master_runner(self.options.master_bind_host, self.options.master_bind_port)
        else:
            runner = environment.create_worker_runner(self.options.master_host, self.options.master_port)
            # Of a master elsewhere it comes with the first test.
            runner.worker_index = -1 if self._joins else self.source["worker_index"]
            # A worker outlives the test only to say goodbye.
            atexit.register(self._quit, 0)
            gevent.spawn(self._report_to_master)

    def _give_hints(self):
        if not self._leads:
            return
        hint = _old_api.hint()
        if hint:
            logger.warning("%s", hint)
        self.lints = _lint.check(self.environment)
        for text in self.lints:
            logger.info("%s", text)
        if self.options.rate:
            logger.info("Tasks arrive at %.15g per second (--rate) for %d users; their wait_time is not used",
                        self.options.rate, self.options.num_users)
        shape = self.environment.shape_class
        if shape and not shape.use_common_options and any(self._load_given.values()):
            logger.warning("--run-time, --users or --spawn-rate have no impact on LoadShapes unless the shape class "
                           "explicitly reads them. See: docs.locust.io/en/stable/custom-load-shape.html"
                           "#use-common-options")
            ignored = [f"--{name.replace('_', '-')}" for name, given in self._load_given.items() if given]
            logger.warning("The following option(s) will be ignored: %s", ", ".join(ignored))

    def describe(self):
        if self.exit:
            return json.dumps({"exit": self.exit})
        environment = self.environment
        shape = environment.shape_class
        return json.dumps({
            "options": vars(self.options),
            "user_classes": [
                {"name": cls.__name__, "weight": cls.weight, "fixed_count": cls.fixed_count,
                 "host": environment.host or cls.host,
                 "tasks": [getattr(task, "__name__", str(task)) for task in cls.tasks]}
                for cls in environment.user_classes
            ],
            "shape": type(shape).__name__ if shape else None,
            "host": environment.host or next((cls.host for cls in environment.user_classes if cls.host), None),
            "locustfile": environment.locustfile,
            "locustfiles": environment.parsed_locustfiles,
            "version": __version__,
            "lints": self.lints,
            "form": _page.form(environment, self.options),
            "tasks": _page.tasks(environment, self.options),
            # A locustfile may have set these.
            "stats": {
                "percentiles_to_report": stats.PERCENTILES_TO_REPORT,
                "percentiles_to_statistics": stats.PERCENTILES_TO_STATISTICS,
                "percentiles_to_chart": stats.PERCENTILES_TO_CHART,
                "console_interval_s": stats.CONSOLE_STATS_INTERVAL_SEC,
                "csv_interval_s": stats.CSV_STATS_INTERVAL_SEC,
                "history_interval_s": stats.HISTORY_STATS_INTERVAL_SEC,
            },
        }, default=str)

    # --- users ---

    def plan(self, user_classes, marked=False):
        _state.begin_task = _begin_task if marked else None
        by_name = self.environment.user_classes_by_name
        self._classes = [by_name[name] for name in user_classes]
        self.environment.filter_tasks()
        self.environment.apply_host()

    def user_start(self, token, user_class):
        greenlet = _UserGreenlet(self._live, self._classes[user_class])
        greenlet.token = token
        greenlet.user_class = self._classes[user_class]
        self._alive[token] = greenlet
        # Also called for a user that is stopped before it began.
        greenlet.rawlink(self._over)
        self.environment.runner.user_greenlets.add(greenlet)
        self.environment.runner.note_user(greenlet.user_class.__name__, 1)
        greenlet.start()

    def _live(self, cls):
        if not self._ready.is_set():
            # Listeners of test_start come to an end before the first user begins.
            self._ready.wait()
        greenlet = gevent.getcurrent()
        try:
            user = cls(self.environment)
            assert hasattr(user, "environment"), (
                f"Attribute 'environment' is missing on user {cls.__name__}. Perhaps you defined your own __init__ and forgot to "
                "call the base constructor? (super().__init__(*args, **kwargs))")
        except StopTest as error:
            runner_logger.error("%s", error)
            runner_logger.warning("Stopping Locust...")
            self.environment.runner.quit() if self.options.headless else self.environment.runner.stop()
            return
        except Exception:
            logger.critical("Unhandled exception in greenlet: %s\n%s", greenlet, traceback.format_exc())
            _state.unhandled_exception = True
            return
        user._greenlet = greenlet
        user._group = self.environment.runner.user_greenlets
        greenlet.user = user
        if self.options.rate:
            user._arrivals = _Arrivals(greenlet.token)
        user.run()

    def _over(self, greenlet):
        if self._alive.pop(greenlet.token, None) is None:
            return
        greenlet.user = None
        self.environment.runner.note_user(greenlet.user_class.__name__, -1)
        if self._ending and not self._alive and (self._joins or not self.source["conductor"]):
            # The last thing a master hears of this worker.
            gevent.spawn(self._report)
        _native.user_done(greenlet.token)

    def user_stop(self, token):
        greenlet = self._alive.get(token)
        if greenlet is None:
            return
        user = greenlet.user
        timeout = self.environment.stop_timeout
        if not timeout or user is None or not user._state:
            greenlet.kill(block=False)
        elif not user.stop():
            gevent.spawn_later(timeout, self._kill_leftover, token)

    def _kill_leftover(self, token):
        greenlet = self._alive.get(token)
        if greenlet is None:
            return
        if not self._warned_of_timeout:
            self._warned_of_timeout = True
            runner_logger.info("Not all users finished their tasks & terminated in %s seconds. Stopping them...",
                               self.environment.stop_timeout)
        greenlet.kill(block=False)

    # --- once per test ---

    def once(self, what, argument):
        del argument
        if what == "setup":
            self._ready.clear()
        gevent.spawn(self._once, what)

    def _once(self, what):
        answer = failure = ""
        try:
            answer = getattr(self, "_" + what)() or ""
        except Exception:
            failure = traceback.format_exc()
        finally:
            self._ready.set()
        _native.once_done(what, answer, failure)

    def _setup(self):
        environment = self.environment
        self._warned_of_timeout = False
        self._begun = True
        self._ending = False
        environment.events.test_start.fire(environment=environment)
        if environment.shape_class and self._leads:
            runner = environment.runner
            runner.shape_greenlet = gevent.spawn(self._tick)

    def _stopping(self):
        self._ending = True
        self._stop_shape()
        self.environment.events.test_stopping.fire(environment=self.environment)

    def _teardown(self):
        environment = self.environment
        self._begun = False
        environment.runner.update_state(STATE_STOPPED)
        environment.stats.refresh(0)
        environment.events.test_stop.fire(environment=environment)

    def _summary(self):
        environment = self.environment
        environment.stats.refresh(0)
        if self._joins:
            return self._summary_of_worker()
        found = _lint.check_results(environment) + [text for text in _lint.check_shared(environment) if text not in self.lints]
        for text in found:
            logger.warning("%s", text)
        self.lints += found
        environment.events.quitting.fire(environment=environment, reverse=True)
        code = environment.process_exit_code
        failed = bool(environment.stats.errors or environment.stats.exceptions)
        if code is None and not failed and _state.unhandled_exception:
            code = 2
        usual = self.options.exit_code_on_error if failed else 0
        self._quit(usual if code is None else code, quitting=False)
        return json.dumps({"exit_code": code, "lints": self.lints})

    def _summary_of_worker(self):
        """Failures are the master's business."""
        self.environment.events.quitting.fire(environment=self.environment, reverse=True)
        code = self.environment.process_exit_code
        if code is None and _state.unhandled_exception:
            code = 2
        self._quit(code or 0, quitting=False)
        return json.dumps({"exit_code": code})

    def _quit(self, code, quitting=True):
        if self._quit_done:
            return
        self._quit_done = True
        if self._begun:
            # The process was told to end before it came to that.
            self.environment.events.test_stop.fire(environment=self.environment)
        if quitting:
            self.environment.events.quitting.fire(environment=self.environment, reverse=True)
        self.environment.events.quit.fire(exit_code=code)

    def _tick(self):
        """The shape's ticks: what it asks for is passed on when it changes; None ends the test."""
        environment = self.environment
        shape, runner = environment.shape_class, environment.runner
        shape.reset_time()
        runner_logger.info("Shape test starting.")
        runner_logger.info("Shape worker starting")
        try:
            while True:
                tick = shape.tick()
                if tick is None:
                    runner_logger.info("Shape test stopping")
                    runner.stop()
                    return
                if tick != runner.shape_last_tick:
                    runner.shape_last_tick = tick
                    users, spawn_rate, *user_classes = tick
                    runner_logger.info("Shape test updating to %d users at %.2f spawn rate", users, spawn_rate)
                    runner.start(users, spawn_rate, user_classes=user_classes[0] if user_classes else None)
                gevent.sleep(_TICK_INTERVAL)
        except Exception:
            logger.critical("Unhandled exception in %s.tick(), the shape has ended the test:\n%s", type(shape).__name__,
                            traceback.format_exc())
            _state.unhandled_exception = True
            runner.stop()

    def _stop_shape(self):
        runner = self.environment.runner
        runner.shape_last_tick = None
        if runner.shape_greenlet is not None and runner.shape_greenlet is not gevent.getcurrent():
            runner.shape_greenlet.kill(block=False)

    def spawned(self, users):
        environment = self.environment
        if self._leads:
            runner_logger.info("All users spawned: %s (%i total users)",
                               json.dumps(dict(sorted(environment.runner.spawned_classes_count.items()))), users)
            if environment.reset_stats:
                runner_logger.info("Resetting stats")
                _native.reset_stats()
        gevent.spawn(environment.events.spawning_complete.fire, user_count=users)

    # --- what the engine tells ---

    def counts(self, counts, state, wished):
        self.environment.runner.take_counts([cls.__name__ for cls in self._classes], counts, state, wished)

    def workers(self, workers):
        runner = self.environment.runner
        if isinstance(runner, MasterRunner):
            gevent.spawn(runner.take_workers, workers)
        runner.current_cpu_usage = max((figures["cpu"] for figures in workers), default=0)
        runner.current_memory_usage = sum(figures["memory"] for figures in workers)
        self._seconds += 1
        if self._seconds % CPU_MONITOR_INTERVAL == 0:
            self._tell_usage(runner)

    def _tell_usage(self, runner):
        fire = self.environment.events
        cpu = runner.current_cpu_usage
        gevent.spawn(fire.usage_monitor.fire, environment=self.environment, cpu_usage=cpu,
                     memory_usage=runner.current_memory_usage)
        if cpu > CPU_WARNING_THRESHOLD:
            gevent.spawn(fire.cpu_warning.fire, environment=self.environment, cpu_usage=cpu)
            if not runner.cpu_warning_emitted:
                runner.cpu_warning_emitted = True
                runner_logger.warning("CPU usage was too high at some point during the test! See "
                                      "https://docs.locust.io/en/stable/running-distributed.html for how to distribute the "
                                      "load over multiple CPU cores or machines")

    def message(self, kind, data, node_id):
        if kind == _REPORT:
            gevent.spawn(self.environment.events.worker_report.fire, client_id=node_id, data=json.loads(data))
        elif not _join.obey(self.environment, kind, data):
            self.environment.runner.take_message(kind, data, node_id)

    def _report_to_master(self):
        while True:
            gevent.sleep(WORKER_REPORT_INTERVAL)
            self._report()

    def _report(self):
        """What listeners want their master to know; the statistics travel without it."""
        runner = self.environment.runner
        if self.environment.events.report_to_master.listeners:
            data = {"user_classes_count": runner.user_classes_count, "user_count": runner.user_count}
            self.environment.events.report_to_master.fire(client_id=runner.client_id, data=data)
            _native.send_message(_REPORT, json.dumps(data, default=str))

    def reset_stats(self):
        gevent.spawn(self.environment.events.reset_stats.fire)


def import_plugins():
    """locust_plugins registers its listeners when it is imported; Locust imports it wherever it is installed."""
    try:
        import locust_plugins  # noqa: F401
    except ModuleNotFoundError as error:
        if error.name != "locust_plugins":
            logger.warning("locust_plugins is installed but cannot be used here: %s", error)
    except Exception as error:
        logger.warning("locust_plugins is installed but cannot be used here: %r", error)


def _begin_task(user):
    """The requests of a task are one trace."""
    net = getattr(getattr(user, "client", None), "_net", None)
    if net is not None:
        net.begin_iteration()


def count_request(kwargs):
    """A request that somebody's own client reports by firing the event."""
    exception = kwargs.get("exception")
    response_time = kwargs.get("response_time")
    _native.record(
        str(kwargs.get("request_type") or ""), str(kwargs.get("name") or ""),
        None if response_time is None else float(response_time), int(kwargs.get("response_length") or 0),
        None if not exception else _failure_text(exception),
    )


def _failure_text(exception):
    from ._failures import failure_text

    return failure_text(exception)


def _count_exception(user_instance, exception, tb, **_kwargs):
    del user_instance
    _native.record_exception(str(exception), "".join(traceback.format_tb(tb)))
