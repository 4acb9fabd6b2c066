"""What people get wrong: what the program says of it, and its exit code (Locust's)."""
import unittest

from support import RunCase, at_once as load_tests  # noqa: F401 (unittest calls it)


class BadInput(RunCase):
    def check(self, text, args, code, *patterns):
        self.run_file(text, "-u", "2", "-r", "2", "-t", "2s", *args, timeout=40)
        self.assertEqual(self.code, code, self.out)
        for pattern in patterns:
            self.assertRegex(self.out, pattern)

    def test_nothing_to_run(self):
        self.check("x = 1", (), 1, "No User class found!")
        self.check("""
        class A(User):
            weight = 0
            @task
            def t(self): pass
        """, (), 1, r"There are no users with weight > 0\.")
        self.check("""
        class A(User):
            @task
            def t(self): pass
        """, ("Other",), 1, r"Unknown User\(s\): Other")

    def test_files_that_cannot_be_read(self):
        self.check("class A(User)\n    pass", (), 1, r'File ".*locustfile.py", line \d+', "SyntaxError")
        self.check("import surely_not_there", (), 1, r'File ".*locustfile.py", line 8, in <module>', "No module named 'surely_not_there'")
        self.check("1 / 0", (), 1, r'File ".*locustfile.py", line 8, in <module>', "ZeroDivisionError")

    def test_exceptions(self):
        hook = """
        class A(User):
            wait_time = constant(0.2)
            def on_start(self):
                {on_start}
            @task
            def t(self):
                {task}
        """
        self.check(hook.format(on_start="raise ValueError('at the start')", task="pass"), (), 1, "at the start",
                   r'File ".*locustfile.py", line 12, in on_start')
        self.check(hook.format(on_start="pass", task="raise ValueError('in a task')"), (), 1, "in a task",
                   r'File ".*locustfile.py", line 15, in t')
        for event, words in (("test_start", "in test_start"), ("request", "in request"), ("quitting", "in quitting")):
            self.check(f"""
        @events.{event}.add_listener
        def _(**kw):
            raise ValueError("{words}")
        class A(HttpUser):
            wait_time = constant(0.2)
            @task
            def t(self):
                self.client.get("/")
            """, (), 2, "Uncaught exception in event handler", words, r'File ".*locustfile.py", line 11, in _')

    def test_waits_that_are_none(self):
        for wait, kind in (('"soon"', "TypeError"), ("None", "TypeError")):
            self.check(f"""
        class A(User):
            def wait_time(self):
                return {wait}
            @task
            def t(self): pass
            """, (), 1, kind, "locustfile.py|must be real number")

    def test_a_host_without_scheme(self):
        self.check("""
        class A(HttpUser):
            wait_time = constant(0.2)
            @task
            def t(self):
                self.client.get("/")
        """, ("--host", "example.com"), 1, r"Invalid URL 'example\.com/': No scheme supplied|MissingSchema", r'File ".*locustfile.py", line \d+, in t')

    def test_tags_that_match_nothing(self):
        self.check("""
        class A(User):
            wait_time = constant(0.2)
            @task
            def t(self): pass
        """, ("--tags", "nothing"), 1, "A had no tasks left after filtering", "No tasks defined on A")

    def test_hints(self):
        self.check("""
        import requests
        shared = requests.Session()
        class A(HttpUser):
            @task
            def t(self):
                self.client.get("/status/404?" + "x" * 3, name="/status")
                self.client.get("/users/None")
                gevent.sleep(0.1)
        """, (), 1, "A has no wait_time", 'GET /users/None: "None" in a URL', r"GET /status never succeeded \(\d+ requests\)",
                   "shared is one Session for all users: they share its cookies")
        self.check("""
        from locust import HttpLocust, TaskSet
        class T(TaskSet):
            @task
            def t(self):
                self.client.get("/")
        class A(HttpLocust):
            task_set = T
            min_wait = max_wait = 100
        """, (), 0, "HttpLocust → HttpUser", "min_wait/max_wait → wait_time")


if __name__ == "__main__":
    unittest.main()
