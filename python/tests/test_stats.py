"""The arithmetic behind environment.stats."""
from unittest import main, mock

import fake_native
from support import Case

from locust import _state, stats
from locust.exception import CatchResponseError
from locust.stats import (
    RequestStats,
    StatsEntry,
    StatsError,
    bucket_response_time,
    calculate_response_time_percentile,
    median_from_dict,
)


class Numbers(Case):
    def test_buckets(self):
        for given, bucket in [(0.5, 0), (1.5, 2), (2.5, 2), (99.5, 100), (105, 100), (115, 120), (145, 140), (147, 150),
                              (995, 1000), (1050, 1000), (1150, 1200), (9950, 10000), (10500, 10000), (58760, 59000)]:
            self.assertEqual(bucket_response_time(given), bucket, given)

    def test_percentiles_and_median(self):
        times = {1: 5, 2: 3, 10: 2}
        for percent, expected in [(0.5, 2), (0.8, 10), (0.9, 10), (0.95, 10), (1.0, 10)]:
            self.assertEqual(calculate_response_time_percentile(times, 10, percent), expected)
        self.assertEqual(median_from_dict(10, times), 1)

    def test_readable(self):
        self.assertEqual(stats.get_readable_percentiles(stats.PERCENTILES_TO_REPORT),
                         ["50%", "66%", "75%", "80%", "90%", "95%", "98%", "99%", "99.9%", "99.99%", "100%"])

    def test_configuration(self):
        self.assertIsNone(stats.validate_stats_configuration())
        for wrong in ([1.0], [0.1] * 7, ["0.5"]):
            with mock.patch.object(stats, "PERCENTILES_TO_CHART", wrong):
                self.assertIn("PERCENTILES_TO_CHART", stats.validate_stats_configuration())

    def test_rounding(self):
        for value, digits, expected in [(2.5, 0, 3), (3.5, 0, 4), (0.125, 2, 0.13), (7, 0, 7)]:
            self.assertEqual(stats.proper_round(value, digits), expected)


class Counting(Case):
    def test_by_hand(self):
        with mock.patch("locust.stats.time.time", lambda: self.time):
            self.time = 1000.0
            all_stats = RequestStats()
            for second in range(20):
                self.time = 1000.0 + second
                all_stats.log_request("GET", "/a", 10 + second, 100)
                all_stats.log_request("GET", "/b", None, 0)
                if second % 2:
                    all_stats.log_error("GET", "/a", CatchResponseError("bad"))
            entry = all_stats.get("/a", "GET")
            self.assertEqual((entry.num_requests, entry.num_failures, entry.min_response_time, entry.max_response_time),
                             (20, 10, 10, 29))
            self.assertEqual((entry.fail_ratio, entry.avg_response_time, entry.avg_content_length), (0.5, 19.5, 100))
            self.assertEqual((entry.current_rps, entry.current_fail_per_sec), (1.0, 0.5))
            self.assertAlmostEqual(entry.total_rps, 20 / 19)
            total = all_stats.total
            self.assertEqual((total.num_requests, total.num_none_requests, total.avg_response_time), (40, 20, 19.5))
            self.assertIsNotNone(total.get_current_response_time_percentile(0.5))
            self.assertEqual(all_stats.get("/b", "GET").median_response_time, 0)
            error = next(iter(all_stats.errors.values()))
            self.assertEqual((error.occurrences, error.to_name()), (10, "GET /a: bad"))
            self.assertEqual(error.to_dict()["error"], "CatchResponseError('bad')")
            report = all_stats.serialize_stats()
            self.assertEqual([row["num_requests"] for row in report], [20, 20])
            self.assertEqual(all_stats.serialize_stats(), [])
            all_stats.clear_all()
            self.assertEqual((dict(all_stats.entries), all_stats.errors, all_stats.num_requests), ({}, {}, 0))

    def test_keys_of_errors(self):
        key = StatsError.create_key("GET", "/404", "HTTPError('404 Client Error: Not Found for url: /404')")
        self.assertEqual(key, "1769c2d03e6d55a3dcae578a5ad2a19f02b682497f948451915c094f6316f08d")
        self.assertEqual(StatsError.create_key("GET", "/b", CatchResponseError("bad")),
                         "85dfc08baf4415c3cf705c1209acb9a17e00657c9c20bfd016c03b72645769ca")

    def test_names_of_errors_from_workers(self):
        for local, error, shown in [
            (False, "CatchResponseError('x')", "GET /: 'x'"), (False, "ValueError('v')", "GET /: ValueError('v')"),
            (True, "CatchResponseError('x')", "GET /: x"), (True, "CatchResponseError(Odd())", "GET /: Odd()"),
            (False, "CatchResponseError('x',)", "GET /: 'x'"),
        ]:
            _state.local = local
            self.assertEqual(StatsError("GET", "/", error).to_name(), shown)

    def test_lines(self):
        entry = StatsEntry(RequestStats(), "/a", "GET")
        entry.load(dict.fromkeys(stats._SERIALIZED) | {
            "name": "/a", "method": "GET", "start_time": 0, "num_requests": 23, "num_none_requests": 0, "num_failures": 0,
            "total_response_time": 80.57, "max_response_time": 18.57, "min_response_time": 1.57, "total_content_length": 115,
            "response_times": {19: 1, 2: 14, 4: 3, 3: 3, 8: 1, 5: 1}, "num_reqs_per_sec": {}, "num_fail_per_sec": {},
        })
        self.assertEqual(entry.to_string().split(), "GET /a 23 0(0.00%) | 3 1 18 2 | 0.00 0.00".split())
        self.assertEqual(len(entry.to_string()), len(stats.get_stats_summary(RequestStats())[1]))
        self.assertEqual(entry.percentile().split(), "GET /a 2 3 4 4 5 8 19 19 19 19 19 23".split())


class Merged(Case):
    def figures(self, count):
        return {
            "start_time": 1000.0,
            "entries": [
                {"name": name, "method": "GET", "num_requests": count, "num_none_requests": 0, "num_failures": 1,
                 "total_response_time": 10.0 * count, "min_response_time": low, "max_response_time": 20.0,
                 "total_content_length": 5, "start_time": 1000.0, "last_request_timestamp": 1010.0,
                 "response_times": {10: count}, "num_reqs_per_sec": {1005: count}, "num_fail_per_sec": {1005: 1}}
                for name, low in (("/a", 3.0), ("/b", None))
            ],
            "errors": [{"name": "/a", "method": "GET", "error": "ValueError('v')", "occurrences": 2, "first_seen": 1, "last_seen": 2}],
            "exceptions": [{"count": 1, "msg": "m", "traceback": "t", "nodes": ["local"]}],
        }

    def test_figures_of_the_engine(self):
        counts = iter([4, 6])
        merged = RequestStats()
        merged.attach(lambda: self.figures(next(counts)))
        self.assertEqual(merged.total.num_requests, 8)
        self.assertEqual((merged.total.min_response_time, merged.total.num_failures, merged.total.fail_ratio), (3.0, 2, 0.25))
        self.assertEqual(merged.total.total_rps, 0.8)
        self.assertEqual(merged.get("/a", "GET").num_requests, 4)
        held = merged.get("/a", "GET")
        merged.refresh(0)
        self.assertEqual(held.num_requests, 6)
        self.assertEqual([e.occurrences for e in merged.errors.values()], [2])
        self.assertEqual([(e["count"], e["nodes"]) for e in merged.exceptions.values()], [(1, {"local"})])
        merged._reader.kill()

    def test_resetting_asks_the_engine(self):
        merged = RequestStats()
        merged.attach(lambda: self.figures(1))
        merged.clear_all()
        self.assertEqual(fake_native.wishes, [("reset",)])


if __name__ == "__main__":
    main()
