"""One process of a test, driven as the engine drives it."""
import json
import logging
import os
import sys
import tempfile
import textwrap
from unittest import main, mock

import fake_native
import gevent
from support import Case

from locust import _host, argument_parser, env, event, _old_api
from locust.event import Events

FILE = """
    from locust import HttpUser, LoadTestShape, TaskSet, User, constant, events, task

    seen = []
    for name in ("init", "test_start", "test_stopping", "test_stop", "spawning_complete", "quitting", "quit", "reset_stats"):
        getattr(events, name).add_listener(lambda name=name, **kw: seen.append(name))

    class A(User):
        weight = 3
        wait_time = constant(1)

        def on_start(self):
            seen.append("user")

        def on_stop(self):
            seen.append("gone")

        @task(2)
        def x(self):
            pass

        @task
        class T(TaskSet):
            @task(3)
            def y(self):
                pass

            @task
            def z(self):
                pass

    class B(User):
        fixed_count = 2

        @task
        def x(self):
            pass
"""


class WithFiles(Case):
    def setUp(self):
        super().setUp()
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        here = os.getcwd()
        os.chdir(folder.name)
        self.addCleanup(os.chdir, here)
        self.addCleanup(sys.path.__setitem__, slice(None), list(sys.path))
        modules = set(sys.modules)
        self.addCleanup(lambda: [sys.modules.pop(name) for name in set(sys.modules) - modules])
        self.events = Events()
        import locust

        for module in (event, argument_parser, _host, locust):
            patch = mock.patch.object(module, "events", self.events)
            patch.start()
            self.addCleanup(patch.stop)
        kept = {key: value for key, value in os.environ.items() if not key.startswith(("LOCUST_", "HALFTIME_"))}
        patch = mock.patch.dict(os.environ, {**kept, "HOME": folder.name}, clear=True)
        patch.start()
        self.addCleanup(patch.stop)
        self.write("locustfile.py", FILE)
        logging.disable(logging.CRITICAL)
        self.addCleanup(logging.disable, logging.NOTSET)
        fake_native.figures.update(entries=[], errors=[], exceptions=[])

    def write(self, name, text):
        os.makedirs(os.path.dirname(name) or ".", exist_ok=True)
        with open(name, "w", encoding="utf-8") as file:
            file.write(textwrap.dedent(text))

    def load(self, *argv, **source):
        host = _host.Host()
        host.load({"argv": ["--skip-log-setup", *argv], "program": "locust", "cwd": os.getcwd(), "conductor": True, "users": True,
                   "local": True, "worker_index": 0, "worker_count": 1, **source})
        return host

    def leaves(self, *argv):
        answer = json.loads(self.load(*argv).describe())
        return answer["exit"]["code"], answer["exit"]["stdout"], answer["exit"]["stderr"]


class Loading(WithFiles):
    def test_describe(self):
        answer = json.loads(self.load("--headless", "-u", "5", "--host", "http://h").describe())
        self.assertEqual([(c["name"], c["weight"], c["fixed_count"], c["host"], c["tasks"]) for c in answer["user_classes"]],
                         [("A", 3, 0, "http://h", ["x", "x", "T"]), ("B", 1, 2, "http://h", ["x"])])
        self.assertEqual((answer["shape"], answer["host"], answer["locustfile"]), (None, "http://h", "locustfile.py"))
        self.assertEqual((answer["options"]["num_users"], answer["options"]["spawn_rate"]), (5, 1))
        self.assertTrue(any("B has no wait_time" in text for text in answer["lints"]))

    def test_shared_sessions(self):
        self.write("shared.py", """
            import http.cookiejar
            import requests
            from locust import TaskSet, User, constant, task
            everybody = requests.Session()
            class Inner(TaskSet):
                jar = http.cookiejar.CookieJar()
                @task
                def x(self): pass
            class A(User):
                wait_time = constant(1)
                session = requests.Session()
                tasks = [Inner]
                def on_start(self):
                    self.mine = requests.Session()
            class B(A):
                @task
                def y(self): pass
        """)
        found = json.loads(self.load("-f", "shared.py", "--headless").describe())["lints"]
        self.assertEqual(sorted(text.partition(" is one ")[0] for text in found),
                         ["A.session", "Inner.jar", "everybody"])
        self.assertTrue(all("share its cookies" in text for text in found))

    def test_ends_at_once(self):
        self.write("nouser.py", "x = 1")
        table = [
            (["--list"], (0, "Available Users:\n    A\n    B\n", "")),
            (["-f", "none.py"], (1, "", "Could not find 'none.py'. Ensure your locustfile ends with '.py' or is a directory with "
                                        "locustfiles. See --help for available options.\n")),
            (["--autoquit", "2"], (1, "", "--autoquit is only meaningful in combination with --autostart\n")),
            (["--processes", "-2"], (1, "", "Invalid --processes count -2\n")),
            (["--master", "--worker"], (255, "", "")), (["--web-base-path", "x"], (1, "", "")), (["Nope"], (1, "", "")),
            (["-f", "nouser.py"], (1, "", "")), (["--config-users", '{"user_class_name": "Nope"}'], (255, "", "")),
        ]
        for argv, expected in table:
            with self.subTest(argv):
                self.assertEqual(self.leaves(*argv), expected)
        self.assertEqual(self.leaves("-u", "x")[0], 2)
        self.assertIn("Usage: locust", self.leaves("-f", "none.py", "--help")[1])
        self.assertRegex(self.leaves("-f", "none.py", "-V")[1], "^locust ")

    def test_ratio(self):
        code, text, _ = self.leaves("--show-task-ratio", "-u", "10")
        self.assertEqual(code, 0)
        lines = [line.split() for line in text.splitlines() if line.strip() and "---" not in line]
        self.assertEqual(lines, [
            ["Task", "ratio", "per", "User", "class"], ["80.0", "A"], ["66.7", "x"], ["33.3", "T"], ["75.0", "y"], ["25.0", "z"],
            ["20.0", "B"], ["100.0", "x"], ["Total", "task", "ratio"], ["80.0", "A"], ["53.3", "x"], ["26.7", "T"],
            ["20.0", "y"], ["6.7", "z"], ["20.0", "B"], ["20.0", "x"],
        ])
        self.assertTrue(text.startswith("\n Task ratio per User class\n" + "-" * 80 + "\n 80.0       A" + " " * 49 + "\n   66.7       x"))
        tree = json.loads(self.leaves("--show-task-ratio-json")[1])
        self.assertEqual(tree["per_class"]["B"], {"ratio": 1.0, "tasks": {"x": {"ratio": 1.0}}})

    def test_choosing(self):
        self.write("abstract.py", """
            from locust import User, task
            class Base(User):
                abstract = True
                @task
                def t(self): pass
            class Real(Base): pass
            class NoWeight(Base):
                weight = 0
            Renamed = Real
        """)
        host = self.load("B", "--equal-weights", "--config-users", '[{"user_class_name": "B", "weight": 7, "host": "http://c"}]')
        self.assertEqual([(c.__name__, c.weight, c.host) for c in host.user_classes], [("B", 1, "http://c")])
        self.assertEqual([c.__name__ for c in self.load("-f", "abstract.py").user_classes], ["Real"])

    def test_files(self):
        self.write("dir/one.py", "from locust import User\nclass One(User): pass\n")
        self.write("dir/sub/two.py", "from one import One\nfrom locust import User\nclass Two(User): pass\n")
        self.write("dir/_helper.py", "1/0")
        self.write("dir/sub/helper_two.py", "value = 3\n")
        sys.path.append(os.path.abspath("dir"))
        self.assertEqual([c.__name__ for c in self.load("-f", "dir").user_classes], ["One", "Two"])
        self.assertEqual([c.__name__ for c in self.load("-f", "dir/one.py,locustfile.py").user_classes], ["One", "A", "B"])
        self.write("again.py", "from locust import User\nclass A(User): pass\n")
        code, _, stderr = self.leaves("-f", "locustfile.py,again.py")
        self.assertEqual(code, 1)
        self.assertRegex(stderr, "^Duplicate user class names: A is defined in both .*/locustfile.py and .*/again.py\n$")

    def test_broken_file(self):
        self.write("broken.py", "import nosuchmodule")
        with self.assertRaises(ModuleNotFoundError):
            self.load("-f", "broken.py")

    def test_init_listener_that_fails_is_fatal(self):
        self.write("init.py", """
            from locust import User, events, task
            class U(User): pass
            @events.init.add_listener
            def init(**kwargs): 1/0
        """)
        self.assertEqual(self.leaves("-f", "init.py")[0], 1)

    def test_worker_that_cannot_load_just_ends(self):
        with mock.patch("sys.stderr"), self.assertRaises(SystemExit) as caught:
            self.load("-f", "none.py", conductor=False, local=False)
        self.assertEqual(caught.exception.code, 1)

    def test_runners(self):
        table = [({}, "LocalRunner"), ({"local": False, "users": False, "worker_index": -1}, "MasterRunner"),
                 ({"local": False, "conductor": False, "worker_index": 2}, "WorkerRunner")]
        for source, kind in table:
            with mock.patch("atexit.register"):
                runner = self.load(**source).environment.runner
            self.assertEqual(type(runner).__name__, kind)
        self.assertEqual(runner.worker_index, 2)

    def test_routes_of_the_locustfile(self):
        self.write("web.py", """
            from locust import User, events, web
            class U(User): pass
            @web.app.route("/old")
            def old(): return "old"
            @events.init.add_listener
            def init(environment, web_ui, **kwargs):
                if web_ui:
                    @environment.web_ui.app.route("/new")
                    @web_ui.auth_required_if_enabled
                    def new(): return "new"
        """)
        with mock.patch("locust.web._old_app", None):
            self.assertIsNotNone(self.load("-f", "web.py").environment.web_ui.app)
        with mock.patch("locust.web._old_app", None):
            self.assertIsNone(self.load("-f", "web.py", "--headless").environment.web_ui)

    def test_old_files_are_told_once(self):
        self.write("old.py", """
            from locust import HttpLocust, TaskSet
            class Tasks(TaskSet): pass
            class U(HttpLocust):
                task_set = Tasks
                min_wait = 1000
        """)
        logging.disable(logging.NOTSET)
        with self.assertLogs("locust.main", "WARNING") as caught:
            self.load("-f", "old.py")
        self.assertEqual(len(caught.output), 1)
        self.assertIn("HttpLocust → HttpUser", caught.output[0])
        self.assertIsNotNone(_old_api.hint())


class Living(WithFiles):
    def setUp(self):
        super().setUp()
        fake_native.on_sleep = lambda seconds: gevent.sleep(0.001 if seconds < 5 else 5)
        self.host = self.load("--headless", "-u", "2")
        self.seen = sys.modules["locustfile"].seen

    def turn(self, seconds=0.01):
        gevent.sleep(seconds)

    def test_whole_test(self):
        host = self.host
        host.plan(["A", "B"])
        host.once("setup", "")
        host.user_start(7, 0)
        self.turn()
        self.assertEqual(fake_native.answers, [("setup", "", "")])
        host.counts([1, 0], "running", 1)
        host.spawned(1)
        self.turn()
        runner = host.environment.runner
        self.assertEqual((runner.user_count, runner.user_classes_count, runner.state), (1, {"A": 1, "B": 0}, "running"))
        host.user_stop(7)
        self.turn()
        self.assertEqual(fake_native.done, [7])
        for what in ("stopping", "teardown", "summary"):
            host.once(what, "")
            self.turn()
        self.assertEqual(self.seen, ["init", "test_start", "user", "spawning_complete", "gone", "test_stopping", "test_stop",
                                     "quitting", "quit"])
        self.assertEqual([(what, failure) for what, _, failure in fake_native.answers],
                         [("setup", ""), ("stopping", ""), ("teardown", ""), ("summary", "")])
        self.assertIsNone(json.loads(fake_native.answers[-1][1])["exit_code"])

    def test_users_wait_for_test_start_listeners(self):
        self.events.test_start.add_listener(lambda **kw: (gevent.sleep(0.05), self.seen.append("slow")))
        self.host.plan(["A"])
        self.host.once("setup", "")
        self.host.user_start(1, 0)
        self.turn(0.02)
        self.assertNotIn("user", self.seen)
        self.turn(0.1)
        self.assertEqual(self.seen[-2:], ["slow", "user"])
        self.host.user_stop(1)
        self.turn()

    def test_users_end_in_every_way(self):
        module = sys.modules["locustfile"]

        class Fails(module.User):
            def __init__(self, environment):
                super().__init__(environment)
                raise ValueError("no user")

        class Silent(module.User):
            def on_start(self):
                raise ValueError("at the start")

        self.host.environment.user_classes += [Fails, Silent]
        self.host.plan(["Fails", "Silent", "A"])
        for token in range(3):
            self.host.user_start(token, token)
        self.turn()
        self.assertEqual(sorted(fake_native.done), [0, 1])
        self.assertEqual(fake_native.exceptions[0][0], "at the start")
        self.host.user_start(9, 2)
        self.host.user_stop(9)
        self.host.user_stop(2)
        self.turn()
        self.assertEqual(sorted(fake_native.done), [0, 1, 2, 9])
        self.host.user_stop(2)
        self.host.once("summary", "")
        self.turn()
        self.assertEqual(json.loads(fake_native.answers[-1][1])["exit_code"], 2)

    def test_stop_timeout(self):
        module, seen = sys.modules["locustfile"], self.seen

        class Slow(module.User):
            wait_time = module.constant(5)

            @module.task
            def t(self):
                seen.append("begin")
                gevent.sleep(self.length)
                seen.append("end")

        self.host.environment.user_classes.append(Slow)
        self.host.environment.stop_timeout = 0.1
        self.host.plan(["Slow"])
        for length, expected in ((0.03, ["begin", "end"]), (9, ["begin"])):
            Slow.length = length
            del seen[:]
            fake_native.done.clear()
            self.host.user_start(1, 0)
            self.turn()
            self.host.user_stop(1)
            self.turn(0.2)
            self.assertEqual((seen, fake_native.done), (expected, [1]))
        del seen[:]
        Slow.length = 0
        self.host.user_start(2, 0)
        self.turn(0.02)
        self.host.user_stop(2)
        self.turn()
        self.assertEqual(seen, ["begin", "end"])
        self.assertEqual(fake_native.done, [1, 2])

    def test_no_host_ends_the_test(self):
        module = sys.modules["locustfile"]

        class NoHost(module.HttpUser):
            pass

        self.host.environment.user_classes.append(NoHost)
        self.host.plan(["NoHost"])
        self.host.user_start(1, 0)
        self.turn()
        self.assertEqual((fake_native.wishes, fake_native.done), ([("quit", None)], [1]))

    def test_exit_codes(self):
        self.host.environment.process_exit_code = 7
        self.host.once("summary", "")
        self.turn()
        self.assertEqual(json.loads(fake_native.answers[-1][1])["exit_code"], 7)

    def test_wishes(self):
        runner = self.host.environment.runner
        module = sys.modules["locustfile"]
        runner.start(5, 2.5)
        runner.start(6, 1, user_classes=[module.B])
        runner.stop()
        self.host.environment.process_exit_code = 3
        runner.quit()
        self.assertEqual(fake_native.wishes, [("users", 5, 2.5, None), ("users", 6, 1.0, [1]), ("stop",), ("quit", 3)])

    def test_messages(self):
        got = []
        runner = self.host.environment.runner
        runner.register_message("users", lambda environment, msg: got.append((msg.type, msg.data, msg.node_id)))
        runner.register_message("fast", lambda environment, msg, **kw: got.append("fast"), concurrent=True)
        with self.assertRaises(Exception):
            runner.register_message("users", print)
        runner.send_message("users", {"a": [1]}, "w1")
        self.assertEqual(fake_native.messages, [("users", '{"a": [1]}', "w1")])
        for kind in ("users", "fast", "unknown"):
            self.host.message(kind, '{"a": [1]}', "w1")
        self.turn()
        self.assertEqual(got, ["fast", ("users", {"a": [1]}, "w1")] if got[0] == "fast" else [("users", {"a": [1]}, "w1"), "fast"])

    def test_reset_stats(self):
        self.host.environment.reset_stats = True
        self.host.spawned(1)
        self.host.reset_stats()
        self.turn()
        self.assertEqual((fake_native.wishes, self.seen[-2:]), ([("reset",)], ["spawning_complete", "reset_stats"]))


class Shapes(WithFiles):
    def test_ticks(self):
        self.write("shape.py", """
            from locust import LoadTestShape, User
            class A(User): pass
            class B(User): pass
            class Base(LoadTestShape):
                abstract = True
            class Mine(Base):
                steps = [(1, 1), (1, 1), (5, 2.5, [B]), None]
                def tick(self):
                    assert self.get_current_user_count() == 0 and self.get_run_time() < 9
                    return self.steps.pop(0)
        """)
        host = self.load("-f", "shape.py", "--headless")
        self.assertEqual(json.loads(host.describe())["shape"], "Mine")
        host.plan(["A", "B"])
        with mock.patch.object(_host, "_TICK_INTERVAL", 0.001):
            host.once("setup", "")
            gevent.sleep(0.05)
        self.assertEqual(fake_native.wishes, [("users", 1, 1.0, None), ("users", 5, 2.5, [1]), ("stop",)])

    def test_shape_that_fails_ends_the_test(self):
        self.write("shape.py", """
            from locust import LoadTestShape, User
            class A(User): pass
            class Mine(LoadTestShape):
                def tick(self): 1/0
        """)
        host = self.load("-f", "shape.py", "--headless")
        host.plan(["A"])
        host.once("setup", "")
        gevent.sleep(0.01)
        host.once("summary", "")
        gevent.sleep(0.01)
        self.assertEqual(fake_native.wishes, [("stop",)])
        self.assertEqual(json.loads(fake_native.answers[-1][1])["exit_code"], 2)


class Master(WithFiles):
    def test_workers(self):
        host = self.load(local=False, users=False, worker_index=-1)
        joined = []
        host.environment.events.worker_connect.add_listener(lambda client_id: joined.append(client_id))
        for state in ("ready", "running", "missing"):
            host.workers([{"id": "h_1", "index": 0, "state": "running", "users": 3, "cpu": 12.5, "memory": 1 << 20},
                          {"id": "h_2", "index": 1, "state": state, "users": 0, "cpu": 1.0, "memory": 0}])
            gevent.sleep(0)
        clients = host.environment.runner.clients
        self.assertEqual((joined, len(clients.running), len(clients.missing), host.environment.runner.worker_count),
                         (["h_1", "h_2"], 1, 1, 1))
        self.assertEqual((clients["h_1"].user_count, host.environment.runner.get_worker_index("h_2")), (3, 1))


    def test_reports_of_workers(self):
        fake_native.on_sleep = lambda seconds: gevent.sleep(0.001)
        with mock.patch("atexit.register"):
            worker = self.load(local=False, conductor=False, worker_index=0)
        worker._report()
        self.assertEqual(fake_native.messages, [])
        self.events.report_to_master.add_listener(lambda client_id, data: data.update(mine=client_id))
        worker.plan(["A"])
        worker.once("setup", "")
        worker.user_start(1, 0)
        worker.once("stopping", "")
        gevent.sleep(0.01)
        self.assertEqual(fake_native.messages, [])
        worker.user_stop(1)
        gevent.sleep(0.01)
        self.assertEqual(fake_native.done, [1])
        seen = sys.modules["locustfile"].seen
        worker._quit(0)
        self.assertEqual(seen[-4:], ["gone", "test_stop", "quitting", "quit"])
        [(kind, data, _)] = fake_native.messages
        master = self.load(local=False, users=False, worker_index=-1)
        got = []
        self.events.worker_report.add_listener(lambda client_id, data: got.append((client_id, data["mine"])))
        master.message(kind, data, "w1")
        gevent.sleep(0)
        self.assertEqual(got, [("w1", "host_0123")])

    def test_usage(self):
        host, seen = self.load(), []
        self.events.usage_monitor.add_listener(lambda environment, cpu_usage, memory_usage: seen.append((cpu_usage, memory_usage)))
        self.events.cpu_warning.add_listener(lambda environment, cpu_usage, **kw: seen.append("warned"))
        for _ in range(20):
            host.workers([{"id": "a", "index": 0, "state": "running", "users": 1, "cpu": 95.0, "memory": 7}])
            gevent.sleep(0)
        self.assertEqual(seen, [(95.0, 7), "warned"] * 2)


class Lints(WithFiles):
    def test_results(self):
        host = self.load()

        def entry(name, requests, failures):
            return {"name": name, "method": "GET", "num_requests": requests, "num_none_requests": 0, "num_failures": failures,
                    "total_response_time": 1.0, "min_response_time": 1.0, "max_response_time": 1.0, "total_content_length": 0,
                    "start_time": 1000.0, "last_request_timestamp": 1001.0, "response_times": {1: requests},
                    "num_reqs_per_sec": {}, "num_fail_per_sec": {}}

        fake_native.figures.update(entries=[entry("/users/None", 3, 0), entry("/ok", 9, 1), entry("/bad", 5, 5), entry("/rare", 2, 2),
                                            entry("/Nonesuch", 9, 0)])
        host.environment.stats.refresh(0)
        found = _host._lint.check_results(host.environment)
        self.assertEqual([text.split()[1].rstrip(":") for text in found], ["/users/None", "/bad"])


class Environments(Case):
    def test_refusals(self):
        from locust import User
        from locust.exception import RunnerAlreadyExistsError

        with self.assertRaisesRegex(ValueError, "no users with weight > 0"):
            self.environment(type("U", (User,), {"weight": 0}))
        with self.assertRaisesRegex(ValueError, "same class name"):
            self.environment(type("U", (User,), {}), type("U", (User,), {}))
        environment = env.Environment()
        environment.create_local_runner()
        with self.assertRaises(RunnerAlreadyExistsError):
            environment.create_master_runner()


if __name__ == "__main__":
    main()
