"""Files written before 1.0."""
from unittest import main

import fake_native
from support import Case, live

import locust
from locust import HttpLocust, HttpUser, Locust, TaskSequence, TaskSet, _old_api, _state, seq_task, task
from locust.env import Environment
from locust.event import Events
from locust.exception import StopLocust, StopUser


class Users(Case):
    def make(self, base=HttpLocust, **members):
        cls = type("Old", (base,), {"host": "http://h", **members})
        environment = self.environment(cls)
        return cls(environment)

    def test_task_set_and_milliseconds(self):
        seen = []

        class Tasks(TaskSet):
            def on_start(self):
                seen.append(self.locust is self.user)

            @task
            def t(self):
                self.client.get("/a")
                self.user = "files had their own meaning of self.user"

        user = self.make(task_set=Tasks, min_wait=2000, max_wait=2000)
        self.assertEqual(live(user, 2), [2, 2])
        self.assertEqual(seen, [True])
        self.assertEqual([row[1] for row in fake_native.recorded], ["/a", "/a"])

    def test_waits(self):
        class Plain(TaskSet):
            @task
            def t(self):
                pass

        class Own(Plain):
            min_wait = max_wait = 250

        class Function(Plain):
            def wait_function(self):
                return 1500

        table = [
            (Plain, {}, 1), (Plain, {"min_wait": 500, "max_wait": 500}, 0.5), (Own, {"min_wait": 9, "max_wait": 9}, 0.25),
            (Function, {}, 1.5), (Plain, {"wait_function": lambda self: 3000}, 3),
            (Plain, {"wait_time": lambda self: 4}, 4),
        ]
        for taskset, members, expected in table:
            with self.subTest(taskset=taskset.__name__, members=str(members)):
                self.assertEqual(live(self.make(task_set=taskset, **members), 1), [expected])

    def test_constructor_without_environment(self):
        class Old(Locust):
            def __init__(self):
                super().__init__()
                self.mine = 1

        environment = self.environment(Old)
        user = Old(environment)
        self.assertIs(user.environment, environment)
        self.assertEqual(user.mine, 1)

    def test_sequence(self):
        class S(TaskSequence):
            @seq_task(3)
            def c(self):
                pass

            @seq_task(1)
            @task(2)
            def a(self):
                pass

            @seq_task(2)
            def b(self):
                pass

        self.assertEqual([t.__name__ for t in S.tasks], ["a", "a", "b", "c"])

    def test_setup_and_teardown_run_once(self):
        seen = []

        class Tasks(TaskSet):
            def setup(self):
                seen.append("taskset")

            @task
            def t(self):
                pass

        class Old(Locust):
            tasks = [Tasks]

            def setup(self):
                seen.append("setup")

            def teardown(self):
                seen.append("teardown")

        environment = self.environment(Old)
        Old(environment), Old(environment)
        environment.events.test_stop.fire(environment=environment)
        self.assertEqual(seen, ["setup", "taskset", "teardown"])

    def test_old_names_of_modules(self):
        import locust.runners
        import locust.stats
        from locust.contrib.fasthttp import FastHttpLocust
        from locust.core import HttpLocust as core_locust

        environment = self.environment()
        environment.create_local_runner()
        self.assertIs(core_locust, HttpLocust)
        self.assertTrue(FastHttpLocust.abstract)
        self.assertIs(StopLocust, StopUser)
        self.assertIs(locust.stats.global_stats, environment.stats)
        self.assertIs(locust.runners.locust_runner, environment.runner)

    def test_new_classes_keep_todays_rules(self):
        class New(HttpUser):
            host = "http://h"
            min_wait = 1000
            max_wait = 2000

            @task
            def t(self):
                pass

        self.assertEqual(live(New(self.environment(New)), 1), [0])


class Hints(Case):
    def test_one_line(self):
        self.assertIsNone(_old_api.hint())

        class Tasks(TaskSet):
            pass

        class Old(HttpLocust):
            task_set = Tasks
            min_wait = 1000

        Events().request_success.add_listener(print)
        hint = _old_api.hint()
        for words in ("HttpLocust → HttpUser", "task_set → tasks", "min_wait/max_wait → wait_time", "events.request_success"):
            self.assertIn(words, hint)
        self.assertNotIn("\n", hint)


class OldEvents(Case):
    def test_success_and_failure(self):
        events, seen = Events(), []

        def on_success(request_type, name, response_time, response_length):
            seen.append(("ok", request_type, name, response_time, response_length))

        def on_failure(request_type, name, response_time, exception, **kwargs):
            seen.append(("bad", name, str(exception), sorted(kwargs)))

        events.request_success += on_success
        events.request_failure.add_listener(on_failure)
        counted = []
        _state.count_request = counted.append
        events.request.fire(request_type="GET", name="/a", response_time=1, response_length=2, exception=None, context={})
        events.request_failure.fire(request_type="X", name="/b", response_time=3, exception=ValueError("v"))
        events.request_success.fire(request_type="X", name="/c", response_time=3, response_length=4)
        self.assertEqual(seen, [("ok", "GET", "/a", 1, 2), ("bad", "/b", "v", ["response_length"]), ("ok", "X", "/c", 3, 4)])
        self.assertEqual(len(counted), 3)
        events.request_success -= on_success
        events.request_success.fire(request_type="X", name="/d", response_time=3, response_length=4)
        self.assertEqual(len(seen), 3)

    def test_renamed(self):
        events, seen = Events(), []
        events.hatch_complete += lambda user_count: seen.append(("hatched", user_count))
        events.quitting += lambda: seen.append("quitting")
        events.locust_error += lambda locust_instance, exception, tb: seen.append((locust_instance, exception))
        events.master_start_hatching += lambda: seen.append("start")
        events.slave_report += lambda client_id, data: seen.append(client_id)
        events.spawning_complete.fire(user_count=3)
        events.quitting.fire(environment=None, reverse=True)
        events.user_error.fire(user_instance="u", exception="e", tb=None)
        events.test_start.fire(environment=None)
        events.worker_report.fire(client_id="w", data={})
        self.assertEqual(seen, [("hatched", 3), "quitting", ("u", "e"), "start", "w"])
        with self.assertRaises(AttributeError):
            events.nonsense


class Environments(Case):
    def test_options_of_the_command_line_reach_old_users(self):
        class Old(HttpLocust):
            host = "http://own"

        environment = Environment(user_classes=[Old], events=Events(), host="http://given")
        environment.apply_host()
        self.assertEqual(Old(environment).client.base_url, "http://given")
        self.assertIn("HttpLocust", locust.__all__)


if __name__ == "__main__":
    main()
