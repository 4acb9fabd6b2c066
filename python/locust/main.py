"""Names that library-style scripts import from locust.main."""
from .env import Environment
from .event import events
from .util.load_locustfile import is_shape_class, is_user_class, load_locustfile
from .util.version import __version__ as version


def create_environment(user_classes, options, events=events, shape_class=None, locustfile=None, parsed_locustfiles=None,
                       available_user_classes=None, available_shape_classes=None, available_user_tasks=None):
    """An Environment from parsed options."""
    return Environment(
        locustfile=locustfile, user_classes=user_classes, shape_class=shape_class, events=events, host=options.host,
        tags=options.tags, exclude_tags=options.exclude_tags, reset_stats=options.reset_stats,
        stop_timeout=options.stop_timeout, parsed_options=options, parsed_locustfiles=parsed_locustfiles,
        available_user_classes=available_user_classes, available_shape_classes=available_shape_classes,
        available_user_tasks=available_user_tasks, profile=options.profile,
    )


__all__ = ["create_environment", "events", "is_shape_class", "is_user_class", "load_locustfile", "version"]
