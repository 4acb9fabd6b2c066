"""A stretch of road before a TCP server: each byte arrives MS milliseconds later, in each direction half of it.

A database in another data centre, for the price of a process and without root.

    python -m taskoverflow.distance LISTEN-PORT SERVER-PORT MS
"""
import asyncio
import sys


class End(asyncio.Protocol):
    def __init__(self, late_s, other=None):
        self.late_s, self.other, self.early, self.transport = late_s, other, [], None

    def connection_made(self, transport):
        self.transport = transport
        for call, args in self.early:
            self.later(call, *args)

    def data_received(self, data):
        self.other.later("write", data)

    def connection_lost(self, _):
        self.other.later("close")

    def later(self, call, *args):
        if self.transport is None:
            self.early.append((call, args))
        else:
            asyncio.get_running_loop().call_later(self.late_s, self.now, call, *args)

    def now(self, call, *args):
        if not self.transport.is_closing():
            getattr(self.transport, call)(*args)


async def main(listen, server, late_ms):
    loop = asyncio.get_running_loop()

    def accept():
        near = End(late_ms / 2000)
        far = End(late_ms / 2000, near)
        near.other = far

        async def reach():
            try:
                await loop.create_connection(lambda: far, "127.0.0.1", server)
            except OSError:
                near.later("close")

        near.task = loop.create_task(reach())
        return near

    await (await loop.create_server(accept, "127.0.0.1", listen, backlog=512)).serve_forever()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3])))
