"""Answers of pages that change something: the page again with what is wrong, or the next page.

Each works for a plain form and for htmx. What was done is told by a toast on the next page: its
address carries a word that the page knows (``?done=sent``), never a text.
"""

from __future__ import annotations

from typing import Any

from litestar import MediaType, Request, Response
from litestar.response import Redirect, Template

from commerce_core.errors import CommerceError
from webapp.errors import Problem, problem_of
from webapp.wire import RequestKind, kind_of


def show(template: str, context: dict[str, Any], *, status: int = 200) -> Template:
    """Answer with a page or a fragment."""
    return Template(template, context=context, status_code=status, media_type=MediaType.HTML)


def lead_to(request: Request[Any, Any, Any], address: str) -> Response[Any]:
    """Send the browser on to ``address`` after a form was accepted."""
    if kind_of(request) is RequestKind.HTMX:
        return Response(b"", status_code=200, headers={"hx-redirect": address})
    return Redirect(address, status_code=303)


def is_fragment(request: Request[Any, Any, Any]) -> bool:
    """Tell whether only a part of the page is wanted."""
    return kind_of(request) is RequestKind.HTMX


def refusal(error: CommerceError) -> Problem:
    """Return what is told about a refused form.

    Raises:
        CommerceError: ``error`` itself, if it is no answer to what the person did: something
            is missing, or broken on our side.
    """
    problem = problem_of(error)
    if problem.status not in {409, 422}:
        raise error
    return problem
