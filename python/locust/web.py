"""What a locustfile finds as environment.web_ui: a Flask application it can add routes to."""
import logging

from . import _state

logger = logging.getLogger(__name__)


class RouteRecorder:
    """Stands in for flask.Flask where it is not installed: decorators work, routes are kept."""

    def __init__(self):
        self.config = {}
        self.routes = []
        self.blueprints = []
        self.extensions = {}

    def route(self, rule, **options):
        def mark(view):
            self.routes.append((rule, options, view))
            return view

        return mark

    def add_url_rule(self, rule, endpoint=None, view_func=None, **options):
        del endpoint
        self.routes.append((rule, options, view_func))

    def register_blueprint(self, blueprint, **options):
        self.blueprints.append((blueprint, options))

    def _keep(self, func):
        return func

    after_request = before_request = teardown_request = context_processor = _keep


def make_app():
    """A Flask application, if the user has Flask."""
    try:
        from flask import Flask
    except ImportError:
        return RouteRecorder()
    return Flask("locust")


class WebUI:
    """The web interface as init listeners get it."""

    def __init__(self, environment, app=None):
        self.environment = environment
        self.app = app if app is not None else make_app()
        self.template_args = {}
        self.auth_args = {}
        self.login_manager = None
        self.greenlet = None
        self.userclass_picker_is_active = False

    def auth_required_if_enabled(self, view_func):
        return view_func

    def update_template_args(self):
        """Nothing to do: the program's own pages are not made of these."""

    def stop(self):
        """Ends with the program."""


_old_app = None


def __getattr__(name):
    if name == "app":
        # Before 1.0: from locust import web; @web.app.route(...)
        global _old_app
        if _old_app is None:
            _old_app = make_app()
        _state.note_old_api("name", "locust.web.app")
        return _old_app
    raise AttributeError(f"module 'locust.web' has no attribute {name!r}")
