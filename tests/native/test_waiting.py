"""Greenlets that wait: many at once, switched at odd moments, killed; nothing may be left behind."""
import gevent.monkey

gevent.monkey.patch_all()

import gc  # noqa: E402
import random  # noqa: E402
import sys  # noqa: E402
import time  # noqa: E402
import unittest  # noqa: E402
import weakref  # noqa: E402

import gevent  # noqa: E402
import greenlet  # noqa: E402
from gevent.event import AsyncResult  # noqa: E402
from gevent.pool import Pool  # noqa: E402
from halftime import _native as n  # noqa: E402
from support import Case  # noqa: E402

SWITCHES = 100_000


class Mine(n.Response):
    pass


class Waiting(Case):
    def session(self):
        return n.Session(self.server.url, n.STYLE_REQUESTS, Mine)

    def test_sleep_keeps_time_and_order(self):
        done = []

        def sleeper(ms):
            n.sleep(ms / 1000)
            done.append(ms)

        start = time.monotonic()
        gevent.joinall([gevent.spawn(sleeper, ms) for ms in (30, 10, 20, 0)])
        self.assertEqual(done, [0, 10, 20, 30])
        self.assertGreaterEqual(time.monotonic() - start, 0.03)

    def test_a_hundred_thousand_switches(self):
        """Under a gevent.Timeout each, and with references counted: nothing grows."""
        session, rounds = self.session(), SWITCHES // 100

        def user():
            for _ in range(100):
                with gevent.Timeout(60):
                    assert session.fetch("GET", "/").content == b"hello"

        pool = Pool(50)
        for _ in range(10):
            pool.spawn(user)
        pool.join()
        gc.collect()
        before, objects = sys.getrefcount(session), len(gc.get_objects())
        for _ in range(rounds):
            pool.spawn(user)
        pool.join()
        gc.collect()
        self.assertEqual(sys.getrefcount(session), before)
        self.assertLess(len(gc.get_objects()) - objects, 100)

    def test_exceptions_thrown_into_waiting_greenlets(self):
        """A hundred thousand waits that end by GreenletExit, a Timeout or an exception of one's own leave nothing behind."""
        session, ended = self.session(), {"exit": 0, "timeout": 0, "own": 0, "slept": 0}

        class Own(Exception):
            pass

        def one(kind):
            try:
                if kind == "timeout":
                    with gevent.Timeout(0):
                        n.sleep(60)
                elif kind == "slept":
                    n.sleep(0)
                elif kind == "exit":
                    session.fetch("GET", "/slow?5")
                else:
                    n.sleep(60)
            except gevent.Timeout:
                ended["timeout"] += 1
            except Own:
                ended["own"] += 1
            except gevent.GreenletExit:
                ended["exit"] += 1
            else:
                ended["slept"] += 1

        def many(rounds):
            for i in range(rounds):
                greenlets = [gevent.spawn(one, kind) for kind in ("timeout", "slept") * 12 + ("own",) * 25 + ("exit",) * (i % 50 == 0)]
                gevent.sleep(0)
                for g in greenlets[24:49]:
                    g.kill(Own(), block=False)
                gevent.killall(greenlets[49:])
                gevent.joinall(greenlets)

        many(20)
        gc.collect()
        before, objects = sys.getrefcount(session), len(gc.get_objects())
        many(SWITCHES // 50)
        gc.collect()
        self.assertEqual(sys.getrefcount(session), before)
        self.assertLess(len(gc.get_objects()) - objects, 100)
        rounds = SWITCHES // 50 + 20
        self.assertEqual((ended["timeout"], ended["slept"], ended["own"]), (12 * rounds, 12 * rounds, 25 * rounds))
        self.assertGreater(ended["exit"], 10)
        self.assertEqual(session.fetch("GET", "/").content, b"hello")

    def test_killed_anywhere(self):
        """Killed before, during and after the request, by GreenletExit and by Timeout: objects go, the session goes on."""
        session, rng, alive = self.session(), random.Random(1), []

        def user():
            while True:
                r = session.fetch("GET", rng.choice(["/", "/slow?0.01", "/status/404"]))
                alive.append(weakref.ref(r))
                del r
                n.sleep(rng.random() / 1000)

        before = sys.getrefcount(session)
        for _ in range(60):
            greenlets = [gevent.spawn(user) for _ in range(10)]
            gevent.sleep(rng.random() / 50)
            gevent.killall(greenlets)
            alive[:] = [ref for ref in alive if ref() is not None]
            self.assertEqual(alive, [])
            del greenlets
        gc.collect()
        self.assertEqual(sys.getrefcount(session), before)
        self.assertEqual(session.fetch("GET", "/").content, b"hello")

    def test_timeouts_thrown_into_requests(self):
        session, thrown = self.session(), 0
        for _ in range(50):
            try:
                with gevent.Timeout(0.005):
                    session.fetch("GET", "/slow?0.05")
            except gevent.Timeout:
                thrown += 1
        self.assertEqual(thrown, 50)
        self.assertEqual(session.fetch("GET", "/").content, b"hello")

    def test_switched_to_by_others(self):
        """Somebody else switches into a waiting greenlet: it goes on waiting for its own answer."""
        session, results = self.session(), []
        g = gevent.spawn(lambda: results.append(session.fetch("GET", "/slow?0.1").content))
        gevent.sleep(0.02)

        def disturb():
            g.switch("not an answer")

        for _ in range(20):
            gevent.get_hub().loop.run_callback(disturb)
            gevent.sleep(0.001)
        g.join()
        self.assertEqual(results, [b"hello"])

    def test_gevent_goes_on_beside_it(self):
        """gevent's own events, sockets and timers have their turns among thousands of requests."""
        session, ticks, stop = self.session(), [], []

        def ticker():
            while not stop:
                time.sleep(0.01)
                ticks.append(time.monotonic())

        def user():
            while not stop:
                session.fetch("GET", "/")

        greenlets = [gevent.spawn(user) for _ in range(20)] + [gevent.spawn(ticker)]
        result = AsyncResult()
        gevent.spawn_later(0.2, result.set, 7)
        self.assertEqual(result.get(timeout=20), 7)
        gevent.sleep(1)
        stop.append(1)
        gevent.joinall(greenlets)
        self.assertGreater(len(ticks), 20)

    def test_raw_greenlets_and_nested_ones(self):
        session, out = self.session(), []

        def inner():
            out.append(session.fetch("GET", "/").content)

        def outer():
            inner_greenlet = gevent.spawn(inner)
            out.append(session.fetch("GET", "/").content)
            inner_greenlet.join()

        g = greenlet.greenlet(outer, gevent.get_hub())
        gevent.get_hub().loop.run_callback(g.switch)
        for _ in range(1000):
            if g.dead:
                break
            gevent.sleep(0.01)
        self.assertEqual(out, [b"hello", b"hello"])

    def test_an_exception_of_a_raw_greenlet_does_not_stop_the_loop(self):
        session = self.session()

        def bad():
            session.fetch("GET", "/")
            raise KeyError("on purpose")

        hook, seen = sys.unraisablehook, []
        sys.unraisablehook = seen.append
        try:
            gevent.get_hub().loop.run_callback(greenlet.greenlet(bad, gevent.get_hub()).switch)
            gevent.sleep(0.1)
        finally:
            sys.unraisablehook = hook
        self.assertEqual(session.fetch("GET", "/").content, b"hello")

    def test_after_a_fork(self):
        import os

        session = self.session()
        session.fetch("GET", "/")
        pid = os.fork()
        if pid == 0:
            ok = session.fetch("GET", "/").content == b"hello" and n.Session(self.server.url).fetch("GET", "/").status_code == 200
            os._exit(0 if ok else 1)
        self.assertEqual(os.waitpid(pid, 0)[1], 0)
        self.assertEqual(session.fetch("GET", "/").content, b"hello")

    def test_other_threads_are_refused(self):
        session, caught = self.session(), []

        def work():
            try:
                session.fetch("GET", "/")
            except RuntimeError as error:
                caught.append(str(error))

        gevent.get_hub().threadpool.apply(work)
        self.assertIn("another thread", caught[0])

    def test_responses_outlive_their_session(self):
        kept = [self.session().fetch("GET", "/type") for _ in range(20)]
        gc.collect()
        self.assertEqual({r.header("x-two") for r in kept}, {"a, b"})


if __name__ == "__main__":
    unittest.main()
