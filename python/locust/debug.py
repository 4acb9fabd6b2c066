"""Running one user in the current process, for a debugger."""
import logging
import os
import sys
from datetime import datetime

from . import _state
from .env import Environment
from .event import events
from .exception import StopTest


class PrintListener:
    """Prints a line per request."""

    def __init__(self, env, include_length=False, include_time=False, include_context=False, include_payload=False):
        self.include_length = include_length
        self.include_time = include_time
        self.include_context = include_context
        self.include_payload = include_payload
        env.events.request.add_listener(self.on_request)
        columns = ["type".ljust(8), "name".ljust(50), "resp_ms"]
        if include_time:
            columns.insert(0, "time".ljust(30))
        columns += [name for name, wanted in (("length", include_length), ("exception".ljust(25), True),
                                              ("context", include_context), ("payload", include_payload)) if wanted]
        print("\n" + "\t".join(columns))

    def on_request(self, request_type, name, response_time, response_length=0, exception=None, context=None, response=None,
                   start_time=None, **_kwargs):
        columns = [request_type.ljust(8), name.ljust(50), "None" if response_time is None else str(round(response_time))]
        if self.include_time:
            instant = datetime.fromtimestamp(start_time) if start_time else datetime.now()
            columns.insert(0, str(instant).ljust(30))
        if self.include_length:
            columns.append(str(response_length))
        columns.append(("" if exception is None else str(exception)[:500]).ljust(25))
        if self.include_context:
            columns.append(str(context or ""))
        if self.include_payload:
            columns.append(str(getattr(getattr(response, "request", None), "body", "") or ""))
        print("\t".join(columns))


def run_single_user(user_class, include_length=False, include_time=False, include_context=False, include_payload=False,
                    loglevel="WARNING"):
    """Runs one user of that class here and now, and prints what it requests."""
    if loglevel:
        from . import log

        log.setup_logging(loglevel)
    environment = _state.single_user_environment
    if environment is None:
        from . import argument_parser

        options = argument_parser.get_parser(default_config_files=[]).parse_known_args([])[0]
        options.locustfile = os.path.basename(sys.argv[0])
        environment = Environment(events=events, locustfile=options.locustfile, host=os.environ.get("LOCUST_HOST"),
                                  user_classes=[user_class], parsed_options=options)
        _state.single_user_environment = environment
        events.init.fire(environment=environment, runner=None, web_ui=None)
        events.test_start.fire(environment=environment)
        PrintListener(environment, include_length, include_time, include_context, include_payload)
    elif user_class not in environment.user_classes:
        environment.user_classes.append(user_class)
    environment.apply_host()
    environment.filter_tasks()
    try:
        user = user_class(environment)
    except StopTest as error:
        logging.error("%s", error)
        return
    environment.single_user_instance = user
    user.run()
