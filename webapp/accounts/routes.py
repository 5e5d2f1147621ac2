"""The sign-in page, and signing out."""

from __future__ import annotations

from typing import Any

from litestar import MediaType, Request, Response, Router, get, post
from litestar.datastructures import Cookie
from litestar.di import NamedDependency
from litestar.response import Redirect, Template

from commerce_core.errors import CommerceError
from webapp.accounts.forms import SignInForm
from webapp.accounts.sessions import end_session
from webapp.accounts.signin import Attempt, NewSession, WrongCredentialsError, sign_in
from webapp.accounts.throttle import TooManyAttemptsError
from webapp.database import Transact
from webapp.errors import problem_of
from webapp.security import Right, session_cookie_name, signed_in_user
from webapp.settings import Settings
from webapp.wire import LOGIN_PATH, safe_next


@get(LOGIN_PATH, right=Right.PUBLIC)
async def show_login(request: Request[Any, Any, Any]) -> Response[Any]:
    """Show the sign-in page, or go on to the page wanted when somebody is signed in already."""
    after = safe_next(request.query_params.get("next"))
    if signed_in_user(request) is not None:
        return Redirect(after, status_code=303)
    return _login_page(SignInForm(after=after))


@post(LOGIN_PATH, right=Right.PUBLIC, status_code=303)
async def log_in(
    request: Request[Any, Any, Any],
    transact: NamedDependency[Transact],
    settings: NamedDependency[Settings],
) -> Response[Any]:
    """Sign in and go to the page wanted, or show the page again with what is wrong."""
    form = SignInForm.read(await request.form())
    attempt = Attempt(
        email=form.email,
        password=form.password,
        address=request.client.host if request.client else "",
        stays=form.stays,
        old_token=request.cookies.get(session_cookie_name(settings)),
    )
    try:
        opened = await sign_in(transact, settings, attempt)
    except (WrongCredentialsError, TooManyAttemptsError) as exc:
        return _login_page(form, exc)
    return Redirect(form.after, status_code=303, cookies=[_session_cookie(settings, opened)])


@post("/logout", right=Right.SIGNED_IN, status_code=303)
async def log_out(
    request: Request[Any, Any, Any],
    transact: NamedDependency[Transact],
    settings: NamedDependency[Settings],
) -> Response[Any]:
    """End this session, in the database and in the browser."""
    await transact(end_session, request.scope["auth"])
    gone = _cookie(settings, "", max_age=0)
    return Redirect(LOGIN_PATH, status_code=303, cookies=[gone])


def _login_page(form: SignInForm, error: CommerceError | None = None) -> Template:
    problem = problem_of(error) if error else None
    return Template(
        "accounts/login.html",
        context={"form": form, "problem": problem},
        status_code=problem.status if problem else 200,
        headers=dict(problem.headers) if problem else None,
        media_type=MediaType.HTML,
    )


def _session_cookie(settings: Settings, opened: NewSession) -> Cookie:
    lasts = opened.cookie_lasts
    return _cookie(
        settings, opened.token, max_age=None if lasts is None else int(lasts.total_seconds())
    )


def _cookie(settings: Settings, value: str, *, max_age: int | None) -> Cookie:
    return Cookie(
        key=session_cookie_name(settings),
        value=value,
        max_age=max_age,
        path="/",
        httponly=True,
        samesite="lax",
        secure=settings.secure_cookies,
    )


router = Router("/", route_handlers=[show_login, log_in, log_out], include_in_schema=False)
