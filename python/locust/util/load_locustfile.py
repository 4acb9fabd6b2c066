"""Finding and importing locustfiles."""
import importlib.util
import os
import sys
import urllib.request
from tempfile import mkdtemp

from ..shape import LoadTestShape
from ..user.users import User

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
    users = {key: value for key, value in vars(module).items() if is_user_class(value)}
    shapes = {key: value() for key, value in vars(module).items() if is_shape_class(value)}
    return users, shapes


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
