"""What the modules of this package share and the native side sets."""

# Set when a listener or a greenlet died of an exception nobody caught: the run then exits with 2.
unhandled_exception = False

# Called with the keyword arguments of every request that is reported by firing the event (not by our clients).
count_request = None

# Everything happens in this one process.
local = False

# Called with the user before each of its tasks when requests carry trace headers.
begin_task = None

# The environment of this process's test.
current_environment = None

# That of run_single_user().
single_user_environment = None

# Uses of API that was replaced long ago: {(kind, name): None}, in the order they were met.
_old_api = {}


def note_old_api(kind, name):
    """Remembers that the locustfile uses an old name, for one hint at the end of loading."""
    _old_api.setdefault((kind, name))


def old_api_uses():
    return list(_old_api)


def forget_old_api():
    _old_api.clear()
