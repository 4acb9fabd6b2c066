"""The command line: precedence of its sources, custom arguments, errors and help."""
import os
import tempfile
from unittest import main, mock

from support import Case

from locust import _config, argument_parser
from locust.argument_parser import Leave
from locust.event import EventHook
from locust.util.timespan import parse_timespan


class Arguments(Case):
    def setUp(self):
        super().setUp()
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        home = os.path.join(self.folder.name, "home")
        os.mkdir(home)
        here = os.getcwd()
        os.chdir(self.folder.name)
        self.addCleanup(os.chdir, here)
        kept = {key: value for key, value in os.environ.items() if not key.startswith(("LOCUST_", "HALFTIME_"))}
        patch = mock.patch.dict(os.environ, {**kept, "HOME": home}, clear=True)
        patch.start()
        self.addCleanup(patch.stop)
        # Each test has listeners of its own.
        hook = mock.patch.object(argument_parser.events, "init_command_line_parser", EventHook())
        hook.start()
        self.addCleanup(hook.stop)

    def write(self, name, text):
        with open(os.path.expanduser(name), "w", encoding="utf-8") as file:
            file.write(text)

    def parse(self, *args):
        return argument_parser.parse_options(list(args))

    def leaves(self, *args):
        with self.assertRaises(Leave) as caught:
            self.parse(*args)
        return caught.exception


class Sources(Arguments):
    def test_defaults(self):
        options = self.parse()
        expected = {
            "locustfile": "locustfile.py", "config": None, "host": None, "num_users": None, "spawn_rate": None, "run_time": None,
            "list_commands": False, "config_users": None, "web_host": "", "web_port": 8089, "headless": False,
            "autostart": False, "autoquit": -1, "headful": False, "web_login": False, "tls_cert": "", "tls_key": "",
            "class_picker": False, "master": False, "master_bind_host": "*", "master_bind_port": 5557, "expect_workers": 1,
            "expect_workers_max_wait": 0, "enable_rebalancing": False, "worker": False, "processes": None,
            "master_host": "127.0.0.1", "master_port": 5557, "web_base_path": "", "tags": None, "exclude_tags": None,
            "csv_prefix": None, "stats_history_enabled": False, "print_stats": False, "only_summary": False,
            "reset_stats": False, "html_file": None, "json": False, "json_file": None, "skip_log_setup": False,
            "loglevel": "INFO", "logfile": None, "show_task_ratio": False, "show_task_ratio_json": False,
            "exit_code_on_error": 1, "stop_timeout": 0, "equal_weights": False, "profile": None, "otel": False,
            "user_classes": [], "workers": None, "rate": None, "threshold": None, "python": None,
        }
        self.assertEqual({key: getattr(options, key) for key in expected}, expected)

    def test_precedence(self):
        """Each line adds a source that beats those before it."""
        steps = [
            (lambda: self.write("~/.locust.conf", "users = 1"), [], 1),
            (lambda: self.write("locust.conf", "users = 2"), [], 2),
            (lambda: self.write("pyproject.toml", "[tool.locust]\nusers = 3"), [], 3),
            (lambda: self.write("given.conf", "users = 4"), ["--config", "given.conf"], 4),
            (lambda: os.environ.update(LOCUST_USERS="5"), ["--config", "given.conf"], 5),
            (lambda: None, ["--config", "given.conf", "-u", "6"], 6),
            (lambda: None, ["--config=given.conf", "-u7"], 7),
            (lambda: None, ["--use", "8"], 8),
            (lambda: None, ["--users=9"], 9),
        ]
        for act, args, expected in steps:
            act()
            with self.subTest(args=args, expected=expected):
                if "pyproject.toml" in os.listdir(".") and not _has_toml():
                    os.remove("pyproject.toml")
                    continue
                self.assertEqual(self.parse(*args).num_users, expected)

    def test_environment(self):
        table = [
            ("LOCUST_HOST", "http://h", "host", "http://h"), ("LOCUST_RUN_TIME", "1h2m", "run_time", 3720),
            ("LOCUST_HEADLESS", "true", "headless", True), ("LOCUST_HEADLESS", "off", "headless", False),
            ("LOCUST_TAGS", "[a, b]", "tags", ["a", "b"]), ("LOCUST_TAGS", "a b", "tags", ["a b"]),
            ("LOCUST_MODE_MASTER", "1", "master", True), ("LOCUST_LOGLEVEL", "debug", "loglevel", "DEBUG"),
            ("LOCUST_USER_CLASSES", "A B", "user_classes", ["A", "B"]), ("LOCUST_STOP_TIMEOUT", "5", "stop_timeout", 5),
            ("LOCUST_CSV", "p", "csv_prefix", "p"),
        ]
        for variable, value, name, expected in table:
            with self.subTest(variable), mock.patch.dict(os.environ, {variable: value}):
                self.assertEqual(getattr(self.parse(), name), expected)
        with mock.patch.dict(os.environ, {"LOCUST_HEADLESS": "maybe"}):
            self.assertEqual(self.leaves().code, 2)
            self.assertTrue(self.parse("--headless").headless)
        with mock.patch.dict(os.environ, {"LOCUST_TAGS": "[x]"}):
            options = self.parse("MyUser")
            self.assertEqual((options.tags, options.user_classes), (["x"], ["MyUser"]))

    def test_conf_syntax(self):
        text = (
            "# comment\n; comment\n[section]\n---\nlocustfile = my.py\nheadless\nusers: 3\nrun-time 1m\n"
            'tags = [x, y z]\nonly-summary = true ; trailing\nhost = "http://h/#x" # c\n'
        )
        self.assertEqual(_config.parse_conf(text, "c"), {
            "locustfile": "my.py", "headless": "true", "users": "3", "run-time": "1m", "tags": ["x", "y z"],
            "only-summary": "true", "host": "http://h/#x",
        })
        self.write("locust.conf", text)
        options = self.parse()
        self.assertEqual((options.headless, options.run_time, options.tags, options.host), (True, 60, ["x", "y z"], "http://h/#x"))
        self.write("locust.conf", "bogus = 1")
        self.assertIn("unrecognized arguments: --bogus=1", self.leaves().stderr)
        self.assertIn("Unable to open config file: none.conf", self.leaves("--config", "none.conf").stderr)


def _has_toml():
    try:
        import tomllib  # noqa: F401
    except ImportError:
        try:
            import tomli  # noqa: F401
        except ImportError:
            return False
    return True


class Custom(Arguments):
    def test_arguments_of_the_locustfile(self):
        def add(parser):
            parser.add_argument("--my-arg", env_var="LOCUST_MY_ARG", default="d", include_in_web_ui=True, help="It's 100%% mine")
            parser.add_argument("--secret", is_secret=True, default="s", is_required=True)
            parser.add_argument("--hidden", include_in_web_ui=False)
            parser.add_argument("--choice", choices=["a", "b"], default=["a"], is_multiple=True)
            group = parser.add_argument_group("mine")
            group.add_argument("--flag", action="store_true", env_var="LOCUST_FLAG")

        argument_parser.events.init_command_line_parser.add_listener(add)
        self.assertEqual(self.parse().my_arg, "d")
        os.environ["LOCUST_MY_ARG"] = "env"
        os.environ["LOCUST_FLAG"] = "yes"
        self.write("locust.conf", "my-arg = file\nchoice = b")
        options = self.parse()
        self.assertEqual((options.my_arg, options.flag, options.choice), ("env", True, "b"))
        self.assertEqual(self.parse("--my-arg", "line").my_arg, "line")
        self.assertEqual(argument_parser.custom_options(options),
                         {"my_arg": "env", "secret": "s", "hidden": None, "choice": "b", "flag": True})
        shown = argument_parser.ui_extra_args_dict([])
        self.assertEqual(list(shown), ["my_arg", "secret", "choice", "flag"])
        self.assertEqual((shown["secret"].default_value, shown["secret"].is_secret, shown["secret"].is_required), (None, True, True))
        self.assertTrue(shown["choice"].is_multiple)
        self.assertIn("--my-arg", self.leaves("--help").stdout)
        self.assertIn("invalid choice", self.leaves("--choice", "c").stderr)

    def test_required_argument_from_the_environment(self):
        argument_parser.events.init_command_line_parser.add_listener(
            lambda parser: parser.add_argument("--must", required=True, env_var="MUST")
        )
        self.assertIn("required: --must", self.leaves().stderr)
        os.environ["MUST"] = "x"
        self.assertEqual(self.parse().must, "x")


class Errors(Arguments):
    def test_table(self):
        table = [
            (["--nope"], "locust: error: unrecognized arguments: --nope\nDid you mean '"),
            (["--headles", "--user"], "argument -u/--users: expected one argument"),
            (["-t", "1.5h"], "argument -t/--run-time: Invalid time span format. Valid formats: 20, 20s, 3m"),
            (["-s", "1x"], "argument -s/--stop-timeout: Invalid time span"),
            (["-r", "0"], "argument -r/--spawn-rate: must be > 0"),
            (["-u", "x"], "argument -u/--users: invalid int value: 'x'"),
            (["--slave"], "argument --slave: The --slave parameter has been renamed --worker"),
            (["--expect-slaves", "2"], "argument --expect-slaves: The --expect-slaves parameter has been renamed --expect-workers"),
            (["--web-auth", "x"], "has been replaced with --web-login"),
            (["--legacy-ui"], "--legacy-ui is no longer supported, remove the parameter to continue"),
            (["--csv-full-history"], "'--csv-full-history' requires '--csv'."),
            (["--loglevel", "foo"], "invalid choice: 'FOO'"),
            (["--expect-workers", "0"], "Invalid --expect-workers argument (0), must be a positive number"),
        ]
        for args, words in table:
            with self.subTest(args):
                left = self.leaves(*args)
                self.assertEqual((left.code, left.stdout), (2, ""))
                self.assertIn("locust: error: ", left.stderr)
                self.assertIn(words, left.stderr)

    def test_help_and_version(self):
        left = self.leaves("--help")
        self.assertEqual(left.code, 0)
        self.assertTrue(left.stdout.startswith("Usage: locust [options] [UserClass ...]"))
        for words in ("Common options:", "Web UI options:", "Master options:", "Worker options:", "Tag options:",
                      "Request statistics options:", "Logging options:", "Other options:", "User classes:", "Examples:",
                      "--rate", "--threshold", "--python", "--workers"):
            self.assertIn(words, left.stdout)
        for hidden in ("--slave", "--legacy-ui", "--build-path"):
            self.assertNotIn(hidden, left.stdout)
        self.assertRegex(self.leaves("-V").stdout, r"^locust [\d.]+ from .* \(Python [\d.]+\w*\)\n$")

    def test_what_is_known_before_the_locustfile(self):
        parse = argument_parser.parse_locustfile_option
        self.assertEqual(parse(["-u", "3", "-f", "x.py", "--own", "v", "Cls"]).locustfile, "x.py")
        self.write("locust.conf", "locustfile = from_file.py\nown = 3")
        self.assertEqual(parse(["-u3"]).locustfile, "from_file.py")
        os.environ["LOCUST_LOCUSTFILE"] = "env.py"
        self.assertEqual(parse([]).locustfile, "env.py")
        self.assertTrue(parse(["--help"]).help)


class Timespans(Case):
    def test_table(self):
        for text, seconds in [("20", 20), ("20s", 20), ("3m", 180), ("2h", 7200), ("1h20m", 4800), ("3h30m10s", 12610), ("1m5s", 65)]:
            self.assertEqual(parse_timespan(text), seconds)
        for text in ("", "1.5h", "30m1h", "10 s", "-5", "h", "1d", "5s5s"):
            with self.assertRaises(ValueError):
                parse_timespan(text)


if __name__ == "__main__":
    main()
