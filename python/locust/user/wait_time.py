"""Waiting times between tasks: each function makes one that is called as a method and returns seconds."""
import random
from time import monotonic

# The clock behind pacing: a name of its own, so that tests can hold it.
now = monotonic


def between(min_wait, max_wait):
    """A wait drawn evenly between min_wait and max_wait seconds."""
    span = max_wait - min_wait
    draw = random.random

    def wait_between(self):
        return min_wait + draw() * span

    return wait_between


def constant(wait_time):
    """Always the same wait, in seconds."""

    def wait_constant(self):
        return wait_time

    return wait_constant


def constant_pacing(wait_time):
    """Starts of tasks lie wait_time seconds apart; after a task that took longer the next one follows at once, and
    lost starts are not made up for. The first interval begins when the user or TaskSet is made."""

    def wait_pacing(self):
        instant = now()
        left = self._paced_from + wait_time - instant
        if left < 0:
            left = 0
        self._paced_from = instant + left
        return left

    return wait_pacing


def constant_throughput(task_runs_per_second):
    """At most so many task starts per second and user."""
    return constant_pacing(1 / task_runs_per_second)


def poisson(rate):
    """Waits of a Poisson process: on average ``rate`` tasks per second and user, at random instants."""
    draw = random.expovariate

    def wait_poisson(self):
        return draw(rate)

    return wait_poisson
