from scenario import once, say

from locust import User, events, task


class A(User):
    @task
    @once
    def look(self):
        fire = self.environment.events.request.fire
        fire(request_type="grpc", name="hello", response_time=12.5, response_length=7, response=None, context={}, exception=None)
        fire(request_type="grpc", name="hello", response_time=1500, response_length=0, exception=ValueError("wrong"))
        fire(request_type="mq", name="no time", response_time=None, response_length=0, exception=None)
        fire(request_type="mq", name="text", response_time=1, response_length=0, exception="just text")
        with events.request.measure("block", "fine") as meta:
            meta["response_length"] = 42
        with events.request.measure("block", "fails"):
            raise KeyError("inside")
        with events.request.measure("block", "renamed") as meta:
            meta["name"] = "other name"
        s = self.environment.stats
        e = s.get("hello", "grpc")
        say(e.num_requests, e.num_failures, e.min_response_time, e.max_response_time, e.avg_response_time, e.median_response_time,
            e.total_content_length, e.fail_ratio, dict(e.response_times))
        say(e.get_response_time_percentile(0.5), e.get_response_time_percentile(0.95))
        say(s.total.num_requests, s.total.num_failures, s.num_requests, s.num_failures, s.total.num_none_requests, s.total.name)
        say(sorted(s.entries), sorted((x.method, x.name, str(x.error), x.occurrences) for x in s.errors.values()))
        say(s.get("never", "seen").num_requests, sorted(e.to_dict()))
