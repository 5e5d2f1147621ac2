"""Ticked orders of the list: one verb for all of them, and a page with the result of each."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response, Router, post
from litestar.di import NamedDependency
from litestar.exceptions import NotFoundException, PermissionDeniedException

from webapp.database import Transact
from webapp.fields import key_of, text_of, texts_of
from webapp.orders.bulk import MOST_ORDERS, VERBS, do_to_all
from webapp.orders.views import PATH
from webapp.people import actor_of
from webapp.records import address_number
from webapp.replies import show
from webapp.security import Right, signed_in_user
from webapp.wire import safe_next

_LONGEST_REASON = 200


@post(f"{PATH}/bulk", right=Right.PACK_ORDERS, status_code=200)
async def do_bulk(
    request: Request[Any, Any, Any], transact: NamedDependency[Transact]
) -> Response[Any]:
    """Do it to each of them, and say what became of each."""
    form = await request.form()
    verb, reason = text_of(form, "verb"), text_of(form, "reason")[:_LONGEST_REASON]
    found = VERBS.get(verb)
    if found is None:
        raise NotFoundException
    if not found.right.belongs_to(signed_in_user(request)):
        raise PermissionDeniedException(f"This needs the {found.right.lowest_role} role.")
    texts = texts_of(form, "order")
    numbers = [number for text in texts if (number := address_number(text)) is not None]
    context = {"verb": verb, "reason": reason, "back": safe_next(text_of(form, "back") or PATH)}
    problem = "none" if not numbers else "reason" if found.needs_reason and not reason else ""
    if problem:
        return show("orders/bulk.html", context | {"problem": problem, "results": []}, status=422)
    results = await do_to_all(
        transact, verb, numbers, reason=reason, actor=actor_of(request), key=key_of(form)
    )
    more = {"problem": "", "results": results, "left_out": max(0, len(numbers) - MOST_ORDERS)}
    return show("orders/bulk.html", context | more)


router = Router("/", route_handlers=[do_bulk], include_in_schema=False)
