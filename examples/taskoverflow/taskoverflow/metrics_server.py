"""/metrics of all processes of the backend, by a process of its own: it answers however busy they are.

    python -m taskoverflow.metrics_server PORT --master PID --workers N --pool N --backlog-of PORT
"""
import argparse
import os
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.multiprocess import MultiProcessCollector

PAGE = os.sysconf("SC_PAGE_SIZE")
TICKS = os.sysconf("SC_CLK_TCK")


def family(master):
    """The master and its children, by one look at /proc."""
    stats = {}
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                with open(f"/proc/{name}/stat", encoding="utf-8", errors="replace") as f:
                    stats[int(name)] = f.read().rpartition(")")[2].split()
            except OSError:
                continue
    wanted, grown = {master}, True
    while grown:
        more = {pid for pid, s in stats.items() if int(s[1]) in wanted} - wanted
        wanted |= more
        grown = bool(more)
    return {pid: stats[pid] for pid in wanted if pid in stats}


def backlog(port):
    """Connections that wait to be accepted: the kernel shows them as the receive queue of a listening socket."""
    with open("/proc/net/tcp", encoding="ascii") as f:
        for line in f.readlines()[1:]:
            fields = line.split()
            if fields[3] == "0A" and int(fields[1].rpartition(":")[2], 16) == port:
                return int(fields[4].partition(":")[2], 16)
    return 0


class Ours:
    def __init__(self, args):
        self.args = args

    def collect(self):
        a, processes = self.args, family(self.args.master)
        if a.workers:
            yield GaugeMetricFamily("http_workers_size", "Workers: requests that are worked on at a time.", a.workers)
            yield GaugeMetricFamily("http_queue_length", "Connections that wait for a worker to take them.", backlog(a.backlog_of))
        if a.pool:
            yield GaugeMetricFamily("db_pool_size", "Connections of the pools of all processes.", a.pool)
        yield GaugeMetricFamily("process_resident_memory_bytes", "Of all processes.", sum(int(s[21]) for s in processes.values()) * PAGE)
        yield CounterMetricFamily("process_cpu_seconds", "Of all processes.", sum(int(s[11]) + int(s[12]) for s in processes.values()) / TICKS)


class Answer(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        found = self.path.partition("?")[0] == "/metrics"
        body = generate_latest(self.server.registry) if found else b"see /metrics\n"
        self.send_response(200 if found else 404)
        self.send_header("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("port", type=int)
    parser.add_argument("--master", type=int, required=True)
    parser.add_argument("--workers", type=int, default=0, help="0 = not limited")
    parser.add_argument("--pool", type=int, default=0)
    parser.add_argument("--backlog-of", type=int, default=0)
    args = parser.parse_args()
    server = ThreadingHTTPServer(("127.0.0.1", args.port), Answer)
    server.daemon_threads = True
    server.registry = CollectorRegistry()
    MultiProcessCollector(server.registry)
    server.registry.register(Ours(args))
    print(f"metrics on {args.port} since {time.time():.0f}", flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
