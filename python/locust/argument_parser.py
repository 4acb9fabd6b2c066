"""The command line: all options, their environment variables and config keys, and those a locustfile adds."""
import argparse
import difflib
import os
import platform
import sys
from collections import namedtuple

from . import _config
from .event import events
from .util.timespan import parse_timespan
from .util.version import __version__

version = __version__

DEFAULT_CONFIG_FILES = ("~/.locust.conf", "locust.conf", "pyproject.toml")

UIExtraArgOptions = namedtuple("UIExtraArgOptions", ["default_value", "is_secret", "is_required", "help_text", "choices",
                                                     "is_multiple"], defaults=(None, False))

# Tasks per second with --rate.
MAX_ARRIVAL_RATE = 1e6

# What add_argument takes besides argparse's own arguments, with their defaults.
_EXTRAS = {"env_var": None, "include_in_web_ui": True, "is_secret": False, "is_required": False, "is_multiple": False}


class Leave(SystemExit):
    """The program ends with this code, having said this."""

    def __init__(self, code, stdout="", stderr=""):
        super().__init__(code)
        self.stdout = stdout
        self.stderr = stderr


class _Extras:
    """add_argument with env_var= and the marks for the web interface."""

    def add_argument(self, *args, **kwargs):
        extras = {key: kwargs.pop(key, default) for key, default in _EXTRAS.items()}
        kwargs.pop("is_config_file_arg", None)
        action = super().add_argument(*args, **kwargs)
        for key, value in extras.items():
            setattr(action, key, value)
        return action

    add = add_arg = add_argument

    def add_argument_group(self, *args, **kwargs):
        group = _Group(self, *args, **kwargs)
        self._action_groups.append(group)
        return group

    def add_mutually_exclusive_group(self, **kwargs):
        group = _ExclusiveGroup(self, **kwargs)
        self._mutually_exclusive_groups.append(group)
        return group


class _Group(_Extras, argparse._ArgumentGroup):
    """A group of options."""


class _ExclusiveGroup(_Extras, argparse._MutuallyExclusiveGroup):
    """Options of which one may be given."""


class LocustArgumentParser(_Extras, argparse.ArgumentParser):
    """argparse's parser, reading config files and the environment, too. It never exits: it raises Leave."""

    def __init__(self, *args, default_config_files=(), **kwargs):
        if sys.version_info >= (3, 14):
            kwargs.setdefault("color", False)
        self.default_config_files = [os.path.expanduser(path) for path in default_config_files]
        super().__init__(*args, **kwargs)

    def exit(self, status=0, message=None):
        raise Leave(status, stderr=message or "")

    def error(self, message):
        raise Leave(2, stderr=f"{self.prog}: error: {message}\n")

    def format_help(self):
        text = super().format_help()
        return "U" + text[1:] if text.startswith("usage:") else text

    def print_help(self, file=None):
        raise Leave(0, stdout=self.format_help())

    # --- values from files and environment ---

    def parse_known_args(self, args=None, namespace=None):
        args = list(sys.argv[1:] if args is None else args)
        namespace = argparse.Namespace() if namespace is None else namespace
        unknown = self._take_outer_values(args, namespace)
        required = [action for action in self._actions if action.required and hasattr(namespace, action.dest)]
        for action in required:
            action.required = False
        try:
            namespace, rest = super().parse_known_args(args, namespace)
        finally:
            for action in required:
                action.required = True
        return namespace, rest + unknown

    def parse_args(self, args=None, namespace=None):
        namespace, rest = self.parse_known_args(args, namespace)
        if rest:
            text = "unrecognized arguments: " + " ".join(rest)
            words = [option for action in self._actions if action.help is not argparse.SUPPRESS
                     for option in action.option_strings]
            close = [match for word in rest if word.startswith("-")
                     for match in difflib.get_close_matches(word.partition("=")[0], words, 1, 0.4)]
            if close:
                text += "\nDid you mean " + ", ".join(f"'{match}'" for match in close) + "?"
            self.error(text)
        return namespace

    def _take_outer_values(self, args, namespace):
        """Sets what config files and environment say and the command line does not; returns unknown config keys."""
        try:
            from_files = _config.read_files(self.default_config_files, _option_value(args, "--config"))
        except _config.ConfigError as error:
            self.error(str(error))
        by_key = {option[2:]: action for action in self._actions for option in action.option_strings
                  if option.startswith("--")}
        given = self._given_on_command_line(args)
        values = {}
        unknown = []
        for key, value in from_files.items():
            action = by_key.get(key)
            if action is None:
                unknown.append(f"--{key}={value}")
            else:
                values[action] = value
        for action in self._actions:
            variable = getattr(action, "env_var", None)
            if variable and variable in os.environ:
                value = os.environ[variable]
                values[action] = _config.split_list(value) if _takes_list(action) else value
        for action, value in values.items():
            if action not in given and action.dest != "help":
                self._apply_outer(action, value, namespace)
        return unknown

    def _given_on_command_line(self, args):
        given = set()
        for word in args:
            if word == "--":
                break
            if word.startswith("--"):
                name = word.partition("=")[0]
                action = self._option_string_actions.get(name)
                if action is not None:
                    given.add(action)
                else:
                    given.update(action for option, action in self._option_string_actions.items()
                                 if option.startswith(name))
            elif word.startswith("-") and len(word) > 1:
                action = self._option_string_actions.get(word[:2])
                if action is not None:
                    given.add(action)
        return given

    def _apply_outer(self, action, value, namespace):
        try:
            if action.nargs == 0:
                word = str(value).lower()
                if word not in _config.TRUE_WORDS and word not in _config.FALSE_WORDS:
                    self.error(f"Unexpected value for {_name_of(action)}: '{value}'. Expecting 'true', 'false', 'yes', 'no', "
                               "'on', 'off', '1' or '0'")
                if word in _config.TRUE_WORDS:
                    action(self, namespace, [], _name_of(action))
            elif isinstance(action, argparse._AppendAction):
                for one in value if isinstance(value, list) else [value]:
                    action(self, namespace, self._get_values(action, [one]), _name_of(action))
            else:
                words = value if isinstance(value, list) else [value]
                action(self, namespace, self._get_values(action, words), _name_of(action))
        except argparse.ArgumentError as error:
            self.error(str(error))

    # --- what the web interface shows ---

    def _custom(self, wanted):
        return {action.dest: action for action in self._actions if wanted(action)}

    @property
    def args_included_in_web_ui(self):
        return self._custom(lambda action: getattr(action, "include_in_web_ui", False))

    @property
    def secret_args_included_in_web_ui(self):
        return self._custom(lambda action: getattr(action, "include_in_web_ui", False) and action.is_secret)

    @property
    def required_args_included_in_web_ui(self):
        return self._custom(lambda action: getattr(action, "include_in_web_ui", False) and action.is_required)


def _name_of(action):
    return action.option_strings[-1] if action.option_strings else action.dest


def _takes_list(action):
    return action.nargs in ("*", "+") or isinstance(action.nargs, int) and action.nargs > 1 or isinstance(
        action, argparse._AppendAction
    )


def _option_value(args, option):
    """The value of an option on a command line that is not parsed yet."""
    for index, word in enumerate(args):
        if word == option and index + 1 < len(args):
            return args[index + 1]
        if word.startswith(option + "="):
            return word[len(option) + 1:]
    return None


# --- types of values ---


def timespan(value):
    try:
        return parse_timespan(value)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def positive_integer(value):
    try:
        number = int(value)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{value!r} is not a whole number") from None
    if number < 1:
        raise argparse.ArgumentTypeError(f"Invalid --expect-workers argument ({number}), must be a positive number")
    return number


def _count(value):
    number = int(value)
    if number < 1:
        raise argparse.ArgumentTypeError("must be at least 1")
    return number


def positive_float(value):
    number = float(value)
    if number <= 0:
        raise argparse.ArgumentTypeError("must be > 0")
    return number


def arrival_rate(value):
    """50/s, 90/m, 1000/h or a plain number, per second."""
    number, slash, unit = value.partition("/")
    seconds = {"s": 1, "m": 60, "h": 3600}.get(unit if slash else "s")
    try:
        per_second = float(number) / seconds
    except (TypeError, ValueError):
        raise argparse.ArgumentTypeError(f"{value!r} is not a rate: write 50/s, 90/m or 1000/h") from None
    if not 0 < per_second <= MAX_ARRIVAL_RATE:
        raise argparse.ArgumentTypeError(f"must be above 0 and at most {MAX_ARRIVAL_RATE:.0f}/s")
    return per_second


def json_user_config(value):
    """A JSON object or array of User settings, or a .json file with one."""
    import json

    try:
        if value.endswith(".json"):
            with open(value, encoding="utf-8") as file:
                return json.load(file)
        return json.loads(value)
    except (OSError, ValueError) as error:
        raise argparse.ArgumentTypeError(f"{value!r} is neither JSON nor a file with it: {error}") from None


class _Gone(argparse.Action):
    """An option of old releases: says what replaced it."""

    def __init__(self, *args, message, **kwargs):
        super().__init__(*args, **kwargs)
        self.message = message

    def __call__(self, parser, namespace, values, option_string=None):
        raise argparse.ArgumentError(self, self.message)


# --- the options ---


def locustfile_options(group):
    group.add_argument("-f", "--locustfile", metavar="<filename>", default="locustfile.py", env_var="LOCUST_LOCUSTFILE",
                       help="The Python file or module that contains your test, e.g. 'my_test.py'. Accepts multiple "
                            "comma-separated .py files, a package name/directory or a url to a remote locustfile. Defaults "
                            "to 'locustfile.py'.")
    group.add_argument("--config", metavar="<filename>",
                       help="File to read additional configuration from. See "
                            "https://docs.locust.io/en/stable/configuration.html#configuration-file")


def _load_options(parser, group):
    group.add_argument("-H", "--host", metavar="<base url>", env_var="LOCUST_HOST",
                       help="Host to load test, in the following format: https://www.example.com")
    group.add_argument("-u", "--users", type=int, metavar="<int>", dest="num_users", env_var="LOCUST_USERS",
                       help="Peak number of concurrent Locust users. Primarily used together with --headless or "
                            "--autostart. Can be changed during a test by keyboard inputs w, W (spawn 1, 10 users) and s, "
                            "S (stop 1, 10 users)")
    group.add_argument("-r", "--spawn-rate", type=positive_float, metavar="<float>", env_var="LOCUST_SPAWN_RATE",
                       help="Rate to spawn users at (users per second). Primarily used together with --headless or "
                            "--autostart")
    group.add_argument("--hatch-rate", type=float, metavar="<float>", default=0, action=_Gone, help=argparse.SUPPRESS,
                       message="The --hatch-rate parameter has been renamed --spawn-rate")
    group.add_argument("-t", "--run-time", type=timespan, metavar="<time string>", env_var="LOCUST_RUN_TIME",
                       help="Stop after the specified amount of time, e.g. (300s, 20m, 3h, 1h30m, etc.). Only used together "
                            "with --headless or --autostart. Defaults to run forever.")
    group.add_argument("-l", "--list", action="store_true", dest="list_commands",
                       help="Show list of possible User classes and exit")
    group.add_argument("--config-users", type=json_user_config, nargs="*", env_var="LOCUST_CONFIG_USERS",
                       help="User configuration as a JSON string or file. A list of arguments or an Array of JSON "
                            "configuration may be provided")


def _web_options(parser):
    group = parser.add_argument_group("Web UI options")
    group.add_argument("--web-host", default="", metavar="<ip>", env_var="LOCUST_WEB_HOST",
                       help="Host to bind the web interface to. Defaults to 127.0.0.1; '*' = all interfaces, where --web-token "
                            "(or one that is made and printed) is needed to get in")
    group.add_argument("--web-host-display-name", default=None, env_var="LOCUST_WEB_HOST_DISPLAY_NAME",
                       help=argparse.SUPPRESS)
    group.add_argument("--web-port", "-P", type=int, default=8089, metavar="<port number>", env_var="LOCUST_WEB_PORT",
                       help="Port on which to run web host")
    group.add_argument("--headless", action="store_true", env_var="LOCUST_HEADLESS",
                       help="Disable the web interface, and start the test immediately. Use -u and -t to control user "
                            "count and run time")
    group.add_argument("--autostart", action="store_true", env_var="LOCUST_AUTOSTART",
                       help="Starts the test immediately (like --headless, but without disabling the web UI)")
    group.add_argument("--autoquit", type=int, default=-1, metavar="<seconds>", env_var="LOCUST_AUTOQUIT",
                       help="Quits Locust entirely, X seconds after the run is finished. Only used together with "
                            "--autostart. The default is to keep Locust running until you shut it down using CTRL+C")
    group.add_argument("--headful", action="store_true", env_var="LOCUST_HEADFUL", help=argparse.SUPPRESS)
    group.add_argument("--web-auth", type=str, action=_Gone, help=argparse.SUPPRESS,
                       message="The --web-auth parameters has been replaced with --web-login. See "
                               "https://docs.locust.io/en/stable/extending-locust.html#authentication for details")
    group.add_argument("--web-login", action="store_true", env_var="LOCUST_WEB_LOGIN",
                       help="Protects the web interface with a login page, which asks for the token of --web-token (one is made "
                            "and printed when it is not given)")
    group.add_argument("--web-token", default="", metavar="<token>", env_var="HALFTIME_WEB_TOKEN",
                       help="What whoever opens the web interface must know")
    group.add_argument("--tls-cert", default="", metavar="<filename>", env_var="LOCUST_TLS_CERT",
                       help="Optional path to TLS certificate to use to serve over HTTPS")
    group.add_argument("--tls-key", default="", metavar="<filename>", env_var="LOCUST_TLS_KEY",
                       help="Optional path to TLS private key to use to serve over HTTPS")
    group.add_argument("--class-picker", action="store_true", env_var="LOCUST_USERCLASS_PICKER",
                       help="Enable select boxes in the web interface to choose from all available User classes and Shape "
                            "classes")
    group.add_argument("--build-path", default="", env_var="LOCUST_BUILD_PATH", help=argparse.SUPPRESS)
    group.add_argument("--legacy-ui", action=_Gone, nargs=0, default=False, help=argparse.SUPPRESS,
                       message="--legacy-ui is no longer supported, remove the parameter to continue")
    group.add_argument("--web-base-path", default="", env_var="LOCUST_WEB_BASE_PATH",
                       help="Base path for the web interface (e.g., '/locust'). Default is empty (root path).")


def _master_options(parser):
    group = parser.add_argument_group(
        "Master options",
        "Options for running a Locust Master node when running Locust distributed. A Master node need Worker nodes that "
        "connect to it before it can run load tests.",
    )
    group.add_argument("--master", action="store_true", env_var="LOCUST_MODE_MASTER",
                       help="Launch locust as a master node, to which worker nodes connect.")
    group.add_argument("--master-bind-host", default="*", metavar="<ip>", env_var="LOCUST_MASTER_BIND_HOST",
                       help="IP address for the master to listen on, e.g '192.168.1.1'. Defaults to * (all available "
                            "interfaces).")
    group.add_argument("--master-bind-port", type=int, default=5557, metavar="<port number>",
                       env_var="LOCUST_MASTER_BIND_PORT", help="Port for the master to listen on. Defaults to 5557.")
    group.add_argument("--expect-workers", type=positive_integer, default=1, metavar="<int>",
                       env_var="LOCUST_EXPECT_WORKERS",
                       help="Delay starting the test until this number of workers have connected (only used in combination "
                            "with --headless/--autostart).")
    group.add_argument("--expect-workers-max-wait", type=int, default=0, metavar="<int>",
                       env_var="LOCUST_EXPECT_WORKERS_MAX_WAIT",
                       help="How long should the master wait for workers to connect before giving up. Defaults to wait "
                            "forever")
    group.add_argument("--enable-rebalancing", action="store_true",
                       help="Re-distribute users if new workers are added or removed during a test run. Experimental.")
    group.add_argument("--expect-slaves", action=_Gone, help=argparse.SUPPRESS,
                       message="The --expect-slaves parameter has been renamed --expect-workers")


def _worker_options(parser):
    group = parser.add_argument_group(
        "Worker options",
        "Options for running a Locust Worker node when running Locust distributed.\nTypically ONLY these options (and "
        "--locustfile) need to be specified on workers, since other options (-u, -r, -t, ...) are controlled by the master "
        "node.",
    )
    group.add_argument("--worker", action="store_true", env_var="LOCUST_MODE_WORKER",
                       help="Set locust to run in distributed mode with this process as worker. Can be combined with "
                            "setting --locustfile to '-' to download it from master.")
    group.add_argument("--processes", type=int, metavar="<int>", env_var="LOCUST_PROCESSES",
                       help="Number of times to fork the locust process, to enable using system. Combine with --worker flag "
                            "or let it automatically set --worker and --master flags for an all-in-one-solution. Here: the "
                            "number of worker processes on this machine; -1 = one per core.")
    group.add_argument("--slave", action=_Gone, nargs=0, help=argparse.SUPPRESS,
                       message="The --slave parameter has been renamed --worker")
    group.add_argument("--master-host", default="127.0.0.1", metavar="<hostname>", env_var="LOCUST_MASTER_NODE_HOST",
                       help="Hostname of locust master node to connect to. Defaults to 127.0.0.1.")
    group.add_argument("--master-port", type=int, default=5557, metavar="<port number>", env_var="LOCUST_MASTER_NODE_PORT",
                       help="Port to connect to on master node. Defaults to 5557.")


def _tag_options(parser):
    group = parser.add_argument_group(
        "Tag options",
        "Locust tasks can be tagged using the @tag decorator. These options let specify which tasks to include or exclude "
        "during a test.",
    )
    group.add_argument("-T", "--tags", nargs="*", metavar="<tag>", env_var="LOCUST_TAGS",
                       help="List of tags to include in the test, so only tasks with at least one matching tag will be "
                            "executed")
    group.add_argument("-E", "--exclude-tags", nargs="*", metavar="<tag>", env_var="LOCUST_EXCLUDE_TAGS",
                       help="List of tags to exclude from the test, so only tasks with no matching tags will be executed")


def _stats_options(parser):
    group = parser.add_argument_group("Request statistics options")
    group.add_argument("--csv", dest="csv_prefix", metavar="<filename>", env_var="LOCUST_CSV",
                       help="Store request stats to files in CSV format. Setting this option will generate three files: "
                            "<filename>_stats.csv, <filename>_stats_history.csv and <filename>_failures.csv. Any folders "
                            "part of the prefix will be automatically created")
    group.add_argument("--csv-full-history", action="store_true", default=False, dest="stats_history_enabled",
                       env_var="LOCUST_CSV_FULL_HISTORY",
                       help="Store each stats entry in CSV format to _stats_history.csv file. You must also specify the "
                            "'--csv' argument to enable this.")
    group.add_argument("--print-stats", action="store_true", env_var="LOCUST_PRINT_STATS",
                       help="Enable periodic printing of request stats in UI runs")
    group.add_argument("--only-summary", action="store_true", env_var="LOCUST_ONLY_SUMMARY",
                       help="Disable periodic printing of request stats during --headless run")
    group.add_argument("--reset-stats", action="store_true", env_var="LOCUST_RESET_STATS",
                       help="Reset statistics once spawning has been completed. Should be set on both master and workers "
                            "when running in distributed mode")
    group.add_argument("--html", dest="html_file", metavar="<filename>", env_var="LOCUST_HTML",
                       help="Store HTML report to file path specified. Able to parse certain tags - {u}, {r}, {t} and "
                            "convert them to number of users, spawn rate and run time respectively.")
    group.add_argument("--json", action="store_true",
                       help="Prints the final stats in JSON format to stdout. Useful for parsing the results in other "
                            "programs/scripts. Use together with --headless and --skip-log for an output only with the json "
                            "data.")
    group.add_argument("--json-file", metavar="<filename>",
                       help="Prints the final stats in JSON format to file path specified.")


def _log_options(parser):
    group = parser.add_argument_group("Logging options")
    group.add_argument("--skip-log-setup", action="store_true", env_var="LOCUST_SKIP_LOG_SETUP",
                       help="Disable Locust's logging setup. Instead, the configuration is provided by the Locust test or "
                            "Python defaults.")
    group.add_argument("--loglevel", "-L", default="INFO", type=str.upper, metavar="<level>", env_var="LOCUST_LOGLEVEL",
                       choices=["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"],
                       help="Choose between DEBUG/INFO/WARNING/ERROR/CRITICAL. Default is INFO.")
    group.add_argument("--logfile", metavar="<filename>", env_var="LOCUST_LOGFILE",
                       help="Path to log file. If not set, log will go to stderr")


def _other_options(parser):
    group = parser.add_argument_group("Other options")
    group.add_argument("--show-task-ratio", action="store_true",
                       help="Print table of the User classes' task execution ratio. Use this with non-zero --user option if "
                            "some classes define non-zero fixed_count attribute.")
    group.add_argument("--show-task-ratio-json", action="store_true",
                       help="Print json data of the User classes' task execution ratio. Use this with non-zero --user option "
                            "if some classes define non-zero fixed_count attribute.")
    group.add_argument("--version", "-V", action=_ShowVersion, nargs=0, default=argparse.SUPPRESS,
                       help="Show program's version number and exit")
    group.add_argument("--exit-code-on-error", type=int, default=1, metavar="<int>", env_var="LOCUST_EXIT_CODE_ON_ERROR",
                       help="Sets the process exit code to use when a test result contain any failure or error. Defaults to "
                            "1.")
    group.add_argument("-s", "--stop-timeout", type=timespan, default=0, metavar="<number>", env_var="LOCUST_STOP_TIMEOUT",
                       help="Number of seconds to wait for a simulated user to complete any executing task before exiting. "
                            "Default is to terminate immediately. When running distributed, this only needs to be specified "
                            "on the master.")
    group.add_argument("--equal-weights", action="store_true", default=False,
                       help="Use equally distributed task weights, overriding the weights specified in the locustfile.")
    group.add_argument("--profile", type=str, help="Set a profile to group the testruns together")
    group.add_argument("--otel", action="store_true", env_var="LOCUST_ENABLE_OPENTELEMETRY",
                       help="Instrument the Locust test run with OpenTelemetry.")


def _own_options(parser):
    group = parser.add_argument_group("halftime options", "What Locust does not have.")
    group.add_argument("--workers", type=_count, metavar="<int>", env_var="HALFTIME_WORKERS",
                       help="Number of worker processes on this machine, as --processes. Default: 1")
    group.add_argument("--rate", type=arrival_rate, metavar="<tasks>/s",
                       help="Begin so many tasks per second over all users, whatever the answers take (open model), instead of "
                            "waiting between tasks; also per minute or hour: 90/m, 1000/h. -u is then the number of users kept "
                            "ready (default: as many as tasks in a second, at least 10). A task for which nobody is free is "
                            "dropped and counted; task times count from when a task was due, too")
    group.add_argument("--threshold", action="append", metavar="<expression>",
                       help="A condition the run must meet, e.g. 'request_duration: p(95)<200'; can be given several times. "
                            "The exit code tells whether all were met")
    group.add_argument("--out", action="append", metavar="<name=argument>",
                       help="One more output of results; can be given several times: junit=FILE, markdown=FILE, json=FILE, csv=FILE, "
                            "influxdb=URL, experimental-prometheus-rw=URL, opentelemetry=URL, statsd=HOST:PORT (docs/OUTPUTS.md)")
    group.add_argument("--coarse-percentiles", action="store_true",
                       help="Percentiles and medians as Locust rounds them, to two digits. Default: exact to 0.1%%")
    group.add_argument("--traces", nargs="?", const="127.0.0.1:4318", metavar="<host:port>", env_var="HALFTIME_TRACES",
                       help="Take OpenTelemetry spans and logs of the system under test (OTLP over HTTP) at this address and join them "
                            "with our requests (docs/TRACES.md). Without an address: 127.0.0.1:4318")
    group.add_argument("--traces-token", metavar="<text>", env_var="HALFTIME_TRACES_TOKEN",
                       help="What senders must show as 'Authorization: Bearer …'; needed on any address but loopback")
    group.add_argument("--server-logs", metavar="<file>", env_var="HALFTIME_SERVER_LOGS",
                       help="Log of the system under test, JSON objects one a line, followed as it grows")
    group.add_argument("--trace-headers", action="store_true",
                       help="Send traceparent and X-Request-ID with every request that has none of its own; on by itself with "
                            "--traces and --server-logs")
    group.add_argument("--no-trace-headers", action="store_true", help="Never send them")
    group.add_argument("--python", metavar="<program>",
                       help="The Python to run locustfiles with. Default: that of $VIRTUAL_ENV, else the first python3 that "
                            "can import gevent")


class _ShowVersion(argparse.Action):
    def __call__(self, parser, namespace, values, option_string=None):
        folder = os.path.dirname(os.path.abspath(__file__))
        raise Leave(0, stdout=f"locust {version} from {folder} (Python {platform.python_version()})\n")


def setup_parser_arguments(parser):
    """Adds every option to the parser."""
    common = parser.add_argument_group("Common options")
    common.add_argument("-h", "--help", action="help", help="show this help message and exit")
    locustfile_options(common)
    _load_options(parser, common)
    for add in (_web_options, _master_options, _worker_options, _tag_options, _stats_options, _log_options, _other_options,
                _own_options):
        add(parser)
    classes = parser.add_argument_group("User classes")
    classes.add_argument("user_classes", nargs="*", metavar="<UserClass1 UserClass2>",
                         default=os.environ.get("LOCUST_USER_CLASSES", "").split(),
                         help="At the end of the command line, you can list User classes to be used (available User classes "
                              "can be listed with --list). LOCUST_USER_CLASSES environment variable can also be used to "
                              "specify User classes. Default is to use all available User classes")
    for action in parser._actions:
        action.include_in_web_ui = False
        action.is_builtin = True


_EPILOG = """
Examples:

    locust -f my_test.py -H https://www.example.com

    locust --headless -u 100 -t 20m --processes 4 MyHttpUser AnotherUser

    locust --headless -u 100 -r 10 -t 50 --print-stats --html "test_report_{u}_{r}_{t}.html"
    (The above run would generate an html file with the name "test_report_100_10_50.html")

See documentation for more details, including how to set options using a file or environment variables: \
https://docs.locust.io/en/stable/configuration.html
"""


def get_empty_argument_parser(add_help=True, default_config_files=DEFAULT_CONFIG_FILES):
    parser = LocustArgumentParser(
        prog="locust", default_config_files=default_config_files, add_help=False,
        formatter_class=argparse.RawDescriptionHelpFormatter, usage="locust [options] [UserClass ...]", epilog=_EPILOG,
    )
    if add_help:
        parser.add_argument("-h", "--help", action="help", help=argparse.SUPPRESS)
    return parser


def get_parser(default_config_files=DEFAULT_CONFIG_FILES):
    """The parser with all options, and with those that listeners of init_command_line_parser add."""
    parser = get_empty_argument_parser(add_help=False, default_config_files=default_config_files)
    setup_parser_arguments(parser)
    events.init_command_line_parser.fire(parser=parser)
    return parser


def parse_locustfile_option(args):
    """What must be known before the locustfile is loaded, as a Namespace: locustfile, config, help, version …"""
    parser = get_empty_argument_parser(add_help=False)
    locustfile_options(parser)
    for flag in ("-h", "--help"), ("-V", "--version"):
        parser.add_argument(*flag, action="store_true", default=False)
    for flag in ("--worker", "--master", "--headless"):
        parser.add_argument(flag, action="store_true")
    for action in parser._actions:
        action.is_builtin = True
    # Of the rest nothing is known yet: their options belong to the real parser.
    parser.allow_abbrev = False
    options, _ = parser.parse_known_args(args)
    return options


def parse_options(args=None):
    """All options."""
    parser = get_parser()
    options = parser.parse_args(args=args)
    if options.stats_history_enabled and options.csv_prefix is None:
        parser.error("'--csv-full-history' requires '--csv'.")
    return options


def default_args_dict():
    """The options as they are when nothing is said."""
    parser = get_empty_argument_parser(add_help=False, default_config_files=[])
    setup_parser_arguments(parser)
    return vars(parser.parse_known_args([])[0])


def ui_extra_args_dict(args=None):
    """The options that a locustfile added and that the web interface may change: {name: UIExtraArgOptions}."""
    locust_args = default_args_dict()
    parser = get_parser()
    values = vars(parser.parse_args(args))
    return {
        name: UIExtraArgOptions(
            default_value=None if action.is_secret else values.get(name),
            is_secret=action.is_secret, is_required=action.is_required, help_text=action.help, choices=action.choices,
            is_multiple=action.is_multiple,
        )
        for name, action in parser.args_included_in_web_ui.items()
        if name not in locust_args and name in values
    }


def custom_options(options):
    """{name: value} of those options that a locustfile added."""
    builtin = default_args_dict()
    return {name: value for name, value in vars(options).items() if name not in builtin}
