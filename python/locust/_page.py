"""What the page's start form needs to know, and what somebody filled in there.

The page is the program's, which starts the processes of each run anew; the values of the form come in the environment variable
HALFTIME_START: {"users", "spawn_rate", "host", "run_time", "classes": [...], "args": {...}}, each optional.
"""
import argparse
import json
import os

from . import argument_parser
from .util.ratio import get_ratio, spread_users
from .util.timespan import parse_timespan

_VARIABLE = "HALFTIME_START"


def started():
    """The filled-in form, or None when the test does not come from it."""
    text = os.environ.get(_VARIABLE)
    return json.loads(text) if text else None


def _typed(action, value):
    """A form's text as the option's own type."""
    if isinstance(value, list):
        return [_typed(action, one) for one in value]
    convert = action.type if callable(action.type) else None
    if convert and isinstance(value, str):
        return convert(value)
    return value


def _flag(value):
    return value if isinstance(value, bool) else str(value).lower() in ("true", "on", "1", "yes")


def _apply_custom(options, args):
    parser = argument_parser.get_parser()
    actions = {action.dest: action for action in parser._actions}
    known = argument_parser.custom_options(options)
    for name, value in args.items():
        if name not in known:
            continue
        action = actions.get(name)
        if isinstance(known[name], bool) or (action and action.nargs == 0):
            value = _flag(value)
        elif action is not None:
            if isinstance(known[name], list) and not isinstance(value, list):
                value = [value]
            value = _typed(action, value)
        setattr(options, name, value)


def apply(options):
    """Sets the options as the form says. ValueError: with the sentence for whoever filled it in."""
    start = started()
    if start is None:
        return
    if start.get("users") is not None:
        options.num_users = int(start["users"])
    if start.get("spawn_rate") is not None:
        options.spawn_rate = float(start["spawn_rate"])
    options.num_users = 1 if options.num_users is None else options.num_users
    options.spawn_rate = 1 if options.spawn_rate is None else options.spawn_rate
    if start.get("host"):
        options.host = start["host"]
    if "run_time" in start:
        options.run_time = parse_timespan(str(start["run_time"])) if start["run_time"] else None
    if start.get("classes"):
        options.user_classes = list(start["classes"])
    try:
        _apply_custom(options, start.get("args") or {})
    except (argparse.ArgumentTypeError, TypeError, ValueError) as error:
        raise ValueError(f"a custom argument has a wrong value: {error}") from None


def _kind(action, value):
    if isinstance(value, bool) or action.nargs == 0:
        return "flag"
    if isinstance(value, list) or getattr(action, "is_multiple", False):
        return "multiple"
    if action.choices:
        return "choice"
    return "number" if action.type in (int, float) else "text"


def _args(options):
    parser = argument_parser.get_parser()
    known = argument_parser.custom_options(options)
    rows = []
    for name, action in parser.args_included_in_web_ui.items():
        if name not in known:
            continue
        secret = bool(getattr(action, "is_secret", False))
        rows.append({
            "name": name, "flag": action.option_strings[-1] if action.option_strings else name, "help": action.help or "",
            "kind": _kind(action, known[name]), "default": None if secret else known[name],
            "choices": list(action.choices) if action.choices else None,
            "required": bool(getattr(action, "is_required", False)), "secret": secret,
        })
    return rows


def _class(environment, cls):
    return {"name": cls.__name__, "host": environment.host or cls.host, "weight": cls.weight, "fixed_count": cls.fixed_count,
            "tasks": list(dict.fromkeys(getattr(task, "__name__", str(task)) for task in cls.tasks))}


def form(environment, options):
    """start_form of docs/API.md."""
    shape = environment.shape_class
    classes = list((environment.available_user_classes or {}).values()) or environment.user_classes
    return {
        "users": options.num_users or 1, "spawn_rate": options.spawn_rate or 1,
        "host": environment.host or next((cls.host for cls in environment.user_classes if cls.host), None),
        "run_time": f"{options.run_time}s" if options.run_time else "",
        "host_required": not environment.host and not all(cls.host for cls in environment.user_classes),
        "hide_common_options": bool(shape and not shape.use_common_options),
        "class_picker": bool(getattr(options, "class_picker", False)),
        "classes": [_class(environment, cls) for cls in classes],
        "shape": type(shape).__name__ if shape else None,
        "args": _args(options),
    }


def tasks(environment, options):
    """Locust's /tasks, for as many users as were asked for."""
    classes = environment.user_classes
    spawned = spread_users(classes, options.num_users or len(classes) or 1)
    return {"per_class": get_ratio(classes, spawned, False), "total": get_ratio(classes, spawned, True)}


def _where(view):
    code = getattr(getattr(view, "__wrapped__", view), "__code__", None)
    return f"{os.path.relpath(code.co_filename)}:{code.co_firstlineno}: " if code else ""


def _routes(app):
    """(rule, view function) of all that was added to the application."""
    if hasattr(app, "url_map"):
        rules = [(str(rule), app.view_functions.get(rule.endpoint)) for rule in app.url_map.iter_rules()]
        return [(rule, view) for rule, view in rules if not rule.startswith("/static/")]
    return [(rule, view) for rule, _, view in app.routes] + [(f"blueprint {blueprint!r}", None) for blueprint, _ in app.blueprints]


def refusal(web_ui):
    """Why a locustfile's own additions to the page cannot be; None when there are none."""
    for rule, view in _routes(web_ui.app):
        return (f"{_where(view)}the route {rule} is added to environment.web_ui.app, which the page of this program does not serve. Run the "
                "test with --headless (environment.web_ui is None there), or add the route only if that attribute says so.")
    if web_ui.auth_args or web_ui.login_manager:
        return ("the locustfile sets up its own log-in (environment.web_ui.auth_args or login_manager), which the page of this program does "
                "not have: use --web-login, which asks for the token of --web-token.")
    return None
