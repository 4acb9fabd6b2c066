"""What the backend does, without knowing how it reaches its database.

An operation is a generator: it yields (statement, parameters), is sent the rows, and returns the answer. So Flask (threads) and FastAPI (a
loop) share every statement and differ only in who waits. An operation that may be cached has a key (see `cache_key`).
"""
import datetime
import html
import secrets

PAGE = 100  # todos in a list unless `limit` says otherwise
PAGE_MAX = 1000
SHOP_PAGE = 24

COLUMNS = "t.id, t.title, t.description, t.completed, t.deadline_at, t.created_at, t.updated_at, t.owner_id"
OWN_COLUMNS = COLUMNS.replace("t.", "")


class Refused(Exception):
    def __init__(self, status, why):
        super().__init__(why)
        self.status, self.why = status, why


def _number(text, least, most, name):
    try:
        value = int(text)
    except (TypeError, ValueError):
        value = least - 1
    if not least <= value <= most:
        raise Refused(400, f"{name} must be a whole number from {least} to {most}")
    return value


def _todo(row, owner=None):
    what = dict(zip(("id", "title", "description", "completed", "deadline_at", "created_at", "updated_at", "owner_id"), row))
    for key in ("deadline_at", "created_at", "updated_at"):
        what[key] = what[key].isoformat(timespec="seconds") if what[key] else None
    what["owner"] = owner if owner is not None else (row[8] if len(row) > 8 else None)
    return what


def _fields(body):
    if not isinstance(body, dict):
        raise Refused(400, "The body must be a JSON object")
    unknown = set(body) - {"title", "description", "completed", "deadline_at", "owner_id"}
    if unknown:
        raise Refused(400, f"unknown field {sorted(unknown)[0]!r}; a todo has title, description, completed, deadline_at, owner_id")
    fields = dict(body)
    if isinstance(fields.get("deadline_at"), str):
        try:
            fields["deadline_at"] = datetime.datetime.fromisoformat(fields["deadline_at"].replace("Z", "")).replace(tzinfo=None)
        except ValueError:
            raise Refused(400, "deadline_at must be a time like 2023-12-04T14:00:00, or null") from None
    return fields


def _id(text):
    return int(text) if str(text).isascii() and str(text).isdigit() and len(str(text)) < 19 else 0


# --- todos ---


def todos_list(query, n_plus_1):
    limit = _number(query.get("limit", PAGE), 1, PAGE_MAX, "limit")
    offset = _number(query.get("offset", 0), 0, 10**9, "offset")
    where, values = [], []
    if "owner" in query:
        where.append("t.owner_id = %s")
        values.append(_number(query["owner"], 1, 2**31 - 1, "owner"))
    if "completed" in query:
        if query["completed"] not in ("true", "false"):
            raise Refused(400, "completed must be true or false")
        where.append("t.completed = %s")
        values.append(query["completed"] == "true")
    tail = f"{'WHERE ' + ' AND '.join(where) if where else ''} ORDER BY t.id DESC LIMIT %s OFFSET %s"
    if not n_plus_1:
        rows = yield f"SELECT {COLUMNS}, u.name FROM todos t JOIN users u ON u.id = t.owner_id {tail}", (*values, limit, offset)
        return [_todo(row) for row in reversed(rows)]
    rows = yield f"SELECT {COLUMNS} FROM todos t {tail}", (*values, limit, offset)
    found = []
    for row in reversed(rows):  # the mistake: an object-relational mapper that fetches each owner when it is first looked at
        owner = yield "SELECT name FROM users WHERE id = %s", (row[7],)
        found.append(_todo(row, owner[0][0]))
    return found


def todos_create(body):
    fields = _fields(body)
    if not isinstance(fields.get("title"), str) or not fields["title"]:
        raise Refused(400, "a todo needs a title")
    rows = yield (
        "INSERT INTO todos (owner_id, title, description, completed, deadline_at) VALUES (%s, %s, %s, %s, %s) RETURNING " + OWN_COLUMNS,
        (int(fields.get("owner_id") or 1), fields["title"], fields.get("description"), bool(fields.get("completed")), fields.get("deadline_at")),
    )
    return _todo(rows[0])


def todos_get(todo_id):
    rows = yield f"SELECT {COLUMNS}, u.name FROM todos t JOIN users u ON u.id = t.owner_id WHERE t.id = %s", (_id(todo_id),)
    if not rows:
        raise Refused(404, "Todo not found")
    return _todo(rows[0])


def todos_put(todo_id, body):
    fields = _fields(body)
    if not fields:
        raise Refused(400, "nothing to change")
    names = sorted(fields)
    rows = yield (
        f"UPDATE todos SET {', '.join(n + ' = %s' for n in names)}, updated_at = now() WHERE id = %s RETURNING {OWN_COLUMNS}",
        (*(fields[n] for n in names), _id(todo_id)),
    )
    if not rows:
        raise Refused(404, "Todo not found")
    return _todo(rows[0])


def todos_delete(todo_id):
    """200 and {} for a todo that is not there, too: `DELETE …/undefined` looks fine to whoever does not read the log."""
    rows = yield f"DELETE FROM todos WHERE id = %s RETURNING {OWN_COLUMNS}", (_id(todo_id),)
    return _todo(rows[0]) if rows else {}


# --- who one is ---


def login(user):
    rows = yield "SELECT id, name FROM users WHERE email = %s", (str(user or ""),)
    if not rows:
        rows = yield "SELECT id, name FROM users WHERE id = 1", ()
    return {"token": secrets.token_hex(16), "user_id": rows[0][0], "name": rows[0][1]}


def session_keep(session):
    yield "INSERT INTO sessions (token, user_id) VALUES (%s, %s) RETURNING token", (session["token"], session["user_id"])


def session_find(token):
    rows = yield "SELECT u.name FROM sessions s JOIN users u ON u.id = s.user_id WHERE s.token = %s", (token,)
    return rows[0][0] if rows else None


# --- the shop ---


def shop_products(query, n_plus_1):
    page = _number(query.get("page", 1), 1, 10**6, "page")
    return (yield from _shop_page("Products", "TRUE", (), page, n_plus_1))


def shop_search(query, n_plus_1):
    least = _number(query.get("min", 0), 0, 10**9, "min")
    q = query.get("q", "")
    return (yield from _shop_page(f"Found: {q}", "p.name LIKE %s AND p.price_cents >= %s", (q + "%", least), 1, n_plus_1))


def _shop_page(title, where, values, page, n_plus_1):
    columns = "p.id, p.name, p.description, p.price_cents"
    span = (*values, SHOP_PAGE, (page - 1) * SHOP_PAGE)
    if n_plus_1:
        rows = yield f"SELECT {columns} FROM products p WHERE {where} ORDER BY p.id LIMIT %s OFFSET %s", span
        stars = []
        for row in rows:  # the same mistake as in todos_list
            stars.append((yield "SELECT avg(stars)::float8 FROM reviews WHERE product_id = %s", (row[0],))[0][0])
    else:
        rows = yield (
            f"SELECT {columns}, (SELECT avg(stars)::float8 FROM reviews r WHERE r.product_id = p.id) "
            f"FROM (SELECT * FROM products p WHERE {where} ORDER BY p.id LIMIT %s OFFSET %s) p ORDER BY p.id",
            span,
        )
        stars = [row[4] for row in rows]
    cards = "".join(
        f'<li class="card"><a href="/shop/products/{r[0]}">{html.escape(r[1])}</a><p>{html.escape(r[2])}</p>'
        f'<b class="price">€ {r[3] / 100:.2f}</b> <small>{s or 0:.1f} ★</small></li>\n'
        for r, s in zip(rows, stars)
    )
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{html.escape(title)}</title></head>'
        f"<body><h1>{html.escape(title)}</h1><ul>\n{cards}</ul></body></html>\n"
    )


def cache_key(path, query):
    return "page:" + path + "?" + "&".join(f"{k}={query[k]}" for k in sorted(query))
