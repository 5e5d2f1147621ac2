"""Addresses that come from outside never lead to another site or into a header."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from litestar.connection import ASGIConnection

from webapp.accounts.roles import Role
from webapp.wire import RequestKind, kind_of, safe_next

if TYPE_CHECKING:
    from webapp.tests.harness import Browser

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(
    "address",
    ["/", "/stock", "/stock?q=a%20b&after=3", "/stock#row", "/%2F/evil", "/a//b", "/a:b", "/ä?x=ö"],
)
def test_a_path_of_ours_is_kept(address: str) -> None:
    assert safe_next(address) == address


@pytest.mark.parametrize(
    "address",
    [
        None,
        "",
        "stock",
        "//evil.example",
        "///evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "https://evil.example",
        "http:evil.example",
        "javascript:alert(1)",
        "/\t/evil.example",
        "/\n/evil.example",
        "/stock\r\nSet-Cookie: a=b",
        "\x00/stock",
        "/login",
        "/login?next=/login",
        "/" + "a" * 3000,
    ],
)
def test_everything_else_leads_home(address: str | None) -> None:
    assert safe_next(address) == "/"


@given(
    st.sampled_from(["", "/", "//", "/\\", "/\t/", "http:"]),
    st.text(alphabet=st.sampled_from(list("/\\:.?#@ \t\r\n\x00ehtps%[]ä")), max_size=12),
)
def test_nothing_ever_leaves_this_host(start: str, rest: str) -> None:
    result = safe_next(start + rest)
    assert result.startswith("/")
    assert not result.startswith("//")
    assert "\\" not in result
    assert result.isprintable()


@pytest.mark.parametrize("address", ["https://evil.example/", "//evil.example", "/\\evil.example"])
async def test_signing_in_never_leads_away(browser: Browser, address: str) -> None:
    page = await browser.get("/login", params={"next": address})
    assert "evil" not in page.text
    answer = await browser.log_in("clerk@example.com", next=address)
    assert answer.headers["location"] == "/"
    answer = await browser.get("/login", params={"next": address})
    assert answer.headers["location"] == "/"


async def test_the_wanted_page_is_quoted_in_the_page(browser: Browser) -> None:
    page = await browser.get("/login", params={"next": '/stock?q="><script>alert(1)</script>'})
    assert "<script>alert" not in page.text


@pytest.mark.parametrize("path", ["/style%0d%0aSet-Cookie:%20a=b", "/style?x=%0d%0aSet-Cookie:a=b"])
async def test_line_breaks_in_an_address_stay_out_of_the_headers(
    browser: Browser, path: str
) -> None:
    answer = await browser.get(path)
    assert "set-cookie" not in answer.headers
    assert all("\r" not in value and "\n" not in value for value in answer.headers.values())


async def test_htmx_is_sent_to_the_sign_in_page_and_back_to_the_page_it_is_on(
    browser: Browser,
) -> None:
    answer = await browser.get(
        "/style",
        headers={
            "HX-Request": "true",
            "HX-Current-URL": "http://shop.test/stock?q=a",
            "Accept": "text/html, text/event-stream",  # what htmx 4 sends with every request
        },
    )
    assert answer.status_code == 401
    assert answer.headers["hx-redirect"] == "/login?next=/stock%3Fq%3Da"
    assert answer.text == ""


@pytest.mark.parametrize(
    "current", ["http://evil.example/x", "javascript:alert(1)", "http://[", "", "\\\\evil"]
)
async def test_a_strange_current_page_leads_home(browser: Browser, current: str) -> None:
    headers = {"HX-Request": "true", "HX-Current-URL": current}
    answer = await browser.get("/style", headers=headers)
    assert answer.headers["hx-redirect"] == "/login"


async def test_programs_and_streams_are_told_401_and_not_redirected(browser: Browser) -> None:
    answer = await browser.get("/api/v1/schema/openapi.json")
    assert answer.status_code == 401
    assert answer.headers["content-type"] == "application/problem+json"
    answer = await browser.get("/style", headers={"Accept": "text/event-stream"})
    assert answer.status_code == 401
    assert "location" not in answer.headers
    assert "hx-redirect" not in answer.headers


async def test_a_stream_of_the_api_refuses_as_the_rest_of_it(browser: Browser) -> None:
    stream = "/api/v1/stock/stream"
    headers = {"Accept": "text/event-stream"}
    refused = [await browser.get(stream, headers=headers)]
    await browser.become(Role.VIEWER)
    queries = ("after=garbage", "variant=two", "variant=\u0663", "product=" + "9" * 5000)
    refused += [await browser.get(f"{stream}?{query}", headers=headers) for query in queries]
    assert [answer.status_code for answer in refused] == [401, 422, 400, 400, 400]
    for answer in refused:
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["status"] == answer.status_code


async def test_a_number_in_an_address_is_plain_digits(browser: Browser) -> None:
    await browser.become(Role.VIEWER)
    assert (await browser.get("/stock/1")).status_code == 200
    assert (await browser.get("/stock/1/")).status_code == 200
    for written in ("\u0661", "0_1", "%2B1", "01", "-1", "%201", str(2**63), "9" * 5000):
        assert (await browser.get(f"/stock/{written}")).status_code == 404, written
        assert (await browser.get(f"/stock/explain/1/{written}")).status_code == 404, written
    for query in ("after=9999999999999999999", "after=\u0661", "limit=-1"):
        assert (await browser.get(f"/api/v1/stock?{query}")).status_code == 400, query


def test_a_stream_is_known_by_its_address_whatever_htmx_accepts() -> None:
    headers = [(b"accept", b"text/html, text/event-stream"), (b"hx-request", b"true")]
    for path, kind in (("/stock/stream", RequestKind.STREAM), ("/stock", RequestKind.HTMX)):
        scope: Any = {"type": "http", "path": path, "headers": headers}
        assert kind_of(ASGIConnection(scope)) is kind


async def test_the_start_page_leads_to_a_page_the_person_may_see(browser: Browser) -> None:
    assert (await browser.get("/")).headers["location"] == "/login"
    await browser.become(Role.ADMIN)
    answer = await browser.get("/")
    assert answer.status_code == 303
    assert (await browser.get(answer.headers["location"])).status_code == 200
