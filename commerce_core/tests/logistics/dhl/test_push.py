"""Pushes: the handshake in any order, bodies from strangers, duplicates and old news."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commerce_core.errors import InvalidInputError
from commerce_core.logistics.dhl import (
    Api,
    DHLClient,
    DHLNotFoundError,
    PushState,
    new_hook,
    receive,
)
from commerce_core.logistics.dhl.push import Hook, PushRefusedError, confirmed

if TYPE_CHECKING:
    from commerce_core.testing import FakeDHL, FrozenClock

NUMBER = "00340434161094015902"
URL = "https://shop.example/hooks/3f1c"
SELF = "https://api-eu.dhl.com/tracking/push/v1/subscription/abc"
HOOK = Hook(header="X-Hook-Token", token="right", subscription_id="abc")
HEADERS = {"x-hook-token": "right"}
SCOPES = ["validate", "activate", "ready", "push", "failure", "delete", "novelty"]


def body(scope: str, **more: Any) -> dict[str, Any]:
    return {"scope": f"subscription.{scope}", "self": SELF} | more


def news(when: str, code: str = "transit") -> dict[str, Any]:
    status = {"timestamp": when, "statusCode": code, "status": "PO"}
    return body("push", shipments=[{"id": NUMBER, "service": "parcel-de", "status": status}])


def test_the_whole_way_with_the_fake(client: DHLClient, fake: FakeDHL, clock: FrozenClock) -> None:
    fake.add_parcel(NUMBER)
    hook = new_hook()

    subscription = client.push.subscribe(URL, hook, service="parcel-de", numbers=[NUMBER])
    hook = replace(hook, subscription_id=subscription.subscription_id)
    asked = fake.push.outbox.pop()
    received = receive(hook, asked.headers, asked.body)
    assert received.confirm_with
    assert subscription.subscription_id
    client.push.confirm(subscription.subscription_id, received.confirm_with)
    hook = confirmed(received.hook)
    assert hook.state is PushState.CONFIRMED
    ready = fake.push.outbox.pop()
    hook = receive(hook, ready.headers, ready.body).hook
    assert hook.state is PushState.READY
    fake.advance(NUMBER, "PO")
    pushed = fake.push.outbox.pop()
    received = receive(hook, pushed.headers, pushed.body)

    assert [one.status for one in received.shipments] == ["out_for_delivery"]
    assert receive(received.hook, pushed.headers, pushed.body).shipments == ()
    assert client.budget.left(Api.PUSH).used == 2
    assert [one.subscription_id for one in client.push.list()] == [subscription.subscription_id]
    assert client.push.get(subscription.subscription_id).shipment_ids == (NUMBER,)
    client.push.delete(subscription.subscription_id)
    with pytest.raises(DHLNotFoundError):
        client.push.get(subscription.subscription_id)


@pytest.mark.parametrize(
    ("headers", "sent"),
    [
        ({}, news("2026-01-01")),
        ({"X-Hook-Token": "wrong"}, news("2026-01-01")),
        ({"X-Hook-Token": "rïght"}, news("2026-01-01")),
        (HEADERS, news("2026-01-01") | {"self": SELF.replace("abc", "another")}),
        (HEADERS, "text"),
        (HEADERS, {}),
        (HEADERS, {"scope": 3}),
    ],
)
def test_what_is_not_from_dhl_for_this_hook_is_refused(headers: dict[str, str], sent: Any) -> None:
    with pytest.raises(PushRefusedError):
        receive(HOOK, headers, sent)


def test_old_news_and_duplicates_are_harmless() -> None:
    first = receive(HOOK, HEADERS, news("2026-01-02T10:00:00Z"))
    again = receive(first.hook, HEADERS, news("2026-01-02T10:00:00Z"))
    older = receive(again.hook, HEADERS, news("2026-01-01T10:00:00Z"))

    assert [len(one.shipments) for one in (first, again, older)] == [1, 0, 1]


def test_a_late_validation_moves_nothing_back() -> None:
    ready = replace(HOOK, state=PushState.READY)
    received = receive(ready, HEADERS, body("validate", secret="late"))

    assert received.hook.state is PushState.READY
    assert received.confirm_with is None


@given(scopes=st.lists(st.sampled_from(SCOPES), max_size=12))
def test_no_order_of_messages_breaks_the_machine(scopes: list[str]) -> None:
    hook = HOOK
    for scope in scopes:
        was = hook.state
        hook = receive(hook, HEADERS, body(scope, secret="s")).hook
        if was is PushState.DELETED:
            assert hook.state is PushState.DELETED
    assert hook.subscription_id == "abc"


@pytest.mark.parametrize(
    ("url", "options"),
    [
        ("http://shop.example/", {"numbers": [NUMBER]}),
        (URL, {}),
        (URL, {"numbers": [NUMBER] * 11}),
        (URL, {"numbers": [NUMBER], "account": "1"}),
    ],
)
def test_subscriptions_dhl_would_refuse_spend_no_call(
    client: DHLClient, fake: FakeDHL, url: str, options: dict[str, Any]
) -> None:
    with pytest.raises(InvalidInputError):
        client.push.subscribe(url, new_hook(), service="parcel-de", **options)
    assert fake.requests == []


@pytest.mark.parametrize("subscription_id", ["../x", "a/b", "", "..", "a?b", "a b"])
def test_an_id_cannot_lead_elsewhere(
    client: DHLClient, fake: FakeDHL, subscription_id: str
) -> None:
    with pytest.raises(InvalidInputError):
        client.push.delete(subscription_id)
    assert fake.requests == []


def test_a_hook_does_not_show_its_token() -> None:
    assert new_hook().token not in repr(new_hook())
    assert "right" not in repr(HOOK)
