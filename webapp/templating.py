"""The template engine: the page kit's environment, plus what belongs to one request."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from jinja2 import Environment, FileSystemLoader
from jinja2.runtime import Context
from litestar.plugins.jinja import JinjaTemplateEngine

from webapp.csrf import form_token
from webapp.navigation import Navigation
from webapp.navigation_counts import KEY
from webapp.page import TEMPLATES, configure_environment
from webapp.security import signed_in_user
from webapp.settings import Settings


class RequestContext(Context):
    """Gives every template the person, the path and the sidebar's figures of its request.

    A handler cannot forget them, and cannot replace them by a variable of the same name.
    """

    def __init__(
        self,
        environment: Environment,
        parent: dict[str, Any],
        name: str | None,
        blocks: dict[str, Callable[[Context], Any]],
        globals: Any = None,  # noqa: A002 - Jinja's own name
    ) -> None:
        request = parent.get("request")
        if request is not None:
            parent["user"] = signed_in_user(request)
            parent["path"] = request.scope["path"]
            parent["nav_counts"] = request.scope.get("state", {}).get(KEY, {})
        super().__init__(environment, parent, name, blocks, globals)


def make_template_engine(settings: Settings) -> tuple[JinjaTemplateEngine, Navigation]:
    """Return the engine, and the navigation that wants to know the application's routes."""
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES), autoescape=True, auto_reload=settings.debug
    )
    engine = JinjaTemplateEngine.from_environment(environment)
    environment.globals["csrf_token"] = form_token
    navigation = configure_environment(environment, settings)
    environment.context_class = RequestContext
    return engine, navigation
