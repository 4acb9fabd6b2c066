from scenario import once, say

import importlib

from locust import User, task

NAMES = ["input_events.input_listener", "dispatch.UsersDispatcher", "html.get_html_report", "web.WebUI", "main.main", "main.create_environment",
         "rpc.Message", "debug.PrintListener", "util.load_locustfile.load_locustfile", "util.timespan.parse_timespan",
         "argument_parser.LocustArgumentParser", "opentelemetry.setup_opentelemetry", "user.inspectuser.print_task_ratio",
         "user.markov_taskset.MarkovTaskSet", "contrib.csv_request_logger", "contrib.fasthttp.FastHttpLocust"]


class Look(User):
    @task
    @once
    def look(self):
        for name in NAMES:
            module, _, attribute = name.rpartition(".")
            try:
                try:
                    importlib.import_module("locust." + name)
                except ImportError:
                    getattr(importlib.import_module("locust." + module), attribute)
                say(name, "is there")
            except Exception as error:
                say(name, type(error).__name__)
