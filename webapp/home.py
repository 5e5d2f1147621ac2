"""The address without a path: leads to the first area of the house that the person may enter."""

from __future__ import annotations

from typing import Any, Final

from litestar import Request, Router, get
from litestar.datastructures import State
from litestar.exceptions import NotFoundException
from litestar.response import Redirect

from webapp.navigation import Navigation
from webapp.security import Right, signed_in_user

HOME_PATH: Final = "/"


@get(HOME_PATH, right=Right.SIGNED_IN, sync_to_thread=False)
def go_home(request: Request[Any, Any, Any], state: State) -> Redirect:
    """Send the person on."""
    navigation: Navigation = state.navigation
    user = signed_in_user(request)
    areas = navigation.areas(user.role if user else None)
    if not areas:
        raise NotFoundException
    return Redirect(areas[0].href, status_code=303)


router = Router("/", route_handlers=[go_home], include_in_schema=False)
