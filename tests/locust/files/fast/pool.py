# order: any
from scenario import HOST, REFUSED, leave, once, say

from locust import FastHttpUser, task


import gevent.pool


class A(FastHttpUser):
    host = HOST

    @task
    @once
    def look(self):
        pool = gevent.pool.Pool()
        for i in range(5):
            pool.spawn(self.client.get, "/slow/200", name="slow")
        pool.join()
        say("done")
