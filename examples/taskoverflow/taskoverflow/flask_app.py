"""TaskOverflow on Flask: a thread per request, psycopg and its pool."""
import contextlib
import threading
import time

import psycopg
import psycopg_pool
import redis
from flask import Flask, Response, g, jsonify, make_response, request
from opentelemetry.instrumentation.flask import FlaskInstrumentor
from opentelemetry.instrumentation.psycopg import PsycopgInstrumentor
from opentelemetry.instrumentation.redis import RedisInstrumentor
from werkzeug.exceptions import HTTPException

from taskoverflow import metrics, operations, settings, telemetry
from taskoverflow.operations import Refused

SETTINGS = settings.read()
app = Flask(__name__)
app.json.sort_keys = False
log = telemetry.Log(SETTINGS.log)
own = threading.local()
workers_busy = metrics.gauge("http_workers_busy", "Workers that work on a request.")
pool = None
store = None

if SETTINGS.otlp:
    PsycopgInstrumentor().instrument()
    RedisInstrumentor().instrument()
    FlaskInstrumentor().instrument_app(app)


def begin():
    """After the fork: what has threads or connections."""
    global pool, store
    telemetry.start(SETTINGS, "taskoverflow-flask")
    arguments = {"autocommit": True, "prepare_threshold": 5 if SETTINGS.prepare else None}
    if SETTINGS.pool:
        pool = psycopg_pool.ConnectionPool(SETTINGS.database, kwargs=arguments, min_size=SETTINGS.pool, max_size=SETTINGS.pool, open=False)
        pool.open()
    if SETTINGS.redis:
        store = redis.Redis.from_url(SETTINGS.redis)


@contextlib.contextmanager
def connection():
    if pool:
        began = time.perf_counter()
        metrics.pool_waiting.inc()
        try:
            taken = pool.getconn(timeout=SETTINGS.pool_wait_s)
        except psycopg_pool.PoolTimeout:
            raise Refused(503, "no database connection became free") from None
        finally:
            metrics.pool_waiting.dec()
            metrics.pool_wait.observe(time.perf_counter() - began)
        metrics.pool_busy.inc()
        try:
            yield taken
        finally:
            metrics.pool_busy.dec()
            pool.putconn(taken)
        return
    # No pool: a connection per thread, kept as long as it lives (as Django's CONN_MAX_AGE does).
    if getattr(own, "connection", None) is None or own.connection.closed:
        own.connection = psycopg.connect(SETTINGS.database, autocommit=True, prepare_threshold=5 if SETTINGS.prepare else None)
    metrics.pool_busy.inc()
    try:
        yield own.connection
    finally:
        metrics.pool_busy.dec()


def run(operation):
    """Plays an operation on one connection."""
    try:
        asked = next(operation)
        with connection() as c:
            while True:
                began = time.perf_counter()
                rows = c.execute(*asked).fetchall()
                metrics.query.observe(time.perf_counter() - began)
                metrics.queries.inc()
                g.queries += 1
                asked = operation.send(rows)
    except StopIteration as done:
        return done.value


def cached(operation):
    if not store:
        return run(operation)
    key = operations.cache_key(request.path, request.args)
    found = store.get(key)
    if found is not None:
        metrics.cache_hits.inc()
        return found.decode()
    metrics.cache_misses.inc()
    page = run(operation)
    store.set(key, page, ex=SETTINGS.cache_ttl_s or None)
    return page


# --- around each request ---


@app.before_request
def before():
    g.began, g.queries = time.perf_counter(), 0
    g.request_id, g.trace_id = telemetry.ids(request.headers)
    metrics.in_flight.inc()
    workers_busy.inc()


@app.after_request
def after(response):
    response.headers["X-Request-ID"] = g.request_id
    g.status = response.status_code
    return response


@app.teardown_request
def teardown(error=None):
    if "began" not in g:
        return
    took, status = time.perf_counter() - g.began, g.get("status", 500)
    route = str(request.url_rule or "(none)")
    metrics.in_flight.dec()
    workers_busy.dec()
    metrics.requests.labels(request.method, route, status).inc()
    metrics.duration.labels(request.method, route).observe(took)
    metrics.per_request.observe(g.queries)
    log.write(
        "error" if status >= 500 else "warning" if status >= 400 else "info",
        g.get("trouble") or "request finished",
        request_id=g.request_id, trace_id=g.trace_id, method=request.method, route=route, path=request.full_path.rstrip("?"),
        status=status, duration_ms=round(took * 1000, 3), queries=g.queries,
    )


@app.errorhandler(Refused)
def refused(e):
    g.trouble = e.why
    return jsonify(detail=e.why), e.status


@app.errorhandler(Exception)
def failed(e):
    if isinstance(e, HTTPException):
        g.trouble = e.description
        return jsonify(detail=e.description), e.code
    g.trouble = f"{type(e).__name__}: {str(e).strip()}"
    return jsonify(detail="Internal Server Error"), 500


# --- routes ---


@app.get("/api/v1/health")
def health():
    return jsonify(status="ok")


@app.get("/api/v1/todos")
def todos_list():
    return jsonify(run(operations.todos_list(request.args, SETTINGS.n_plus_1)))


@app.post("/api/v1/todos")
def todos_create():
    return jsonify(run(operations.todos_create(request.get_json(force=True)))), 201


@app.get("/api/v1/todos/<todo_id>")
def todos_get(todo_id):
    return jsonify(run(operations.todos_get(todo_id)))


@app.put("/api/v1/todos/<todo_id>")
def todos_put(todo_id):
    return jsonify(run(operations.todos_put(todo_id, request.get_json(force=True))))


@app.delete("/api/v1/todos/<todo_id>")
def todos_delete(todo_id):
    return jsonify(run(operations.todos_delete(todo_id)))


@app.post("/login")
def login():
    what = request.get_json(silent=True) or request.form
    session = run(operations.login(what.get("username") or what.get("email")))
    if store:
        store.set("session:" + session["token"], session["name"], ex=3600 if SETTINGS.cache_ttl_s else None)
    else:
        run(operations.session_keep(session))
    response = make_response(jsonify(name=session["name"]))
    response.set_cookie("session", session["token"], httponly=True)
    return response


@app.get("/me")
def me():
    token = request.cookies.get("session", "")
    if store:
        name = store.get("session:" + token)
        name = name.decode() if name else None
    else:
        name = run(operations.session_find(token))
    if not name:
        raise Refused(401, "log in first")
    return jsonify(name=name)


@app.get("/shop/products")
def shop_products():
    return Response(cached(operations.shop_products(request.args, SETTINGS.n_plus_1)), mimetype="text/html")


@app.get("/shop/search")
def shop_search():
    return Response(cached(operations.shop_search(request.args, SETTINGS.n_plus_1)), mimetype="text/html")
