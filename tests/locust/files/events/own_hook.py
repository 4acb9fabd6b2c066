from scenario import once, say

from locust import User, task
from locust.event import EventHook, Events


class A(User):
    @task
    @once
    def go(self):
        hook = EventHook()

        @hook.add_listener
        def first(a, **kw):
            say("first", a, kw)

        def second(a, **kw):
            say("second", a)
        hook.add_listener(second)
        hook.fire(a=1, b=2)
        hook.fire(reverse=True, a=3)
        hook.remove_listener(second)
        hook.fire(a=4)
        say(first is not None, isinstance(Events().request, EventHook))
