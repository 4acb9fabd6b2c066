"""LoadTestShape: a locustfile decides second by second how many users there are."""
import time


class LoadTestShapeMeta(type):
    """``abstract`` is not inherited."""

    def __new__(mcs, name, bases, class_dict):
        class_dict["abstract"] = bool(class_dict.get("abstract"))
        return super().__new__(mcs, name, bases, class_dict)


class LoadTestShape(metaclass=LoadTestShapeMeta):
    """Subclass it and write tick(). The only instance lives for the whole test, so it may keep state."""

    abstract = True
    runner = None
    use_common_options = False

    def __init__(self):
        self.start_time = time.perf_counter()

    def reset_time(self):
        """The run time counts from now."""
        self.start_time = time.perf_counter()

    def get_run_time(self):
        """Seconds since the test began."""
        return time.perf_counter() - self.start_time

    def get_current_user_count(self):
        """How many users there are now."""
        return self.runner.user_count

    def tick(self):
        """About once a second: (users, spawn rate), (users, spawn rate, [User classes]), or None to end the test."""
        return None
