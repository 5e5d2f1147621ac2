"""The style page, for those who build pages."""

from __future__ import annotations

from litestar import MediaType, Router, get
from litestar.response import Template

from webapp.security import Right
from webapp.style.samples import style_context


@get("/", right=Right.VIEW_STYLE, sync_to_thread=False)
def show_style() -> Template:
    """Show every component with made-up content."""
    return Template("style/page.html", context=style_context(), media_type=MediaType.HTML)


router = Router("/style", route_handlers=[show_style], include_in_schema=False)
