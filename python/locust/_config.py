"""Options from files and the environment, under those of the command line.

Order, later ones win: ~/.locust.conf, ./locust.conf, ./pyproject.toml [tool.locust], --config FILE, environment variables,
command line.
"""
import os
import re

TRUE_WORDS = frozenset(("true", "yes", "on", "1"))
FALSE_WORDS = frozenset(("false", "no", "off", "0"))

_LINE = re.compile(r"(?P<key>[^:=;#\s]+)(?:\s*[:=]\s*|\s+)(?P<value>.+)")
_BARE = re.compile(r"(?P<key>[^:=;#\s]+)\s*[:=]?$")
_COMMENT = re.compile(r"\s+[#;].*$")


class ConfigError(Exception):
    """A config file that cannot be read; the text says which and why."""


def parse_conf(text, name):
    """A .conf file as {key: text or [texts]}: "key = value", "key: value", "key value", or a key alone for a flag."""
    values = {}
    for number, line in enumerate(text.splitlines(), 1):
        line = line.strip()
        if not line or line[0] in "#;" or line.startswith("---") or (line[0] == "[" and line[-1] == "]"):
            continue
        bare = _BARE.match(_COMMENT.sub("", line))
        if bare:
            values[bare["key"]] = "true"
            continue
        match = _LINE.match(line)
        if not match:
            raise ConfigError(f"Unexpected line {number} in {name}: {line}")
        values[match["key"]] = _conf_value(match["value"].strip())
    return values


def _conf_value(value):
    if len(value) > 1 and value[0] in "\"'":
        closing = value.find(value[0], 1)
        if closing > 0:
            return value[1:closing]
    value = _COMMENT.sub("", value)
    return split_list(value)


def split_list(value):
    """The elements of "[a, b]"; any other text as it is."""
    if value.startswith("[") and value.endswith("]"):
        return [part.strip() for part in value[1:-1].split(",") if part.strip()]
    return value


def parse_toml(text, name):
    """[tool.locust] of a TOML file as {key: text or [texts]}."""
    try:
        import tomllib
    except ImportError:
        try:
            import tomli as tomllib
        except ImportError:
            if "[tool.locust]" not in text:
                return {}
            raise ConfigError(f"{name}: Python before 3.11 reads TOML with the package tomli: pip install tomli") from None
    try:
        section = tomllib.loads(text).get("tool", {}).get("locust", {})
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"Couldn't parse TOML file {name}: {error}") from None
    return {key: [str(v) for v in value] if isinstance(value, list) else _scalar(value) for key, value in section.items()}


def _scalar(value):
    return str(value).lower() if isinstance(value, bool) else str(value)


def default_files():
    """The files that are read without being asked for."""
    return [os.path.expanduser("~/.locust.conf"), "locust.conf", "pyproject.toml"]


def read_files(default_paths, given_path=None):
    """{key: value} of all files; given_path (of --config) must exist."""
    values = {}
    for path in [*default_paths, *([given_path] if given_path else [])]:
        try:
            with open(path, encoding="utf-8") as file:
                text = file.read()
        except OSError as error:
            if path != given_path:
                continue
            raise ConfigError(f"Unable to open config file: {path}. Error: {error}") from None
        parse = parse_toml if path.endswith(".toml") else parse_conf
        values.update(parse(text, path))
    return values
