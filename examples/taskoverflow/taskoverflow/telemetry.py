"""Spans to a collector (OTLP over HTTP, protobuf) and one JSON line per request, both under the ids that the request brought along."""
import json
import os
import time

from opentelemetry import trace


class Log:
    """One write() per line on a file opened for appending: processes may share it."""

    def __init__(self, path):
        self.fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644) if path else -1

    def write(self, level, message, **fields):
        if self.fd < 0:
            return
        now = time.time()
        line = {"timestamp": time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(now)) + f".{int(now * 1000) % 1000:03d}Z", "level": level}
        line.update(message=message, service="taskoverflow", pid=os.getpid(), **fields)
        os.write(self.fd, (json.dumps(line, ensure_ascii=False) + "\n").encode())


def start(settings, service):
    """In each process that serves, after the fork: the exporter has a thread."""
    if not settings.otlp:
        return
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    provider = TracerProvider(resource=Resource.create({"service.name": service, "service.instance.id": str(os.getpid())}))
    provider.add_span_processor(
        BatchSpanProcessor(OTLPSpanExporter(timeout=2), max_queue_size=8192, schedule_delay_millis=500, max_export_batch_size=1024)
    )
    trace.set_tracer_provider(provider)


def ids(headers):
    """(request_id, trace_id) of a request: the header's, else the trace's."""
    context = trace.get_current_span().get_span_context()
    traceparent = headers.get("traceparent", "")
    trace_id = f"{context.trace_id:032x}" if context.is_valid else (traceparent.split("-") + ["", ""])[1]
    return headers.get("x-request-id") or trace_id or os.urandom(8).hex(), trace_id
