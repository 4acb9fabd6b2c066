"""The name locustfiles import; who spawns which user when is decided by the native side for all workers at once."""


class UsersDispatcher:
    """Not used to spawn users here; environments accept it as ``dispatcher_class``."""

    def __init__(self, worker_nodes, user_classes):
        self.worker_nodes = worker_nodes
        self.user_classes = user_classes
