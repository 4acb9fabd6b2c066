"""TaskOverflow on FastAPI: one loop per process, psycopg's asynchronous pool."""
import contextlib
import time
from contextvars import ContextVar

import psycopg_pool
import redis.asyncio
from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse, JSONResponse
from opentelemetry.instrumentation.fastapi import FastAPIInstrumentor
from opentelemetry.instrumentation.psycopg import PsycopgInstrumentor
from opentelemetry.instrumentation.redis import RedisInstrumentor

from taskoverflow import metrics, operations, settings, telemetry
from taskoverflow.operations import Refused

SETTINGS = settings.read()
log = telemetry.Log(SETTINGS.log)
seen = ContextVar("seen")  # of the request at hand: {"queries", "trouble"}
pool = None
store = None

telemetry.start(SETTINGS, "taskoverflow-fastapi")
if SETTINGS.otlp:
    PsycopgInstrumentor().instrument()
    RedisInstrumentor().instrument()


@contextlib.asynccontextmanager
async def lifespan(_):
    global pool, store
    arguments = {"autocommit": True, "prepare_threshold": 5 if SETTINGS.prepare else None}
    size = max(1, SETTINGS.pool)
    pool = psycopg_pool.AsyncConnectionPool(SETTINGS.database, kwargs=arguments, min_size=size, max_size=size, open=False)
    await pool.open()
    if SETTINGS.redis:
        store = redis.asyncio.Redis.from_url(SETTINGS.redis)
    yield
    await pool.close()


app = FastAPI(lifespan=lifespan, docs_url=None, redoc_url=None)


@contextlib.asynccontextmanager
async def connection():
    began = time.perf_counter()
    metrics.pool_waiting.inc()
    try:
        taken = await pool.getconn(timeout=SETTINGS.pool_wait_s)
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
        await pool.putconn(taken)


async def run(operation):
    """Plays an operation on one connection."""
    try:
        asked = next(operation)
        async with connection() as c:
            while True:
                began = time.perf_counter()
                rows = await (await c.execute(*asked)).fetchall()
                metrics.query.observe(time.perf_counter() - began)
                metrics.queries.inc()
                seen.get()["queries"] += 1
                try:
                    asked = operation.send(rows)
                except StopIteration as done:  # must not leave a coroutine's with
                    return done.value
    except StopIteration as done:
        return done.value


async def cached(request, operation):
    if not store:
        return await run(operation)
    key = operations.cache_key(request.url.path, request.query_params)
    found = await store.get(key)
    if found is not None:
        metrics.cache_hits.inc()
        return found.decode()
    metrics.cache_misses.inc()
    page = await run(operation)
    await store.set(key, page, ex=SETTINGS.cache_ttl_s or None)
    return page


# --- around each request ---


@app.middleware("http")
async def around(request: Request, call_next):
    began, about = time.perf_counter(), {"queries": 0, "trouble": ""}
    seen.set(about)
    request_id, trace_id = telemetry.ids(request.headers)
    metrics.in_flight.inc()
    try:
        response = await call_next(request)
    except Exception as e:  # noqa: BLE001 — whatever a route lets through is a 500 with a line in the log
        about["trouble"] = f"{type(e).__name__}: {str(e).strip()}"
        response = JSONResponse({"detail": "Internal Server Error"}, 500)
    finally:
        metrics.in_flight.dec()
    took = time.perf_counter() - began
    route = getattr(request.scope.get("route"), "path", "(none)")
    metrics.requests.labels(request.method, route, response.status_code).inc()
    metrics.duration.labels(request.method, route).observe(took)
    metrics.per_request.observe(about["queries"])
    log.write(
        "error" if response.status_code >= 500 else "warning" if response.status_code >= 400 else "info",
        about["trouble"] or "request finished",
        request_id=request_id, trace_id=trace_id, method=request.method, route=route, path=request.url.path + (f"?{request.url.query}" if request.url.query else ""),
        status=response.status_code, duration_ms=round(took * 1000, 3), queries=about["queries"],
    )
    response.headers["X-Request-ID"] = request_id
    return response


@app.exception_handler(Refused)
async def refused(request, e):
    seen.get()["trouble"] = e.why
    return JSONResponse({"detail": e.why}, e.status)


async def body_of(request):
    try:
        return await request.json()
    except ValueError as e:
        raise Refused(400, f"Bad JSON: {e}") from None


# --- routes ---


@app.get("/api/v1/health")
async def health():
    return JSONResponse({"status": "ok"})


@app.get("/api/v1/todos")
async def todos_list(request: Request):
    return JSONResponse(await run(operations.todos_list(request.query_params, SETTINGS.n_plus_1)))


@app.post("/api/v1/todos")
async def todos_create(request: Request):
    return JSONResponse(await run(operations.todos_create(await body_of(request))), 201)


@app.get("/api/v1/todos/{todo_id}")
async def todos_get(todo_id: str):
    return JSONResponse(await run(operations.todos_get(todo_id)))


@app.put("/api/v1/todos/{todo_id}")
async def todos_put(todo_id: str, request: Request):
    return JSONResponse(await run(operations.todos_put(todo_id, await body_of(request))))


@app.delete("/api/v1/todos/{todo_id}")
async def todos_delete(todo_id: str):
    return JSONResponse(await run(operations.todos_delete(todo_id)))


@app.post("/login")
async def login(request: Request):
    what = await request.json() if "json" in request.headers.get("content-type", "") else {}
    session = await run(operations.login(what.get("username") or what.get("email")))
    if store:
        await store.set("session:" + session["token"], session["name"], ex=3600 if SETTINGS.cache_ttl_s else None)
    else:
        await run(operations.session_keep(session))
    response = JSONResponse({"name": session["name"]})
    response.set_cookie("session", session["token"], httponly=True)
    return response


@app.get("/me")
async def me(request: Request):
    token = request.cookies.get("session", "")
    if store:
        name = await store.get("session:" + token)
        name = name.decode() if name else None
    else:
        name = await run(operations.session_find(token))
    if not name:
        raise Refused(401, "log in first")
    return JSONResponse({"name": name})


@app.get("/shop/products")
async def shop_products(request: Request):
    return HTMLResponse(await cached(request, operations.shop_products(request.query_params, SETTINGS.n_plus_1)))


@app.get("/shop/search")
async def shop_search(request: Request):
    return HTMLResponse(await cached(request, operations.shop_search(request.query_params, SETTINGS.n_plus_1)))


if SETTINGS.otlp:
    FastAPIInstrumentor.instrument_app(app, exclude_spans=["receive", "send"])
