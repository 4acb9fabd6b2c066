# args: -u 1
from scenario import once, say

import locust
from locust import (HttpUser, LoadTestShape, SequentialTaskSet, TaskSet, User, between, constant, constant_pacing, constant_throughput, events,
                    run_single_user, tag, task)
from locust import FastHttpUser, MarkovTaskSet, transition, transitions
from locust import wait_time as wait_time_module
from locust.clients import HttpSession, LocustHttpAdapter, ResponseContextManager
from locust.contrib.fasthttp import (FAILURE_EXCEPTIONS, ErrorResponse, FastHttpSession, FastRequest, FastResponse, LocustBadStatusCode,
                                     LocustUserAgent, RestResponseContextManager)
from locust.env import Environment
from locust.event import EventHook, Events
from locust.exception import (CatchResponseError, InterruptTaskSet, LocustError, MissingWaitTimeError, RescheduleTask,
                              RescheduleTaskImmediately, ResponseError, RPCError, RPCReceiveError, RPCSendError, RunnerAlreadyExistsError,
                              StopTest, StopUser)
from locust.log import get_logs, setup_logging
from locust.runners import (STATE_CLEANUP, STATE_INIT, STATE_MISSING, STATE_RUNNING, STATE_SPAWNING, STATE_STOPPED, STATE_STOPPING,
                            DistributedRunner, LocalRunner, MasterRunner, Runner, WorkerNode, WorkerRunner)
from locust.shape import LoadTestShape as LoadTestShape2
from locust.stats import (PERCENTILES_TO_REPORT, RequestStats, StatsCSVFileWriter, StatsEntry, StatsError, calculate_response_time_percentile,
                          print_stats, stats_history, stats_printer)
from locust.user.task import DefaultTaskSet, LOCUST_STATE_RUNNING
from locust.user.users import HttpUser as HttpUser2
from locust.user.wait_time import constant as constant2
from locust.user.sequential_taskset import SequentialTaskSet as SequentialTaskSet2
from locust.user import HttpUser as HttpUser3, TaskSet as TaskSet3, User as User3
from locust.util.timespan import parse_timespan
from locust.argument_parser import LocustArgumentParser
from locust.debug import run_single_user as run_single_user2


class Look(User):
    @task
    @once
    def look(self):
        say(STATE_INIT, STATE_SPAWNING, STATE_RUNNING, STATE_CLEANUP, STATE_STOPPING, STATE_STOPPED, STATE_MISSING)
        say(LoadTestShape is LoadTestShape2, HttpUser is HttpUser2 is HttpUser3, SequentialTaskSet is SequentialTaskSet2, TaskSet is TaskSet3)
        say(issubclass(StopUser, Exception), issubclass(CatchResponseError, Exception), issubclass(RescheduleTaskImmediately, Exception))
        say(issubclass(CatchResponseError, LocustError), issubclass(ResponseError, Exception), issubclass(RPCSendError, Exception))
        say(parse_timespan("1h30m"), parse_timespan("20"), parse_timespan("3m"), PERCENTILES_TO_REPORT)
        say(isinstance(self.environment.runner, LocalRunner), isinstance(self.environment.runner, MasterRunner))
        say(isinstance(self.environment, Environment), type(events).__name__, isinstance(events.request, EventHook))
        say(calculate_response_time_percentile({1: 5, 2: 3, 10: 2}, 10, 0.5), isinstance(locust.__version__, str))
        say(self.environment.runner.state, self.environment.runner.user_count, sorted(self.environment.runner.user_classes_count))
        say(issubclass(FastHttpUser, User), issubclass(MarkovTaskSet, TaskSet), issubclass(HttpSession, object))
