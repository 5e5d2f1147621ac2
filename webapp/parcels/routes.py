"""The page where staff look up a parcel."""

from __future__ import annotations

from typing import Any, Final

from litestar import Request, Response, Router, get
from litestar.params import FromQuery

from webapp.parcels.desk import ParcelDesk, Question
from webapp.parcels.views import page_context
from webapp.replies import show
from webapp.security import Right

PATH: Final = "/shipments/track"
DIVISIONS: Final = tuple(
    (name, name)
    for name in ("parcel-de", "express", "ecommerce-europe", "parcel-nl", "parcel-pl", "freight")
)
"""Offered in the form; DHL has more, and asks all of them where none is chosen."""


@get("/", right=Right.VIEW_CUSTOMERS)
async def show_parcel(
    request: Request[Any, Any, Any],
    number: FromQuery[str] = "",
    service: FromQuery[str] = "",
    postal_code: FromQuery[str] = "",
) -> Response[Any]:
    """Show where a parcel is. Asks DHL for it, at most once in five minutes."""
    desk: ParcelDesk = request.app.state.parcels
    question = Question(number.strip(), service.strip(), postal_code.strip())
    found = await desk.look_up(question) if question.number and not desk.trouble else None
    context = page_context(found, await desk.left(), desk.trouble)
    context |= {
        "question": question,
        "divisions": DIVISIONS,
        "examples": request.app.state.get("dhl_examples") or (),
    }
    problem = context["problem"]
    return show("parcels/page.html", context, status=problem.status if problem else 200)


router = Router(PATH, route_handlers=[show_parcel], include_in_schema=False)
