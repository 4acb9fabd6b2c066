"""Somebody who has the bus's token and no good intentions: garbage on every subject that controller and agents listen to, oversized messages, and a flood.

    stranger.py HOST PORT TOKEN RUN
"""
import json
import os
import random
import socket
import sys

FLOOD = 20000


class Bus:
    def __init__(self, host, port, token):
        self.socket = socket.create_connection((host, port), timeout=20)
        self.file = self.socket.makefile("rb")
        self.file.readline()
        self.send(b"CONNECT " + json.dumps({"verbose": False, "pedantic": False, "auth_token": token, "lang": "python", "version": "1", "protocol": 1}).encode() + b"\r\n")
        self.ping()

    def send(self, data):
        self.socket.sendall(data)

    def publish(self, subject, data):
        self.send(b"PUB %s %d\r\n%s\r\n" % (subject.encode(), len(data), data))

    def ping(self):
        self.send(b"PING\r\n")
        while True:
            line = self.file.readline()
            if line.startswith(b"PONG"):
                return
            if not line or line.startswith(b"-ERR"):
                raise SystemExit("the bus says: %r" % line)

    def agents(self, wanted=2):
        self.send(b"SUB ht.agents 1\r\nPUB ht.ask 0\r\n\r\nPING\r\n")
        found = set()
        self.socket.settimeout(3)
        try:
            while len(found) < wanted:
                line = self.file.readline()
                if line.startswith(b"MSG"):
                    body = self.file.read(int(line.split()[-1]) + 2)
                    found.add(json.loads(body)["id"])
        except (TimeoutError, socket.timeout):
            pass
        self.socket.settimeout(20)
        self.send(b"UNSUB 1\r\n")
        return found


def varint(n):
    out = b""
    while n >= 0x80:
        out += bytes([n & 0x7F | 0x80])
        n >>= 7
    return out + bytes([n])


def main(host, port, token, run):
    rng = random.Random(7)
    bus = Bus(host, int(port), token)
    agents = bus.agents()
    if not agents:
        raise SystemExit("no agents were heard")
    offer = {"run": "stranger", "host": "k6", "version": "0.0.0", "sha256": "", "protocol": 2, "bytes": 0, "tree": False, "release": False, "members": []}
    status = json.dumps(offer)
    right = "0.1.0"
    for agent in agents:
        subject = "ht.agent." + agent
        for garbage in (b"", b"{}", b"\xff" * 100, b"[" * 5000, status.encode(), json.dumps(dict(offer, run="a.b", version=right)).encode(),
                        json.dumps(dict(offer, version=right, bytes=1 << 50, members=[{"n": 1, "client_id": "x"}])).encode(),
                        json.dumps(dict(offer, version=right, host="sh")).encode(), json.dumps(dict(offer, version=right, members=[{"n": i + 1, "client_id": "x"} for i in range(2000)])).encode()):
            bus.publish(subject, garbage)
    for subject in ("ht.agents", "ht.ask", "ht.%s.clock" % run, "ht.%s.beat" % run, "ht.%s.log.up.1" % run, "ht.%s.log.up.9999" % run, "ht.%s.log.up.x" % run,
                    "ht.%s.log.note" % run, "ht.%s.log.files" % run):
        for size in (0, 1, 10, 1000, 900000):
            bus.publish(subject, os.urandom(size))
        # Segments of ours in form, with keys that are guessed: far ahead of what was heard; the very first; frames that promise more than they hold.
        for key in (0, 1, rng.getrandbits(62)):
            bus.publish(subject, b"\x02" + varint(key) + varint(1) + varint(1 << 60) + b"\xff\xff\xff\xff\x12")
            bus.publish(subject, b"\x02" + varint(key) + varint(1) + varint(1) + b"x")
            bus.publish(subject, b"\x02" + varint(key) + varint(1 << 40) + varint(1) + b"x")
    bus.ping()
    for _ in range(FLOOD):
        bus.publish("ht.agents", bytes(rng.randrange(256) for _ in range(rng.randrange(60))).replace(b"\r", b" "))
    bus.ping()
    print("done")


if __name__ == "__main__":
    main(*sys.argv[1:])
