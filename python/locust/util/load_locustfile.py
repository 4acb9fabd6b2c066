"""Finding and importing locustfiles."""
import importlib.util
import inspect
import os
import sys
import urllib.request
from tempfile import mkdtemp

from ..shape import LoadTestShape
from ..user.users import User
from ..user.wait_time import constant

# How much of a locustfile at a URL is read, in bytes.
_MAX_DOWNLOAD = 16 << 20


class LocustfileError(Exception):
    """No such locustfile, or one that cannot be used; the text is for the user."""


def is_url(path):
    return path.startswith(("http://", "https://"))


def _missing(path):
    raise LocustfileError(
        f"Could not find '{path}'. Ensure your locustfile ends with '.py' or is a directory with locustfiles. See --help "
        "for available options."
    )


def download_locustfile(url):
    """The path of a copy of the file at url."""
    try:
        with urllib.request.urlopen(url, timeout=30) as answer:
            text = answer.read(_MAX_DOWNLOAD)
    except (OSError, ValueError) as error:
        raise LocustfileError(f"Failed to get locustfile from: {url}. Exception: {error}") from None
    try:
        compile(text, url, "exec", dont_inherit=True)
    except (SyntaxError, ValueError):
        raise LocustfileError(f"Failed to get locustfile from: {url}. Response was not valid python code") from None
    name = url.rstrip("/").rpartition("/")[2].partition("?")[0] or "locustfile.py"
    path = os.path.join(mkdtemp(prefix="locustfile-"), name if name.endswith(".py") else name + ".py")
    with open(path, "wb") as file:
        file.write(text)
    return path


def find_locustfiles(locustfile):
    """The files that -f names: a file, several separated by commas, a directory (all its *.py), or a URL."""
    paths = []
    for name in (part.strip() for part in locustfile.split(",")):
        if is_url(name):
            paths.append(download_locustfile(name))
            continue
        path = os.path.expanduser(name)
        if os.path.isdir(path):
            paths += _files_in(path)
        elif path.endswith(".py") and os.path.exists(path):
            paths.append(os.path.abspath(path))
        elif os.path.isfile(path + ".py") and locustfile == "locustfile":
            paths.append(os.path.abspath(path + ".py"))
        else:
            _missing(name)
    return list(dict.fromkeys(paths))


def _files_in(folder):
    found = []
    for root, folders, files in os.walk(folder):
        folders.sort()
        found += [os.path.abspath(os.path.join(root, file)) for file in sorted(files)
                  if file.endswith(".py") and not file.startswith("_")]
    if not found:
        raise LocustfileError(f"Could not find any locustfiles in directory '{folder}'")
    return found


def is_user_class(item):
    """A class users can be made of."""
    return isinstance(item, type) and issubclass(item, User) and item.abstract is False


def is_shape_class(item):
    return isinstance(item, type) and issubclass(item, LoadTestShape) and not item.abstract


def load_locustfile(path):
    """Imports a file: ({name: User class}, {name: LoadTestShape object}), by the names they have in the module."""
    if sys.path[:1] != [os.getcwd()]:
        sys.path.insert(0, os.getcwd())
    folder, file = os.path.split(os.path.abspath(path))
    name = os.path.splitext(file)[0]
    if name == "locust":
        name = "locustfile"
    here = folder not in sys.path[:1]
    if here:
        sys.path.insert(0, folder)
    try:
        spec = importlib.util.spec_from_file_location(name, os.path.join(folder, file))
        module = importlib.util.module_from_spec(spec)
        sys.modules[name] = module
        spec.loader.exec_module(module)
    finally:
        # Only during the import: what is imported later comes from the current directory first, as in Locust.
        if here and folder in sys.path:
            sys.path.remove(folder)
            if folder not in sys.path:
                sys.path.append(folder)
    users = {key: value for key, value in vars(module).items() if is_user_class(value)} or pytest_users(module)
    shapes = {key: value() for key, value in vars(module).items() if is_shape_class(value)}
    return users, shapes


# What test functions may take as arguments: sessions of a user, by pytest's name for them.
def _sessions():
    from ..clients import HttpSession
    from ..contrib.fasthttp import FastHttpSession

    return {"session": HttpSession, "fastsession": FastHttpSession}


def pytest_users(module):
    """A file in pytest's style, without User classes: each function test_… is the only task of a class of that name."""
    users = {}
    for name, function in vars(module).items():
        if not name.startswith("test_") or not inspect.isfunction(function) or function.__module__ != module.__name__:
            continue
        kinds, wanted = _sessions(), list(inspect.signature(function).parameters)
        unknown = [parameter for parameter in wanted if parameter not in kinds]
        if unknown:
            raise LocustfileError(
                f"{module.__file__}:{function.__code__.co_firstlineno}: {name} wants the fixture {unknown[0]!r}; there are only "
                "'session' and 'fastsession'. Write a User class for what needs more"
            )
        users[name] = _test_user(name, function, [(parameter, kinds[parameter]) for parameter in wanted])
    return users


def _test_user(name, function, fixtures):
    def on_start(self):
        self.fixtures = {
            parameter: make(base_url=self.host or "", request_event=self.environment.events.request, user=self)
            for parameter, make in fixtures
        }

    def run_test(self):
        function(**self.fixtures)

    run_test.__name__ = name
    return type(name, (User,), {"on_start": on_start, "tasks": [run_test], "wait_time": constant(0), "__module__": function.__module__})


def merge_locustfiles(paths):
    """(user classes, shapes) of all files, by name; the same name in two files is an error."""
    user_classes, shape_classes, origin = {}, {}, {}
    for path in paths:
        users, shapes = load_locustfile(path)
        for kind, found, known in (("user", users, user_classes), ("shape", shapes, shape_classes)):
            for name, value in found.items():
                other = known.get(name)
                if other is not None and not _same(other, value):
                    raise LocustfileError(
                        f"Duplicate {kind} class names: {name} is defined in both {origin[kind, name]} and {path}"
                    )
                known[name] = value
                origin.setdefault((kind, name), path)
    return user_classes, shape_classes


def _same(one, other):
    """Imported into both files, rather than written twice."""
    if not isinstance(one, type):
        one, other = type(one), type(other)
    return one is other
