"""Somebody who has the bus's token and plays the controller: offers agents a run whose files are not what was promised, or lead out of their folder.

    forger.py HOST PORT TOKEN
"""
import hashlib
import json
import sys

from stranger import Bus, varint

KEY = 77


def text(data):
    return varint(len(data)) + data


def tree(path, data):
    return varint(1) + varint(1) + text(path) + varint(0o600) + text(data)


def offer(bus, agent, run, promised, files, is_tree):
    stream = {"name": "HT_" + run, "subjects": ["ht.%s.log.>" % run], "retention": "limits", "max_consumers": -1, "max_msgs": -1, "max_bytes": -1,
              "max_age": 0, "storage": "memory", "discard": "new", "num_replicas": 1}
    bus.publish("$JS.API.STREAM.CREATE.HT_" + run, json.dumps(stream).encode())
    bus.ping()
    bus.publish("ht.%s.log.files" % run, b"\x02" + varint(KEY) + varint(1) + varint(1) + files)
    said = {"run": run, "host": "locust" if is_tree else "k6", "version": "0.1.0", "sha256": hashlib.sha256(promised).hexdigest(), "protocol": 2, "key": KEY,
            "bytes": len(files), "tree": is_tree, "release": False, "members": [{"n": 1, "client_id": "forged_1"}]}
    bus.publish("ht.agent." + agent, json.dumps(said).encode())
    bus.ping()


def main(host, port, token):
    bus = Bus(host, int(port), token)
    agents = sorted(bus.agents(1))
    if not agents:
        raise SystemExit("no agents were heard")
    good = b"export default function () {}"
    offer(bus, agents[0], "forgedhash", good, good.replace(b"export", b"EXPORT"), False)
    out = tree(b"../halftime-forged", b"was here")
    offer(bus, agents[0], "forgedpath", out, out, True)
    print("done")


if __name__ == "__main__":
    main(*sys.argv[1:])
