"""The exceptions a locustfile raises or catches."""


class LocustError(Exception):
    """Something in the locustfile is used in a way it cannot be used."""


class ResponseError(Exception):
    """Raised inside a ``with ... catch_response=True`` block: the response counts as a failure, the task goes on."""


class CatchResponseError(Exception):
    """Wraps a text given to ``response.failure()``."""


class MissingWaitTimeError(LocustError):
    """Kept for files that import it; a user without wait_time simply does not wait."""


class InterruptTaskSet(Exception):
    """Leaves the innermost TaskSet. reschedule: the parent picks its next task at once, else it waits first."""

    def __init__(self, reschedule=True):
        super().__init__(reschedule)
        self.reschedule = reschedule


class StopUser(Exception):
    """Ends this user for good."""


class StopTest(Exception):
    """Ends the whole test when raised while a user is made; inside a task it ends that user."""


class RescheduleTask(Exception):
    """Ends the task; the next one follows after the wait. Not an error."""

    def __init__(self, reschedule=True):
        super().__init__(reschedule)
        self.reschedule = reschedule


class RescheduleTaskImmediately(Exception):
    """Ends the task; the next one follows without a wait. Not an error."""

    def __init__(self, reschedule=True):
        super().__init__(reschedule)
        self.reschedule = reschedule


class RPCError(Exception):
    """Workers and master do not understand each other."""


class RPCSendError(RPCError):
    """A message between workers and master could not be sent."""


class RPCReceiveError(RPCError):
    """A message between workers and master could not be read."""

    def __init__(self, *args, addr=None):
        super().__init__(*args)
        self.addr = addr


class AuthCredentialsError(ValueError):
    """The web interface's login is not set up completely."""


class RunnerAlreadyExistsError(Exception):
    """An Environment holds one runner."""


# The name until 2019.
StopLocust = StopUser
