"""--rate: tasks arrive by the clock, for users that are kept ready."""
import re
import unittest

from support import RunCase, at_once as load_tests  # noqa: F401 (unittest calls it)

PAIR = """
class Quick(HttpUser):
    weight = 3
    wait_time = constant(60)
    def on_start(self):
        self.client.get("/", name="start")
    @task
    def quick(self):
        self.client.get("/", name="quick")
class Slow(HttpUser):
    wait_time = constant(60)
    @task
    def slow(self):
        self.client.get("/slow?0.5", name="slow")
"""
# What is left of it when users are stopped in the last half second, and a busy machine begins a bit late.
SHARE_MIN = 0.5


class OpenModel(RunCase):
    def figure(self, pattern):
        found = re.search(pattern, " ".join(self.out.split()))
        self.assertTrue(found, f"{pattern} is not in: {self.out}")
        return int(found.group(1).replace(",", ""))

    def count(self, name):
        return self.figure(rf"GET {name} (\d+)")

    def check_rate(self, *args):
        """40 per second for 3 s, 30 of them for Quick: a closed model would wait for a minute."""
        self.run_file(PAIR, "--rate", "40/s", "-t", "3s", *args)
        self.assertEqual(self.code, 0, self.out)
        for name, planned in (("quick", 90), ("slow", 30)):
            self.assertLessEqual(self.count(name), planned + 1)
            self.assertGreater(self.count(name), planned * SHARE_MIN)
        self.assertIn("none was dropped", " ".join(self.out.split()))
        self.assertIn("their wait_time is not used", self.out)
        self.assertNotIn("has no wait_time", self.out)

    def test_the_rate_is_kept(self):
        self.check_rate()
        self.assertEqual(self.count("start"), 30)  # as many users as tasks in a second, three of four are Quick

    def test_the_rate_is_one_over_all_processes(self):
        self.check_rate("-u", "80", "--processes", "2")

    def test_who_finds_nobody_free_is_dropped(self):
        self.run_file(PAIR, "--rate", "40/s", "-u", "4", "-t", "3s", "--threshold", "dropped_iterations: count<5",
                      "--threshold", "http_reqs: count>1")
        self.assertEqual(self.code, 99, self.out)
        # One Slow user, who is busy for half a second with each: of 10 a second 2 are begun.
        self.assertGreater(self.figure(r"; (\d+) found no free user and were dropped"), 15)
        self.assertLessEqual(self.count("slow"), 7)
        self.assertRegex(self.out, r"CROSSED +dropped_iterations: count<5")
        self.assertRegex(self.out, r"met +http_reqs: count>1")

    def test_time_counts_from_when_a_task_was_due(self):
        # The process is held for half a second: tasks that were due meanwhile begin late, and that is in their times.
        self.run_file("""
        from gevent.monkey import get_original
        class One(User):
            @task
            def t(self):
                if not hasattr(One, "held"):
                    One.held = True
                    get_original("time", "sleep")(0.5)
        """, "--rate", "20/s", "-u", "20", "-t", "2s", "--threshold", "halftime_iteration_lateness: max>300",
                      "--threshold", "halftime_iteration_response: p(90)>100", "--threshold", "iteration_duration: p(90)<100",
                      "--threshold", "iterations: count>30")
        self.assertEqual(self.code, 0, self.out)

    def test_one_task_is_one_arrival(self):
        self.run_file("""
        from locust import SequentialTaskSet
        from locust.exception import RescheduleTask, RescheduleTaskImmediately
        done = []
        class Steps(SequentialTaskSet):
            def on_start(self):
                done.append("enter")
            @task
            def first(self):
                done.append("first")
                raise RescheduleTask()
            @task
            def second(self):
                done.append("second")
                raise RescheduleTaskImmediately()
            @task
            def third(self):
                done.append("third")
                raise ValueError("on purpose")
            @task
            def leave(self):
                done.append("leave")
                self.interrupt()
        class One(User):
            tasks = [Steps]
        events.test_stop.add_listener(lambda **kw: say(" ".join(done)))
        """, "--rate", "10/s", "-u", "1", "-t", "2s", "--threshold", "iterations: count<=20", "--threshold", "iterations: count>=15")
        self.assertEqual(self.code, 1, self.out)  # of the exceptions; a crossed threshold were 99
        words = self.said[0].split()
        self.assertEqual(words[:6], ["enter", "first", "second", "third", "leave", "enter"])
        self.assertLessEqual(len([w for w in words if w != "enter"]), 20)

    def test_bad_rates(self):
        for rate in ("fast", "0", "nan", "3/d", "2000000/s", ""):
            self.run_file(PAIR, "--rate", rate, "-t", "1s")
            self.assertEqual(self.code, 2, (rate, self.out))
            self.assertIn("argument --rate:", self.out)


if __name__ == "__main__":
    unittest.main()
