# args: -u 3 -r 100
# order: any
from scenario import leave, say
import queue
import threading
import time

from locust import User, task

begun = time.time()
done = []
lock = threading.Lock()
jobs = queue.Queue()


class A(User):
    @task
    def go(self):
        time.sleep(0.4)
        with lock:
            done.append(1)
        jobs.put(1)
        time.sleep(0.2)
        if jobs.qsize() == 3 and lock.acquire(blocking=False):
            say("together", time.time() - begun < 1.5, jobs.qsize())
            leave(self.environment)
        time.sleep(5)
