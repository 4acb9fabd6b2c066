"""The locustfile's side of a worker that follows a Locust master: what the master says before a test and during it.

It comes as custom messages of the program's own (``halftime.…``), in the order in which it is to be done.
"""
import json
import logging
import time

import gevent

from . import argument_parser

logger = logging.getLogger("locust.runners")

# Of Locust's own options those that workers take over from their master; of the locustfile's all.
_SHARED_OPTIONS = ("expect_workers", "tags", "exclude_tags")


def _take_job(environment, job):
    """Host, stop timeout, options: all that a test on this worker depends on besides the locustfile."""
    environment.host = job["host"]
    environment.stop_timeout = job["stop_timeout"] or 0.0
    environment.runner.worker_index = job["index"]
    builtin = argument_parser.default_args_dict()
    options = {name: value for name, value in job["options"].items() if name not in builtin or name in _SHARED_OPTIONS}
    vars(environment.parsed_options).update(options)
    environment.tags = environment.parsed_options.tags
    environment.exclude_tags = environment.parsed_options.exclude_tags
    for update in job["updates"]:
        _update_user_class(environment, update)


def _update_user_class(environment, update):
    try:
        environment.update_user_class(update)
    except (KeyError, TypeError) as error:
        logger.error("The master changed a user class that is not here as it has it: %r", error)


def _take_heartbeat(environment, _data):
    hook = environment.events.heartbeat_received
    if hook.listeners:
        gevent.spawn(hook.fire, client_id=environment.runner.client_id, timestamp=time.time())


_ORDERS = {
    "halftime.job": _take_job,
    "halftime.update_user_class": _update_user_class,
    "halftime.heartbeat": _take_heartbeat,
    # In a master: the latest lines of a worker's log.
    "halftime.logs": lambda environment, data: environment.update_worker_logs(data),
}


def obey(environment, kind, data):
    """False: the message is none of these."""
    order = _ORDERS.get(kind)
    if order is None:
        return False
    order(environment, json.loads(data))
    return True
