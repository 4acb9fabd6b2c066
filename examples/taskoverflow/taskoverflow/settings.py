"""What the backend is told by its environment; `up` sets it."""
import os
from dataclasses import dataclass


@dataclass(frozen=True)
class Settings:
    database: str  # a conninfo
    pool: int  # connections of this process; 0 = no pool: a thread keeps one of its own
    pool_wait_s: float  # how long a request waits for a connection before it is answered with 503
    prepare: bool  # prepared statements; not behind a pooler that hands a connection to another client after each transaction
    n_plus_1: bool  # lists ask once more for each row
    redis: str  # "" = none
    cache_ttl_s: int  # 0 = what is cached stays for ever
    log: str  # file of the JSON lines; "" = none
    otlp: str  # "" = no spans


def read() -> Settings:
    env = os.environ.get
    return Settings(
        database=env("TASKOVERFLOW_DATABASE", "dbname=taskoverflow"),
        pool=int(env("TASKOVERFLOW_POOL", "4")),
        pool_wait_s=float(env("TASKOVERFLOW_POOL_WAIT", "30")),
        prepare=env("TASKOVERFLOW_PREPARE", "1") == "1",
        n_plus_1=env("TASKOVERFLOW_N_PLUS_1", "0") == "1",
        redis=env("TASKOVERFLOW_REDIS", ""),
        cache_ttl_s=int(env("TASKOVERFLOW_CACHE_TTL", "5")),
        log=env("TASKOVERFLOW_LOG", ""),
        otlp=env("OTEL_EXPORTER_OTLP_ENDPOINT", ""),
    )
