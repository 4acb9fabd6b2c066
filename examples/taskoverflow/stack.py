"""Starts and stops one private TaskOverflow: everything in a temporary folder, on ports of its own, as processes that are known by their ids.

A stack is a record in build/taskoverflow/up-PORT.json: its folder, its ports and its processes, each with the instant it was started at, so
that `down` never ends a process that merely got the same id later. Nothing of the machine's own PostgreSQL, Redis or nginx is touched.
"""
import json
import os
import pathlib
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
BUILD = ROOT / "build" / "taskoverflow"
PYTHON = BUILD / "venv" / "bin" / "python"
START_S = 60  # for any one part to answer
WARM_S = 6
STOP_S = 8  # then it is killed
STACKS = ("flask", "fastapi")
ROWS_MAX = 20_000_000


class Trouble(Exception):
    """What a person can do something about."""


def say(text):
    print(f"taskoverflow: {text}", file=sys.stderr, flush=True)


def find(name):
    for place in (shutil.which(name), f"/usr/sbin/{name}", BUILD / "debian" / "usr" / "bin" / name, BUILD / "debian" / "usr" / "sbin" / name):
        if place and os.access(place, os.X_OK):
            return str(place)
    for version in sorted(pathlib.Path("/usr/lib/postgresql").glob("*/bin"), reverse=True):
        if os.access(version / name, os.X_OK):
            return str(version / name)
    raise Trouble(f"{name} is not there: run examples/taskoverflow/setup first")


def instant(pid):
    """When a process was started, in ticks since boot; None = it is gone (or a zombie)."""
    try:
        fields = pathlib.Path(f"/proc/{pid}/stat").read_text(errors="replace").rpartition(")")[2].split()
    except OSError:
        return None
    return None if fields[0] == "Z" else int(fields[19])


def listening(port):
    with socket.socket() as s:
        s.settimeout(1)
        return s.connect_ex(("127.0.0.1", port)) == 0


def wait_for(what, ready, process=None, log=None):
    until = time.monotonic() + START_S
    while not ready():
        if process is not None and process.poll() is not None:
            raise Trouble(f"{what} ended while starting (code {process.returncode}): {tail(log)}")
        if time.monotonic() > until:
            raise Trouble(f"{what} does not answer after {START_S} s: {tail(log)}")
        time.sleep(0.05)


def tail(path, lines=8):
    try:
        return "\n    ".join([""] + pathlib.Path(path).read_text(errors="replace").splitlines()[-lines:])
    except (OSError, TypeError):
        return "no log"


def servant():
    """Who PostgreSQL and PgBouncer run as, which refuse to be root's."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise Trouble("neither a user postgres nor nobody is there to run PostgreSQL as")


class Stack:
    def __init__(self, port):
        self.port = port
        self.record = BUILD / f"up-{port}.json"
        self.folder = None
        self.processes = []  # {"name", "pid", "since"}
        self.facts = {}

    # what listens where
    def at(self, what):
        return self.port + ("public", "metrics", "postgres", "pgbouncer", "redis", "app", "distance", "status").index(what)

    def keep(self):
        BUILD.mkdir(parents=True, exist_ok=True)
        what = {"folder": str(self.folder), "processes": self.processes, "facts": self.facts}
        fresh = self.record.with_suffix(".new")
        fresh.write_text(json.dumps(what, indent=1))
        fresh.rename(self.record)

    def load(self):
        if not self.record.exists():
            return False
        what = json.loads(self.record.read_text())
        self.folder, self.processes, self.facts = pathlib.Path(what["folder"]), what["processes"], what["facts"]
        return True

    # --- processes ---

    def start(self, name, command, port=None, env=None, unprivileged=False):
        log = self.folder / f"{name}.log"
        user = servant() if unprivileged else None
        with open(log, "ab") as out:
            process = subprocess.Popen(
                [str(c) for c in command], stdin=subprocess.DEVNULL, stdout=out, stderr=out, start_new_session=True, cwd=self.folder,
                env={**os.environ, **(env or {})}, **({"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []} if user else {}),
            )
        self.processes.append({"name": name, "pid": process.pid, "since": instant(process.pid)})
        self.keep()
        if port:
            wait_for(name, lambda: listening(port), process, log)
        return process

    def pid(self, name):
        return next((p["pid"] for p in self.processes if p["name"] == name), None)

    def down(self):
        """Last started, first stopped; each is asked, then killed with its group."""
        for p in reversed(self.processes):
            if p["since"] is None or instant(p["pid"]) != p["since"]:
                continue
            os.kill(p["pid"], signal.SIGINT if p["name"] == "postgres" else signal.SIGTERM)
            until = time.monotonic() + STOP_S
            while instant(p["pid"]) == p["since"] and time.monotonic() < until:
                _reap()
                time.sleep(0.05)
            if instant(p["pid"]) == p["since"]:
                os.killpg(p["pid"], signal.SIGKILL)
        self.processes = []
        if self.folder and self.folder.name.startswith("taskoverflow-"):
            shutil.rmtree(self.folder, ignore_errors=True)
        self.record.unlink(missing_ok=True)

    # --- parts ---

    def up(self, o):
        if self.record.exists():
            raise Trouble(f"a stack is up on port {self.port} (or was left behind): examples/taskoverflow/down --port {self.port} first")
        if not PYTHON.exists():
            raise Trouble("its virtual environment is not there: run examples/taskoverflow/setup first")
        for what in range(self.port, self.port + 8):
            if listening(what):
                raise Trouble(f"port {what} is in use; --port takes the first of eight free ones")
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="taskoverflow-"))
        self.folder.chmod(0o755)
        self.keep()
        database = self._postgres(o)
        if o.db_distance:
            self.start(
                "distance", [PYTHON, "-m", "taskoverflow.distance", self.at("distance"), self.at("postgres"), o.db_distance],
                self.at("distance"), {"PYTHONPATH": str(HERE)},
            )
            database = database.replace(f"port={self.at('postgres')}", f"port={self.at('distance')}")
        if o.pgbouncer:
            database = self._pgbouncer(o, database)
        if o.cache != "none":
            self._redis(o)
        self._app(o, database)
        self._metrics(o)
        if o.nginx:
            self._nginx(o)
        if o.pool:  # else its connections would be taken before anybody observes
            _warm(self.port)
        self.facts.update(
            stack=o.stack, url=f"http://127.0.0.1:{self.port}", metrics=f"http://127.0.0.1:{self.at('metrics')}/metrics",
            log=str(self.folder / "requests.log"), observe=self._observe(o),
        )
        self.keep()

    def _postgres(self, o):
        data, user = self.folder / "postgres", servant()
        data.mkdir(mode=0o700)
        if user:
            os.chown(data, user.pw_uid, user.pw_gid)
        who = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []} if user else {}
        made = subprocess.run(
            [find("initdb"), "-D", data, "-U", "keeper", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "-N"],
            capture_output=True, text=True, cwd="/", check=False, **who,
        )
        if made.returncode:
            raise Trouble(f"initdb: {made.stderr.strip()}")
        # The superuser comes in by the socket in the private folder only; by TCP the application and who observes it.
        (data / "pg_hba.conf").write_text(
            "local all keeper trust\nhost taskoverflow app 127.0.0.1/32 trust\nhost taskoverflow observer 127.0.0.1/32 trust\n"
        )
        with open(data / "postgresql.conf", "a", encoding="utf-8") as conf:
            conf.write(
                f"listen_addresses = '127.0.0.1'\nport = {self.at('postgres')}\nunix_socket_directories = '{data}'\n"
                f"max_connections = {o.max_connections}\nshared_preload_libraries = 'pg_stat_statements'\ntrack_io_timing = on\n"
                "fsync = off\nfull_page_writes = off\nsynchronous_commit = off\nshared_buffers = 256MB\nmaintenance_work_mem = 256MB\n"
                "max_wal_size = 4GB\nmax_parallel_workers_per_gather = 0\njit = off\nautovacuum_naptime = 1h\n"
            )
        self.start("postgres", [find("postgres"), "-D", data], self.at("postgres"), unprivileged=True)
        began = time.monotonic()
        self.sql("postgres", "CREATE ROLE app LOGIN", "CREATE ROLE observer LOGIN IN ROLE pg_monitor", "CREATE DATABASE taskoverflow OWNER app")
        self.sql("taskoverflow", "CREATE EXTENSION pg_stat_statements", "SET ROLE app", *_schema(o))
        self.sql("taskoverflow", "VACUUM ANALYZE")
        self.sql("taskoverflow", "SELECT pg_stat_statements_reset()", "SELECT pg_stat_reset()")
        say(f"PostgreSQL on {self.at('postgres')}, {o.rows} todos seeded in {time.monotonic() - began:.1f} s")
        return f"host=127.0.0.1 port={self.at('postgres')} user=app dbname=taskoverflow connect_timeout=10"

    def sql(self, database, *statements):
        until = time.monotonic() + START_S
        while True:
            done = subprocess.run(
                [find("psql"), "-X", "-q", "-v", "ON_ERROR_STOP=1", "-h", self.folder / "postgres", "-p", str(self.at("postgres")), "-U", "keeper",
                 "-d", database, *(a for s in statements for a in ("-c", s))], capture_output=True, text=True, check=False,
            )
            if done.returncode == 0:
                return
            if "starting up" not in done.stderr or time.monotonic() > until:
                raise Trouble(f"psql: {done.stderr.strip()}")
            time.sleep(0.1)

    def _pgbouncer(self, o, database):
        port = database.partition("port=")[2].partition(" ")[0]
        conf, users = self.folder / "pgbouncer.ini", self.folder / "pgbouncer.users"
        users.write_text('"app" ""\n"observer" ""\n')
        conf.write_text(
            f"[databases]\ntaskoverflow = host=127.0.0.1 port={port} dbname=taskoverflow\n[pgbouncer]\nlisten_addr = 127.0.0.1\n"
            f"listen_port = {self.at('pgbouncer')}\nunix_socket_dir =\nauth_type = trust\nauth_file = {users}\nstats_users = observer\n"
            f"pool_mode = transaction\nmax_client_conn = 5000\ndefault_pool_size = {o.pgbouncer_pool}\nquery_wait_timeout = 60\n"
            "ignore_startup_parameters = extra_float_digits\nlog_connections = 0\nlog_disconnections = 0\n"
        )
        self.start("pgbouncer", [find("pgbouncer"), conf], self.at("pgbouncer"), unprivileged=True,
                   env={"LD_LIBRARY_PATH": str(BUILD / "debian" / "usr" / "lib" / f"{os.uname().machine}-linux-gnu")})
        say(f"PgBouncer on {self.at('pgbouncer')}: {o.pgbouncer_pool} connections to the database")
        return database.replace(f"port={port}", f"port={self.at('pgbouncer')}")

    def _redis(self, o):
        # Debian's redis-check-rdb and redis-server are one program that goes by the name it is called by.
        program = shutil.which("redis-server")
        if not program:
            program = self.folder / "redis-server"
            program.symlink_to(find("redis-check-rdb"))
        self.start("redis", [program, "--port", self.at("redis"), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", self.folder,
                             "--maxmemory", o.redis_memory, "--maxmemory-policy", "noeviction"], self.at("redis"))
        say(f"Redis on {self.at('redis')}: at most {o.redis_memory}, nothing evicted")

    def _app(self, o, database):
        inside = self.at("app") if o.nginx else self.port
        counters = self.folder / "counters"
        counters.mkdir()
        processes = o.workers
        pool = max(1, o.pool // processes) if o.pool else 0
        self.facts["pool"] = pool * processes
        env = {
            "PYTHONPATH": str(HERE), "PROMETHEUS_MULTIPROC_DIR": str(counters), "TASKOVERFLOW_DATABASE": database,
            "TASKOVERFLOW_POOL": str(pool), "TASKOVERFLOW_PREPARE": "0" if o.pgbouncer else "1", "TASKOVERFLOW_N_PLUS_1": str(int(o.n_plus_1)),
            "TASKOVERFLOW_LOG": str(self.folder / "requests.log"), "TASKOVERFLOW_CACHE_TTL": "0" if o.cache == "redis-no-ttl" else "5",
            "TASKOVERFLOW_REDIS": f"redis://127.0.0.1:{self.at('redis')}/0" if o.cache != "none" else "",
            "OTEL_EXPORTER_OTLP_ENDPOINT": o.otlp, "OTEL_EXPORTER_OTLP_PROTOCOL": "http/protobuf",
        }
        if o.stack == "flask":
            command = [PYTHON, "-m", "gunicorn", "-c", HERE / "taskoverflow" / "gunicorn_conf.py", "-b", f"127.0.0.1:{inside}", "-w", o.workers]
            command += ["-k", "gthread", "--threads", o.threads] if o.threads > 1 else ["-k", "sync"]
            command += ["taskoverflow.flask_app:app"]
        else:
            command = [PYTHON, "-m", "uvicorn", "taskoverflow.fastapi_app:app", "--host", "127.0.0.1", "--port", inside, "--workers", o.workers,
                       "--no-access-log", "--log-level", "warning", "--timeout-graceful-shutdown", "3"]
        process = self.start("app", command, inside, env)
        wait_for("the application", lambda: _healthy(inside), process, self.folder / "app.log")
        say(f"{o.stack} on {inside}: {o.workers} processes, {o.threads if o.stack == 'flask' else 'any number of'} requests each, pool {pool * processes}")

    def _metrics(self, o):
        inside = self.at("app") if o.nginx else self.port
        command = [PYTHON, "-m", "taskoverflow.metrics_server", self.at("metrics"), "--master", self.pid("app"), "--backlog-of", inside]
        command += ["--pool", self.facts["pool"]]
        command += ["--workers", o.workers * o.threads] if o.stack == "flask" else []
        self.start("metrics", command, self.at("metrics"), {"PYTHONPATH": str(HERE), "PROMETHEUS_MULTIPROC_DIR": str(self.folder / "counters")})

    def _nginx(self, o):
        folder = self.folder / "nginx"
        folder.mkdir()
        limit = zone = ""
        if o.rate_limit:
            zone = f"limit_req_zone $server_name zone=all:1m rate={o.rate_limit}r/s;\n    limit_req_status 429;"
            limit = f"limit_req zone=all burst={max(1, o.rate_limit // 10)} nodelay;"
        temp = "".join(f"    {k}_temp_path {folder}/{k};\n" for k in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
        conf = folder / "nginx.conf"
        conf.write_text(
            f"{'user ' + servant().pw_name + ';' if servant() else ''}\nworker_processes 1;\ndaemon off;\npid {folder}/pid;\nerror_log {folder}/error.log warn;\n"
            "events { worker_connections 8192; }\nworker_rlimit_nofile 20000;\n"
            f"http {{\n    access_log off;\n    keepalive_timeout 75;\n    keepalive_requests 1000000;\n{temp}    {zone}\n"
            f"    server {{\n        listen 127.0.0.1:{self.port} backlog=4096;\n        server_name taskoverflow;\n"
            f"        location / {{\n            {limit}\n            proxy_pass http://127.0.0.1:{self.at('app')};\n            proxy_http_version 1.1;\n"
            '            proxy_set_header Connection "";\n            proxy_set_header Host $host;\n            proxy_read_timeout 120s;\n        }\n    }\n'
            f"    server {{\n        listen 127.0.0.1:{self.at('status')};\n        location = /status {{ stub_status; }}\n    }}\n}}\n"
        )
        if servant():
            for path in (folder, folder / "error.log"):
                path.touch() if path != folder else None
                os.chown(path, servant().pw_uid, servant().pw_gid)
        self.start("nginx", [find("nginx"), "-c", conf, "-e", folder / "error.log"], self.port)
        say(f"nginx on {self.port}" + (f": {o.rate_limit} requests a second" if o.rate_limit else ""))

    def _observe(self, o):
        """What to hand to --observe, each with what it shows."""
        what = ["host", f"proc:{self.pid('app')}", f"prometheus:http://127.0.0.1:{self.at('metrics')}/metrics",
                f"postgres://observer@127.0.0.1:{self.at('postgres')}/taskoverflow"]
        if o.pgbouncer:
            what.append(f"pgbouncer://observer@127.0.0.1:{self.at('pgbouncer')}/pgbouncer")
        if o.cache != "none":
            what.append(f"redis://127.0.0.1:{self.at('redis')}")
        if o.nginx:
            what.append(f"nginx:http://127.0.0.1:{self.at('status')}/status")
        return what


def _reap():
    try:
        os.waitpid(-1, os.WNOHANG)
    except ChildProcessError:
        pass


def _healthy(port):
    return _answers(port, "/api/v1/health")


def _answers(port, path):
    try:
        with socket.create_connection(("127.0.0.1", port), 2) as s:
            s.settimeout(5)
            s.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
            return s.recv(64).startswith(b"HTTP/1.1 200")
    except OSError:
        return False


def _warm(port):
    """Connections opened, caches of the interpreter filled: what a deployment does before it takes traffic. Bounded."""
    until = time.monotonic() + WARM_S

    def ask():
        for path in ("/api/v1/todos/1", "/api/v1/todos?limit=1&owner=1", "/shop/products") * 8:
            if time.monotonic() < until:
                _answers(port, path)

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()


def _schema(o):
    users = max(200, o.rows // 100)
    words = "(ARRAY['kettle','teapot','mug','biscuit','scarf','ticket','whistle','ball'])"
    statements = [
        "CREATE TABLE users (id int PRIMARY KEY, email text NOT NULL UNIQUE, name text NOT NULL)",
        "CREATE TABLE todos (id bigint GENERATED BY DEFAULT AS IDENTITY, owner_id int NOT NULL, title text NOT NULL, description text, "
        "completed bool NOT NULL DEFAULT false, deadline_at timestamp, created_at timestamp NOT NULL DEFAULT now(), updated_at timestamp NOT NULL DEFAULT now())",
        "CREATE TABLE products (id int PRIMARY KEY, name text NOT NULL, description text NOT NULL, price_cents int NOT NULL)",
        "CREATE TABLE reviews (product_id int NOT NULL, stars int NOT NULL)",
        "CREATE TABLE sessions (token text PRIMARY KEY, user_id int NOT NULL, created_at timestamp NOT NULL DEFAULT now())",
        f"INSERT INTO users SELECT n, 'user' || n || '@shop.example', 'User ' || n FROM generate_series(1, {users}) n",
        f"INSERT INTO todos (owner_id, title, description, completed, deadline_at) SELECT 1 + n % {users}, 'Todo ' || n, "
        f"'Look after ' || {words}[1 + n % 8] || ' number ' || n, n % 3 = 0, timestamp '2026-01-01' + n % 365 * interval '1 day' FROM generate_series(1, {o.rows}) n",
        f"INSERT INTO products SELECT n, {words}[1 + n % 8] || ' no. ' || n, repeat('A fine ' || {words}[1 + n % 8] || ' for half-time. ', 6), 100 + n * 37 % 9900 "
        "FROM generate_series(1, 2400) n",
        "INSERT INTO reviews SELECT 1 + n % 2400, 1 + n % 5 FROM generate_series(1, 12000) n",
        "ALTER TABLE todos ADD PRIMARY KEY (id)",
        "CREATE INDEX reviews_product ON reviews (product_id)",
        "CREATE INDEX products_name ON products (name text_pattern_ops)",
    ]
    if not o.no_index:
        statements.append("CREATE INDEX todos_owner ON todos (owner_id, id)")
    return statements
