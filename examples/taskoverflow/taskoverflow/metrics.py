"""What the processes count, in files that metrics_server sums up (PROMETHEUS_MULTIPROC_DIR)."""
from prometheus_client import Counter, Gauge, Histogram

BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)


def gauge(name, text):
    return Gauge(name, text, multiprocess_mode="livesum")


requests = Counter("http_requests", "Requests finished, by route and status.", ["method", "route", "status"])
duration = Histogram("http_request_duration_seconds", "From the head read to the answer made.", ["method", "route"], buckets=BUCKETS)
in_flight = gauge("http_requests_in_flight", "Requests being worked on or waiting in a process.")
pool_busy = gauge("db_pool_in_use", "Database connections in use.")
pool_waiting = gauge("db_pool_waiting", "Requests that wait for a database connection.")
pool_wait = Histogram("db_pool_wait_seconds", "How long requests waited for a connection.", buckets=BUCKETS)
query = Histogram("db_query_duration_seconds", "How long statements took.", buckets=BUCKETS)
queries = Counter("db_queries", "Statements sent to the database.")
per_request = Histogram("db_queries_per_request", "Statements of one request.", buckets=(0, 1, 2, 3, 5, 10, 20, 50, 100, 200))
cache_hits = Counter("cache_hits", "Answers taken from the cache.")
cache_misses = Counter("cache_misses", "Answers that had to be made.")
