"""The page for operators, with live figures, and the same figures for Prometheus."""

from __future__ import annotations

import secrets
from typing import Any, Final

from litestar import Request, Response, Router, get
from litestar.datastructures import State
from litestar.di import NamedDependency
from litestar.exceptions import NotFoundException

from commerce_core.clock import utc_now
from webapp.live.hub import Hub
from webapp.live.metrics import CONTENT_TYPE, write_metrics
from webapp.replies import show
from webapp.security import Right, signed_in_user
from webapp.settings import Settings

PATH: Final = "/live"
FIGURES_PATH: Final = "/live-figures"
"""Not below ``PATH``: what is there are streams."""


@get(PATH, right=Right.VIEW_LIVE)
async def show_live(state: State) -> Response[Any]:
    """Show how the live stream does, in this process and the others."""
    return show("live/page.html", await _context(state))


@get(FIGURES_PATH, right=Right.VIEW_LIVE, is_polled=True)
async def show_figures(state: State) -> Response[Any]:
    """Show the figures alone: the page asks for them every two seconds."""
    return show("live/_figures.html", await _context(state))


async def _context(state: State) -> dict[str, Any]:
    hub: Hub = state.hub
    seconds = hub.history.seconds
    processes = [] if hub.relay is None else await hub.relay.processes()
    me = hub.describe()
    if not any(process["name"] == me["name"] for process in processes):
        processes.append(me)
    return {
        "me": me,
        "now": seconds[-1],
        "lines": {
            name: [round(getattr(second, name), 1) for second in seconds]
            for name in ("streams", "changes", "deliveries", "behind", "delay")
        },
        "processes": sorted(processes, key=lambda process: str(process["name"])),
        "groups": sorted(hub.listeners.groups().items()),
        "relay_trouble": "" if hub.relay is None else hub.relay.trouble,
        "has_relay": hub.relay is not None,
        "read_at": utc_now(),
    }


@get("/metrics", right=Right.PUBLIC, is_polled=True, sync_to_thread=False)
def show_metrics(
    request: Request[Any, Any, Any], state: State, settings: NamedDependency[Settings]
) -> Response[str]:
    """Tell the figures of this process to who shows the token of the settings, or is an operator.

    Raises:
        NotFoundException: neither.
    """
    shown = request.headers.get("authorization", "").removeprefix("Bearer ")
    wanted = settings.metrics_token
    is_operator = Right.VIEW_LIVE.belongs_to(signed_in_user(request))
    has_token = wanted and secrets.compare_digest(shown.encode(), wanted.encode())
    if not (is_operator or has_token):
        raise NotFoundException
    return Response(write_metrics(state.hub), media_type=CONTENT_TYPE)


router = Router(
    "/", route_handlers=[show_live, show_figures, show_metrics], include_in_schema=False
)
