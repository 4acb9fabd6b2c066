"""Waiting times, on a clock that is set by hand."""
from unittest import main, mock

from support import Case
from locust import User, between, constant, constant_pacing, constant_throughput, poisson
from locust.user import wait_time


class Waits(Case):
    def user(self, wait):
        cls = type("U", (User,), {"wait_time": wait})
        return cls(self.environment(cls))

    def test_simple_ones(self):
        self.assertEqual(self.user(constant(3)).wait_time(), 3)
        self.assertEqual(self.user(lambda self: 4).wait_time(), 4)
        user = self.user(between(2, 5))
        waits = [user.wait_time() for _ in range(500)]
        self.assertTrue(all(2 <= w <= 5 for w in waits))
        self.assertLess(min(waits), 2.2)
        self.assertGreater(max(waits), 4.8)
        user = self.user(poisson(4))
        self.assertAlmostEqual(sum(user.wait_time() for _ in range(4000)) / 4000, 0.25, delta=0.03)

    def test_pacing(self):
        # When a task ended, and what is waited then; each wait passes as it was asked for.
        table = [
            (constant_pacing(1.0), [(0.2, 0.8), (1.3, 0.7), (2.5, 0.5), (6.0, 0), (6.4, 0.6), (7.1, 0.9)]),
            (constant_throughput(2), [(0.1, 0.4), (0.6, 0.4), (2.0, 0), (2.0, 0.5)]),
        ]
        for wait, steps in table:
            with mock.patch.object(wait_time, "now", lambda: self.time), mock.patch("locust.user.users.now",
                                                                                    lambda: self.time):
                self.time = 0.0
                user = self.user(wait)
                for ended, expected in steps:
                    self.time = ended
                    self.assertAlmostEqual(user.wait_time(), expected)

    def test_pacing_is_per_user(self):
        with mock.patch.object(wait_time, "now", lambda: 0.0), mock.patch("locust.user.users.now", lambda: 0.0):
            cls = type("U", (User,), {"wait_time": constant_pacing(1)})
            environment = self.environment(cls)
            one, other = cls(environment), cls(environment)
            self.assertEqual([one.wait_time(), one.wait_time(), other.wait_time()], [1, 2, 1])


if __name__ == "__main__":
    main()
