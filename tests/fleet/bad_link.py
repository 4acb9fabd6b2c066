"""A link between an agent and the bus as one would not wish it: 100 ms each way, now and then a stall of a second, now and then a reset.

    bad_link.py HOST PORT BUS_HOST BUS_PORT [SEED]
"""
import asyncio
import random
import sys

DELAY_S, STALL_EVERY_S, STALL_S, RESET_EVERY_S = 0.1, 3, 1.0, 5


async def carry(reader, writer, rng):
    queue = asyncio.Queue(1000)

    async def deliver():
        while True:
            due, data = await queue.get()
            await asyncio.sleep(max(0, due - asyncio.get_event_loop().time()))
            if data is None:
                break
            writer.write(data)
            await writer.drain()
        writer.close()

    async def receive():
        clock = asyncio.get_event_loop().time
        stall = clock() + rng.expovariate(1 / STALL_EVERY_S)
        while True:
            data = await reader.read(65536)
            if clock() > stall:
                await asyncio.sleep(STALL_S)
                stall = clock() + rng.expovariate(1 / STALL_EVERY_S)
            await queue.put((clock() + DELAY_S, data or None))
            if not data:
                break

    await asyncio.gather(deliver(), receive())


async def main(host, port, bus_host, bus_port, seed):
    rng = random.Random(seed)

    async def serve(reader, writer):
        try:
            up_reader, up_writer = await asyncio.open_connection(bus_host, bus_port)
        except OSError:
            writer.close()
            return
        both = asyncio.gather(carry(reader, up_writer, rng), carry(up_reader, writer, rng))
        try:
            await asyncio.wait_for(both, RESET_EVERY_S + rng.expovariate(1 / RESET_EVERY_S))
        except (asyncio.TimeoutError, OSError):
            pass
        for w in (writer, up_writer):
            w.transport.abort()

    server = await asyncio.start_server(serve, host, port)
    print("ready", flush=True)
    await server.serve_forever()


asyncio.run(main(sys.argv[1], int(sys.argv[2]), sys.argv[3], int(sys.argv[4]), int(sys.argv[5]) if len(sys.argv) > 5 else None))
