"""Whole runs: controller, conductor, workers, locustfile."""
import os
import signal
import subprocess
import tempfile
import textwrap
import unittest

from support import HALFTIME, RunCase, at_once as load_tests  # noqa: F401 (unittest calls it)


class Runs(RunCase):
    ONE = """
        class One(HttpUser):
            wait_time = constant(0.01)
            @task
            def t(self):
                self.client.get("/")
    """

    def test_a_run(self):
        self.run_file(self.ONE, "-u", "5", "-r", "5", "-t", "2s")
        self.assertEqual(self.code, 0, self.out)
        self.assertGreater(self.requests(), 50)
        self.assertIn('All users spawned: {"One": 5} (5 total users)', self.out)

    def test_everything_happens_once_and_in_order(self):
        self.run_file(self.ONE + """
        for name in ("init", "test_start", "spawning_complete", "test_stopping", "test_stop", "quitting", "quit"):
            getattr(events, name).add_listener(lambda name=name, **kw: say(name))
        """, "-t", "1s")
        self.assertEqual(self.said, ["init", "test_start", "spawning_complete", "test_stopping", "test_stop", "quitting", "quit"], self.out)

    def test_statistics_in_the_listener(self):
        self.run_file(self.ONE + """
        @events.quitting.add_listener
        def _(environment, **kw):
            say(environment.stats.total.num_requests)
            environment.process_exit_code = 42
        """, "-u", "3", "-r", "3", "-t", "2s")
        self.assertEqual(self.code, 42, self.out)
        self.assertEqual(int(self.said[0]), self.requests())

    def test_the_same_over_several_processes(self):
        self.run_file(self.ONE + """
        @events.init.add_listener
        def _(environment, **kw):
            say("init", type(environment.runner).__name__)
        @events.quitting.add_listener
        def _(environment, **kw):
            if type(environment.runner).__name__ == "MasterRunner":
                say("total", environment.stats.total.num_requests)
        """, "--processes", "2", "-u", "6", "-r", "6", "-t", "2s")
        self.assertEqual(self.code, 0, self.out)
        self.assertEqual(sorted(self.said)[:3], ["init MasterRunner", "init WorkerRunner", "init WorkerRunner"])
        self.assertIn(f"total {self.requests()}", self.said)

    # A sanitizer ends the process in its own way.
    CRASHED = "exited with code 1" if "LD_PRELOAD" in os.environ else "was killed by signal 11"

    def test_a_worker_that_dies(self):
        for how, words in [("os._exit(7)", "exited with code 7"), ("os.kill(os.getpid(), signal.SIGKILL)", "was killed by signal 9"),
                           ("__import__('ctypes').string_at(0)", self.CRASHED)]:
            self.run_file(self.ONE + f"""
            @events.test_start.add_listener
            def _(environment, **kw):
                if getattr(environment.runner, "worker_index", 0) == 1:
                    gevent.spawn_later(1, lambda: {how})
            @events.spawning_complete.add_listener
            def _(user_count, **kw):
                say(user_count)
            """, "--processes", "2", "-u", "8", "-r", "8", "-t", "5s")
            self.assertEqual(self.code, 0, self.out)
            self.assertRegex(self.out, f"worker 1 {words}.*its users go on in the other workers")
            self.assertEqual(self.said[-1], "8")  # all of them again
            self.assertEqual(self.out.count('All users spawned: {"One": 8}'), 2)

    def test_the_only_process_dies(self):
        self.run_file(self.ONE + """
        @events.test_start.add_listener
        def _(**kw):
            gevent.spawn_later(1, os._exit, 9)
        """, "-t", "20s")
        self.assertNotEqual(self.code, 0)
        self.assertIn("exited with code 9", self.out)

    def test_a_greenlet_that_never_yields(self):
        self.run_file("""
        class Stuck(HttpUser):
            @task
            def count_forever(self):
                end = time.monotonic() + 5
                while time.monotonic() < end:
                    pass
        """, "-t", "4s")
        self.assertIn("a greenlet has not given way for 3 s", self.out)
        self.assertRegex(self.out, r'File ".*locustfile.py", line \d+ in count_forever')

    def test_a_process_held_until_the_end(self):
        self.run_file("""
        from gevent.monkey import get_original
        class Held(User):
            wait_time = constant(1)
            @task
            def t(self):
                get_original("time", "sleep")(5)
        """, "-t", "5s")
        self.assertEqual(self.code, 90, self.out)
        self.assertRegex(" ".join(self.out.split()), r"INVALID from second 0 to 5: .* stood still for up to [45]\d{3} ms")
        # Users that hold the process in their first task are there all the same.
        self.assertIn('All users spawned: {"Held": 1} (1 total users)', self.out)

    def test_other_ways_to_name_a_file(self):
        """From standard input, for one process and for several; in pytest's style; a file that starts itself."""
        text = "from locust import HttpUser, constant, task\n" + textwrap.dedent(self.ONE)
        for more in ([], ["--processes", "2"]):
            run = subprocess.run([HALFTIME, "locust", "-f", "-", "--headless", "-t", "1s", "--host", self.server.url, *more], input=text,
                                 capture_output=True, text=True, timeout=60, env={**os.environ, "HALFTIME_LEDGER": "off"})
            self.assertEqual(run.returncode, 0, run.stderr)
            self.assertIn('All users spawned: {"One": 1}', run.stderr)
        self.run_file("""
        def test_page(session):
            assert session.get("/").status_code == 200
            gevent.sleep(0.01)
        def test_fast(fastsession, session):
            fastsession.get("/status/201", name="fast")
            gevent.sleep(0.01)
        """, "-u", "2", "-r", "2", "-t", "1s")
        self.assertEqual(self.code, 0, self.out)
        self.assertIn('All users spawned: {"test_fast": 1, "test_page": 1}', self.out)
        self.assertRegex(self.out, r"GET +fast +[1-9]")
        self.run_file("def test_more(session, database):\n    pass", "-t", "1s")
        self.assertEqual(self.code, 1, self.out)
        self.assertRegex(self.out, r"locustfile.py:\d+: test_more wants the fixture 'database'")
        with tempfile.NamedTemporaryFile("w", suffix=".py") as file:
            file.write(text + f"""
if __name__ == "__main__":
    from locust import run_single_user
    from locust.exception import StopUser
    class Once(One):
        host = {self.server.url!r}
        @task
        def t(self):
            self.client.get("/")
            raise StopUser()
        tasks = [t]
    run_single_user(Once)
""")
            file.flush()
            kept = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
            run = subprocess.run([HALFTIME, "python", file.name], capture_output=True, text=True, timeout=60, env=kept)
            self.assertEqual(run.returncode, 0, run.stderr)
            self.assertRegex(run.stdout, r"GET\s+/ ")

    def test_intervals_of_a_locustfile(self):
        self.QUIET = []
        tables = []
        for seconds in (1, 3):
            self.run_file(self.ONE + f"""
        import locust.stats
        locust.stats.CONSOLE_STATS_INTERVAL_SEC = {seconds}
            """, "-t", "5s")
            tables.append(self.out.count("Type     Name"))
        # One at the beginning, two at the end.
        self.assertIn(tables[0], range(6, 10), self.out)
        self.assertIn(tables[1], range(4, 6), self.out)

    def test_stopping(self):
        stopping = """
        class Slow(HttpUser):
            def on_stop(self):
                say("on_stop", self.client.get("/").status_code)
            @task
            def t(self):
                self.client.get("/slow?2")
                say("task done")
        """
        self.run_file(stopping, "-t", "1s")
        self.assertEqual(self.said, ["on_stop 200"], self.out)
        self.run_file(stopping, "-t", "1s", "--stop-timeout", "10")
        self.assertEqual(self.said, ["task done", "on_stop 200"], self.out)
        self.run_file(stopping.replace("slow?2", "slow?9"), "-t", "1s", "--stop-timeout", "1")
        self.assertEqual(self.said, ["on_stop 200"], self.out)
        self.assertIn("Not all users finished their tasks & terminated in 1", self.out)

    def test_signals(self):
        for number in (signal.SIGINT, signal.SIGTERM):
            self.run_file(self.ONE + """
            events.test_stop.add_listener(lambda **kw: say("test_stop"))
            """, "-t", "60s", send=number)
            self.assertEqual((self.code, self.said), (0, ["test_stop"]), self.out)
            self.assertGreater(self.requests(), 10)

    def test_quitting_from_a_task(self):
        self.run_file("""
        class Q(User):
            @task
            def t(self):
                self.environment.process_exit_code = 5
                self.environment.runner.quit()
                gevent.sleep(60)
        """, "-u", "3", "-r", "3", "-t", "60s", timeout=30)
        self.assertEqual(self.code, 5, self.out)

    def test_a_shape(self):
        self.run_file(self.ONE + """
        class Shape(LoadTestShape):
            def tick(self):
                t = self.get_run_time()
                return None if t > 4 else (6, 10) if t < 2 else (2, 10)
        @events.spawning_complete.add_listener
        def _(user_count, **kw):
            say(user_count)
        """)
        self.assertEqual((self.code, self.said), (0, ["6", "2"]), self.out)

    def test_a_conductor_that_dies(self):
        self.run_file(self.ONE + """
        @events.test_start.add_listener
        def _(environment, **kw):
            if type(environment.runner).__name__ == "MasterRunner":
                gevent.spawn_later(1, os._exit, 3)
        """, "--processes", "2", "-t", "30s", timeout=60)
        self.assertNotEqual(self.code, 0, self.out)
        self.assertIn("the conductor (setup, teardown, summary) exited with code 3", self.out)

    def test_users_wished_before_the_load(self):
        self.run_file(self.ONE + """
        @events.test_start.add_listener
        def _(environment, **kw):
            environment.runner.start(3, 10)
        @events.spawning_complete.add_listener
        def _(user_count, **kw):
            say(user_count)
        """, "-u", "1", "-t", "2s")
        self.assertEqual(self.said, ["3"], self.out)

    def test_users_who_leave_stay_away(self):
        self.run_file("""
        from locust.exception import StopUser
        class Leaver(User):
            @task
            def t(self):
                raise StopUser()
        @events.test_stopping.add_listener
        def _(environment, **kw):
            say(environment.runner.user_count)
        """, "-u", "4", "-r", "4", "-t", "2s")
        self.assertEqual(self.said, ["0"], self.out)

    def test_messages_between_processes(self):
        self.run_file(self.ONE + """
        @events.init.add_listener
        def _(environment, runner, **kw):
            name = type(runner).__name__
            runner.register_message("down", lambda environment, msg: (say("down", msg.data["n"]), environment.runner.send_message("up", {"n": 2})))
            runner.register_message("up", lambda environment, msg: say("up", msg.data["n"]))
        @events.test_start.add_listener
        def _(environment, **kw):
            if type(environment.runner).__name__ == "MasterRunner":
                environment.runner.send_message("down", {"n": 1})
        """, "--processes", "2", "-t", "2s")
        self.assertEqual(sorted(self.said), ["down 1", "down 1", "up 2", "up 2"], self.out)

    def test_exceptions_and_failures(self):
        self.run_file("""
        class Bad(HttpUser):
            wait_time = constant(0.1)
            @task
            def t(self):
                self.client.get("/status/404")
                raise ValueError("on purpose")
        @events.quitting.add_listener
        def _(environment, **kw):
            error, = environment.stats.errors.values()
            exception, = environment.runner.exceptions.values()
            say(error.occurrences == environment.stats.total.num_failures, exception["msg"], exception["count"] > 3)
        """, "-t", "2s")
        self.assertEqual((self.code, self.said), (1, ["True on purpose True"]), self.out)
        self.assertIn("404 Client Error", self.out)


if __name__ == "__main__":
    unittest.main()
