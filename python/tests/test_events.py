"""Event hooks, and requests that are reported by firing the event."""
from unittest import main

import fake_native
from support import Case

from locust import _host, _state
from locust.event import EVENTS, Events
from locust.exception import InterruptTaskSet, RescheduleTask, RescheduleTaskImmediately, StopTest, StopUser


class Hooks(Case):
    def test_order_and_reverse(self):
        events, seen = Events(), []

        @events.quitting.add_listener
        def first(environment, **kwargs):
            seen.append("first")

        def second(environment):
            seen.append("second")

        self.assertIs(events.quitting.add_listener(second), second)
        events.quitting.fire(environment=None)
        events.quitting.fire(environment=None, reverse=True)
        self.assertEqual(seen, ["first", "second", "second", "first"])
        events.quitting.remove_listener(first)
        events.quitting.fire(environment=None)
        self.assertEqual(seen[4:], ["second"])
        with self.assertRaises(ValueError):
            events.quitting.remove_listener(first)

    def test_failing_listener(self):
        events, seen = Events(), []
        events.init.add_listener(lambda **kw: 1 / 0)
        events.init.add_listener(lambda **kw: seen.append("still"))
        with self.assertLogs(level="ERROR") as caught:
            events.init.fire(environment=None)
        self.assertIn("Uncaught exception in event handler: \nTraceback", caught.output[0])
        self.assertEqual(seen, ["still"])
        self.assertTrue(_state.unhandled_exception)

    def test_listener_may_end_the_task(self):
        for error in (StopUser, StopTest, RescheduleTask, RescheduleTaskImmediately, InterruptTaskSet):
            events = Events()

            def listener(error=error, **kwargs):
                raise error()

            events.request.add_listener(listener)
            with self.assertRaises(error):
                events.request.fire(request_type="x", name="y", response_time=1, response_length=0)
        self.assertFalse(_state.unhandled_exception)

    def test_all_events_exist(self):
        events = Events()
        for name in EVENTS:
            getattr(events, name).fire()


class Reported(Case):
    def setUp(self):
        super().setUp()
        _state.count_request = _host.count_request

    def test_fire_by_hand(self):
        events = Events()
        table = [
            ({"request_type": "grpc", "name": "n", "response_time": 1.5, "response_length": 3}, ("grpc", "n", 1.5, 3, None)),
            ({"request_type": "x", "name": "n", "response_time": None, "response_length": 0, "exception": ValueError("v")},
             ("x", "n", None, 0, "ValueError('v')")),
            ({"request_type": "x", "name": "n", "response_time": 2, "response_length": None, "exception": "text"},
             ("x", "n", 2.0, 0, "text")),
            ({"request_type": "x", "name": "n", "response_time": 2, "exception": None, "more": 1}, ("x", "n", 2.0, 0, None)),
        ]
        for kwargs, expected in table:
            fake_native.forget()
            events.request.fire(**kwargs)
            self.assertEqual(fake_native.recorded, [expected])

    def test_addresses_are_masked(self):
        class Odd(Exception):
            def __repr__(self):
                return f"Odd({object()!r})"

        Events().request.fire(request_type="x", name="n", response_time=1, response_length=0, exception=Odd())
        self.assertEqual(fake_native.recorded[0][4], "Odd(<object object at 0x....>)")

    def test_measure(self):
        events = Events()
        with events.request.measure("db", "query", 5, {"a": 1}) as meta:
            meta["name"] = "renamed"
            meta["response_length"] = 6
        with events.request.measure("db", "bad"):
            raise KeyError("k")
        first, second = fake_native.recorded
        self.assertEqual((first[:2], first[3:]), (("db", "renamed"), (6, None)))
        self.assertTrue(0 <= first[2] < 1000)
        self.assertEqual(second[4], "KeyError('k')")


if __name__ == "__main__":
    main()
