"""Task lists, tags and the loop of a user."""
import random
from unittest import main

from support import Case, fake_native, live
from locust import (
    MarkovTaskSet,
    SequentialTaskSet,
    TaskSet,
    User,
    between,
    constant,
    tag,
    task,
    transition,
    transitions,
)
from locust.exception import (
    InterruptTaskSet,
    RescheduleTask,
    RescheduleTaskImmediately,
    StopTest,
    StopUser,
)
from locust.user.markov_taskset import (
    InvalidTransitionError,
    MarkovTaskTagError,
    NoMarkovTasksError,
    NonMarkovTaskTransitionError,
)
from locust.user.task import filter_tasks_by_tags


def names(cls):
    return [getattr(t, "__name__", t) for t in cls.tasks]


def one(_):
    pass


def two(_):
    pass


class TaskLists(Case):
    def test_ways_to_write_them(self):
        class Decorated(User):
            @task
            def a(self):
                pass

            @task(3)
            def b(self):
                pass

            @task(0)
            def never(self):
                pass

        class Sub(Decorated):
            tasks = [one]

            @task(2)
            def c(self):
                pass

        class Again(Decorated):
            @task
            def a(self):
                pass

        class Undecorated(Decorated):
            def a(self):
                pass

        class Nested(User):
            @task(2)
            class Inner(TaskSet):
                @task
                def x(self):
                    pass

            @task
            def y(self):
                pass

        table = [
            (Decorated, ["a", "b", "b", "b"]),
            (Sub, ["a", "b", "b", "b", "one", "c", "c"]),
            (Again, ["a", "b", "b", "b", "a"]),
            (Undecorated, ["a", "b", "b", "b"]),
            (Nested, ["Inner", "Inner", "y"]),
            (type("L", (User,), {"tasks": [one, (two, 2)]}), ["one", "two", "two"]),
            (type("D", (TaskSet,), {"tasks": {one: 2, two: 1}}), ["one", "one", "two"]),
            (type("N", (User,), {}), []),
        ]
        for cls, expected in table:
            with self.subTest(cls.__name__):
                self.assertEqual(names(cls), expected)
        self.assertIsNot(Again.tasks[0], Again.tasks[-1])
        self.assertIs(Undecorated.tasks[0], Decorated.a)

    def test_sequential_order(self):
        class Base(SequentialTaskSet):
            @task
            def first(self):
                pass

        class Seq(Base):
            @task
            def a(self):
                pass

            tasks = {one: 2}

            @task(2)
            def b(self):
                pass

        self.assertEqual(names(Seq), ["first", "a", "one", "one", "b", "b"])
        user = User(self.environment())
        taskset = Seq(user)
        self.assertEqual([taskset.get_next_task().__name__ for _ in range(8)],
                         ["first", "a", "one", "one", "b", "b", "first", "a"])

    def test_wrong_decorations(self):
        with self.assertRaises(ValueError):
            tag()
        with self.assertRaises(ValueError):
            tag(one)
        with self.assertRaises(TypeError):
            task("often")
        with self.assertRaisesRegex(Exception, "must not override it"):
            @task
            def run(self):
                pass
        with self.assertLogs("locust.user.task", "WARNING"):
            @task
            def on_start(self):
                pass

    def test_abstract_is_not_inherited(self):
        class Base(User):
            abstract = True

        class Real(Base):
            pass

        self.assertTrue(Base.abstract)
        self.assertFalse(Real.abstract)

    def test_selection_is_random_choice(self):
        cls = type("U", (User,), {"tasks": {one: 3, two: 1}})
        user = cls(self.environment(cls))
        from locust.user.task import DefaultTaskSet

        taskset = DefaultTaskSet(user)
        random.seed(7)
        picked = [taskset.get_next_task() for _ in range(20)]
        random.seed(7)
        self.assertEqual(picked, [random.choice(cls.tasks) for _ in range(20)])


class Tags(Case):
    def classes(self):
        class U(User):
            @tag("a")
            @task
            def only_a(self):
                pass

            @tag("a", "b")
            @task(2)
            def both(self):
                pass

            @task
            def untagged(self):
                pass

            @task
            class Inner(TaskSet):
                @tag("c")
                @task
                def in_c(self):
                    pass

                @task
                def in_none(self):
                    pass

        return U

    def test_table(self):
        table = [
            (None, None, ["only_a", "both", "both", "untagged", "Inner"], ["in_c", "in_none"]),
            ({"a"}, None, ["only_a", "both", "both"], []),
            ({"b"}, None, ["both", "both"], []),
            ({"c"}, None, ["Inner"], ["in_c"]),
            (None, {"b"}, ["only_a", "untagged", "Inner"], ["in_c", "in_none"]),
            ({"a"}, {"b"}, ["only_a"], []),
            (None, {"c"}, ["only_a", "both", "both", "untagged", "Inner"], ["in_none"]),
            ({"zzz"}, None, [], []),
        ]
        for tags, exclude, outer, inner in table:
            with self.subTest(tags=tags, exclude=exclude):
                cls = self.classes()
                nested = cls.tasks[-1]
                filter_tasks_by_tags(cls, tags, exclude)
                self.assertEqual(names(cls), outer)
                if inner:
                    self.assertEqual(names(nested), inner)

    def test_environment_filters_once_and_warns(self):
        cls = self.classes()
        environment = self.environment(cls, tags=["zzz"])
        with self.assertLogs(level="WARNING") as caught:
            environment.filter_tasks()
            environment.filter_tasks()
        self.assertEqual(sum("U had no tasks left" in line for line in caught.output), 1)

    def test_class_is_tagged_inside(self):
        @tag("x")
        class T(TaskSet):
            @task
            def t(self):
                pass

            @task
            class Deep(TaskSet):
                @tag("y")
                @task
                def d(self):
                    pass

        self.assertEqual(T.tasks[0].locust_tag_set, {"x"})
        self.assertEqual(T.tasks[1].tasks[0].locust_tag_set, {"x", "y"})


class Markov(Case):
    def test_walk(self):
        class M(MarkovTaskSet):
            @transition("b")
            def a(self):
                pass

            @transitions({"c": 3, "a": 1})
            def b(self):
                pass

            @transitions(["a", ("b", 2)])
            def c(self):
                pass

        taskset = M(User(self.environment()))
        walk = [taskset.get_next_task().__name__ for _ in range(200)]
        self.assertEqual(walk[:2], ["a", "b"])
        follows = {(x, y) for x, y in zip(walk, walk[1:])}
        self.assertEqual(follows, {("a", "b"), ("b", "c"), ("b", "a"), ("c", "a"), ("c", "b")})

    def test_refusals(self):
        def plain(self):
            pass

        def to(name, mark=None):
            def func(self):
                pass

            func = transition(name)(func)
            return tag(mark)(func) if mark else func

        table = [
            (NoMarkovTasksError, {}),
            (InvalidTransitionError, {"a": to("nowhere")}),
            (NonMarkovTaskTransitionError, {"a": to("plain"), "plain": plain}),
            (MarkovTaskTagError, {"a": to("a", "t")}),
        ]
        for error, members in table:
            with self.subTest(error.__name__), self.assertRaises(error):
                type("M", (MarkovTaskSet,), dict(members))

    def test_unreachable(self):
        def to(name, target):
            def func(self):
                pass

            func.__name__ = name
            return transition(target)(func)

        with self.assertLogs(level="WARNING") as caught:
            type("M", (MarkovTaskSet,), {"a": to("a", "a"), "b": to("b", "a")})
        self.assertIn("unreachable", caught.output[0])


class Loop(Case):
    """What becomes of exceptions. Each user writes what happens to it into ``seen``."""

    def user(self, error=None, on=2, **members):
        seen = self.seen = []

        class U(User):
            wait_time = constant(1)

            def on_start(self):
                seen.append("start")

            def on_stop(self):
                seen.append("stop")

            @task
            def t(self):
                seen.append("t")
                if error is not None and seen.count("t") == on:
                    raise error

        for name, value in members.items():
            setattr(U, name, value)
        self.errors = []
        environment = self.environment(U)
        environment.events.user_error.add_listener(lambda **kw: self.errors.append((kw["user_instance"], kw["exception"])))
        return U(environment)

    def test_exceptions_in_a_task(self):
        table = [
            # error, turns, what was seen, waits, user errors
            (None, 3, ["start", "t", "t", "t", "stop"], 3, 0),
            (RescheduleTask(), 3, ["start", "t", "t", "t", "stop"], 3, 0),
            (RescheduleTaskImmediately(), 4, ["start", "t", "t", "t", "t", "stop"], 3, 0),
            (StopUser(), 9, ["start", "t", "t", "stop"], 1, 0),
            (StopTest("x"), 9, ["start", "t", "t", "stop"], 1, 0),
            (ValueError("v"), 3, ["start", "t", "t", "t", "stop"], 3, 1),
        ]
        for error, turns, seen, waits, errors in table:
            with self.subTest(repr(error)):
                user = self.user(error)
                import logging

                logging.disable(logging.ERROR)
                try:
                    slept = live(user, turns)
                finally:
                    logging.disable(logging.NOTSET)
                self.assertEqual(self.seen, seen)
                self.assertEqual(sum(seconds > 0 for seconds in slept), waits)
                self.assertEqual(len(self.errors), errors)

    def test_interrupt_in_a_users_own_task_kills_it(self):
        user = self.user(InterruptTaskSet())
        with self.assertRaises(RescheduleTaskImmediately):
            live(user, 5)
        self.assertEqual(self.seen, ["start", "t", "t"])

    def test_error_is_logged_and_told(self):
        user = self.user(ValueError("told"))
        with self.assertLogs("locust.user.task", "ERROR") as caught:
            live(user, 2)
        self.assertIn("told\nTraceback", caught.output[0])
        self.assertEqual(str(self.errors[0][1]), "told")

    def test_exceptions_may_be_let_through(self):
        user = self.user(ValueError("through"))
        user.environment.catch_exceptions = False
        with self.assertRaisesRegex(ValueError, "through"):
            live(user, 3)

    def test_stop_test_in_on_start(self):
        def on_start(self):
            raise StopTest("enough")

        user = self.user(on_start=on_start)
        with self.assertLogs("locust.user.users", "ERROR"):
            live(user, 3)
        self.assertEqual((self.seen, self.errors), (["stop"], []))

    def test_error_in_on_start_ends_the_user(self):
        def on_start(self):
            raise ValueError("at the start")

        user = self.user(on_start=on_start)
        with self.assertLogs("locust.user.users", "ERROR"):
            live(user, 3)
        self.assertEqual(self.seen, [])
        self.assertIs(self.errors[0][0], user)

    def test_stop_user_in_on_start_runs_on_stop(self):
        def on_start(self):
            raise StopUser()

        user = self.user(on_start=on_start)
        live(user, 3)
        self.assertEqual(self.seen, ["stop"])

    def test_error_in_wait_time_ends_the_user_at_the_second(self):
        def wait_time(self):
            raise ValueError("no wait")

        user = self.user(wait_time=wait_time)
        with self.assertLogs("locust.user.task", "ERROR"), self.assertRaisesRegex(ValueError, "no wait"):
            live(user, 3)
        self.assertEqual(self.seen, ["start", "t"])
        self.assertEqual(len(self.errors), 1)

    def test_no_tasks(self):
        class Empty(User):
            wait_time = constant(1)

        class Mistaken(User):
            wait_time = constant(1)
            task = 1

        for cls, words in ((Empty, "No tasks defined on Empty. Use"), (Mistaken, "maybe you meant to set 'tasks'")):
            environment = self.environment(cls)
            seen = []
            environment.events.user_error.add_listener(lambda exception, seen=seen, **kw: seen.append(str(exception)))
            with self.assertLogs("locust.user.task", "ERROR"):
                live(cls(environment), 2)
            self.assertIn(words, seen[0])

    def test_stopping_user_finishes_its_task(self):
        user = self.user()

        def finish(self):
            seen = user.seen_here
            seen.append("begin")
            self.stop()
            seen.append("end")

        user.seen_here = []
        user.tasks = [finish]
        live(user, 5)
        self.assertEqual(user.seen_here, ["begin", "end"])
        self.assertEqual(self.seen, ["start", "stop"])
        self.assertEqual(fake_native.slept, [])


class Nested(Case):
    def run_taskset(self, taskset, turns=3, wait=constant(1)):
        cls = type("U", (User,), {"tasks": [taskset], "wait_time": wait, "seen": []})
        user = cls(self.environment(cls))
        live(user, turns)
        return user

    def test_life_of_a_taskset(self):
        class T(TaskSet):
            def on_start(self):
                self.user.seen.append(("start", self.parent is self.user))

            def on_stop(self):
                self.user.seen.append("stop")

            @task
            def t(self):
                self.user.seen.append("t")
                if self.user.seen.count("t") == 2:
                    self.interrupt()

        user = self.run_taskset(T)
        self.assertEqual(user.seen, [("start", True), "t", "t", "stop", ("start", True), "t", "stop"])
        self.assertEqual(fake_native.slept, [1, 0, 1])

    def test_interrupt_waits_or_not(self):
        for reschedule, waits in ((True, 0), (False, 1)):
            count = []

            class T(TaskSet):
                @task
                def t(self):
                    count.append(1)
                    if len(count) == 3:
                        raise StopUser()
                    self.interrupt(reschedule=reschedule)

            cls = type("U", (User,), {"tasks": [T], "wait_time": constant(1)})
            live(cls(self.environment(cls)), 9)
            self.assertEqual(fake_native.slept, [waits] * 2)

    def test_interrupt_in_on_start_skips_on_stop(self):
        seen = []

        class T(TaskSet):
            def on_start(self):
                seen.append("start")
                if len(seen) == 3:
                    raise StopUser()
                self.interrupt()

            def on_stop(self):
                seen.append("stop")

            @task
            def t(self):
                pass

        self.run_taskset(T)
        self.assertEqual(seen, ["start"] * 3)

    def test_stop_leaves_from_the_inside(self):
        seen = []

        class Outer(TaskSet):
            def on_stop(self):
                seen.append("outer")

            @task
            class Inner(TaskSet):
                def on_start(self):
                    seen.append((type(self.parent).__name__, type(self.user).__name__))

                def on_stop(self):
                    seen.append("inner")
                    raise ValueError("only logged")

                @task
                def t(self):
                    raise StopUser()

        with self.assertLogs("locust.user.task", "ERROR"):
            self.run_taskset(Outer)
        self.assertEqual(seen, [("Outer", "U"), "inner", "outer"])

    def test_waits_after_an_error_leave_in_order_too(self):
        seen = []

        class T(TaskSet):
            def on_stop(self):
                seen.append("stop")

            @task
            def t(self):
                raise ValueError("before the wait")

        with self.assertLogs("locust.user.task", "ERROR"):
            self.run_taskset(T, turns=1)
        self.assertEqual(seen, ["stop"])

    def test_functions_get_the_taskset(self):
        seen = []

        def func(holder):
            seen.append(type(holder).__name__)

        class T(TaskSet):
            tasks = [func]

            def on_start(self):
                self.schedule_task(self.bound)
                self.schedule_task(func, first=True)

            def bound(self):
                seen.append("bound")

        self.run_taskset(T, turns=3)
        self.assertEqual(seen, ["T", "bound", "T"])
        cls = type("U", (User,), {"tasks": [func], "wait_time": constant(1)})
        live(cls(self.environment(cls)), 1)
        self.assertEqual(seen[-1], "U")

    def test_own_wait_time(self):
        class T(TaskSet):
            wait_time = between(5, 5)

            @task
            def t(self):
                pass

        self.run_taskset(T, turns=2, wait=constant(1))
        self.assertEqual(fake_native.slept, [5, 5])


if __name__ == "__main__":
    main()
