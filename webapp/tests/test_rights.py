"""Every route of the application, for everybody. Generated from the route table."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from litestar import Litestar, Router, get, post

import webapp.app
from webapp.accounts.roles import Role
from webapp.accounts.users import get_user, set_user_role
from webapp.app import create_app
from webapp.security import MissingRightError, Right, StatedRoute, require_rights, stated_routes
from webapp.settings import Settings
from webapp.wire import is_stream

if TYPE_CHECKING:
    import httpx
    from sqlalchemy.orm import Session

    from webapp.tests.harness import Browser, Opener

pytestmark = pytest.mark.anyio

REFUSED_SIGN_IN, REFUSED = {303, 401}, 403
EVERYBODY = (None, *Role)


def routes() -> list[tuple[str, str]]:
    """Method and path of every handler that somebody wrote."""
    return sorted({(method, route.path) for route in table() for method in route.methods})


def table() -> list[StatedRoute]:
    return stated_routes(create_app(Settings()).routes)


def example(path: str) -> str:
    """The path with something in place of its parameters; what it names need not exist."""
    values = {"int": "1", "uuid": "00000000-0000-0000-0000-000000000000", "path": "nothing.css"}
    parts = []
    for part in path.split("/"):
        kind = part.strip("{}").partition(":")[2] if part.startswith("{") else None
        parts.append(part if kind is None else values.get(kind, "nothing"))
    return "/".join(parts)


@pytest.mark.parametrize(("method", "path"), routes())
async def test_every_route_answers_everybody_by_right(
    method: str, path: str, browser: Browser
) -> None:
    (right,) = {r.right for r in table() if r.path == path and method in r.methods}
    assert right is not None
    for role in EVERYBODY:
        await browser.become(role)
        may = right.lowest_role is None or (role is not None and role.includes(right.lowest_role))
        if may and is_stream(path):
            continue  # it would never end; the stream's own tests open it
        answer = await send(browser, method, example(path))
        if may:
            was_sent_away = leads_to_login(answer) and path != "/logout"
            is_refusal = answer.status_code in {401, REFUSED} or was_sent_away
            assert not is_refusal, f"{role} was refused"
            assert answer.status_code < 500, f"{role} saw a server error"
        elif role is None:
            assert answer.status_code in REFUSED_SIGN_IN
            assert answer.status_code == 401 or leads_to_login(answer)
        else:
            assert answer.status_code == REFUSED, f"{role} got in"


async def test_options_lists_the_methods_of_every_route_to_everybody(browser: Browser) -> None:
    stated = routes()
    for path in sorted({path for _, path in stated}):
        methods = {method for method, at in stated if at == path}
        answer = await browser.http.options(example(path))
        assert (answer.status_code, answer.content) == (204, b""), path
        allowed = set(answer.headers["allow"].split(", "))
        assert allowed - {"HEAD"} == methods - {"HEAD"} | {"OPTIONS"}, path
        assert ("HEAD" in allowed) is ("GET" in methods and not is_stream(path)), path


def leads_to_login(answer: httpx.Response) -> bool:
    return str(answer.headers.get("location", "")).startswith("/login")


async def send(browser: Browser, method: str, path: str) -> httpx.Response:
    if method in {"GET", "HEAD"}:
        return await browser.http.request(method, path)
    headers = {"x-csrf-token": await browser.token()}
    return await browser.http.request(method, path, headers=headers)


def test_every_route_states_a_right() -> None:
    assert [route.path for route in table() if route.right is None] == []


def test_an_application_with_a_route_without_a_right_is_not_built(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    @get("/forgotten", sync_to_thread=False)
    def forgotten() -> None: ...

    router = Router("/", route_handlers=[forgotten])
    monkeypatch.setattr(webapp.app, "ROUTERS", (*webapp.app.ROUTERS, router))
    with pytest.raises(MissingRightError, match="/forgotten") as caught:
        create_app(Settings())
    assert caught.value.paths == ["/forgotten"]


async def test_a_route_without_a_right_that_got_in_all_the_same_is_closed(
    monkeypatch: pytest.MonkeyPatch, opener: Opener, settings: Settings
) -> None:
    @get("/forgotten", sync_to_thread=False)
    def forgotten() -> str:
        return "secret"

    router = Router("/", route_handlers=[forgotten])
    monkeypatch.setattr(webapp.app, "ROUTERS", (*webapp.app.ROUTERS, router))
    monkeypatch.setattr(webapp.app, "require_rights", lambda _routes: None)
    async with opener(settings) as browser:
        await browser.become(Role.ADMIN)
        answer = await browser.get("/forgotten")
    assert answer.status_code == REFUSED
    assert "secret" not in answer.text


def test_a_right_on_the_router_covers_its_handlers_and_a_handler_may_say_otherwise() -> None:
    @get("/inside", sync_to_thread=False)
    def inside() -> None: ...

    @post("/stricter", right=Right.MANAGE_USERS, sync_to_thread=False)
    def stricter() -> None: ...

    router = Router("/x", route_handlers=[inside, stricter], opt={"right": Right.VIEW_STOCK})
    app = Litestar([router], openapi_config=None)
    require_rights(app.routes)
    found = {route.path: route.right for route in stated_routes(app.routes)}
    assert found == {"/x/inside": Right.VIEW_STOCK, "/x/stricter": Right.MANAGE_USERS}


@pytest.mark.parametrize("right", list(Right))
def test_a_higher_role_has_every_right_of_a_lower_one(right: Right) -> None:
    holders = [
        role for role in Role if right.lowest_role is None or role.includes(right.lowest_role)
    ]
    assert holders == list(Role)[len(Role) - len(holders) :]
    assert Role.ADMIN in holders


async def test_a_new_role_holds_from_the_next_request_on(browser: Browser) -> None:
    await browser.become(Role.ADMIN)
    assert (await browser.get("/style")).status_code == 200

    def demote(session: Session) -> None:
        for email, role in (("clerk", Role.ADMIN), ("admin", Role.VIEWER)):
            user = get_user(session, email=f"{email}@example.com")
            set_user_role(session, user, role, actor="tests")

    await browser.app.state.database.transact(demote)
    assert (await browser.get("/style")).status_code == REFUSED
