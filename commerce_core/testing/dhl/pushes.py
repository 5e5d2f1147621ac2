"""The fake's push API: subscriptions, the handshake, and what it would send to the hooks."""

from __future__ import annotations

import json
import secrets
import uuid
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from commerce_core.testing.dhl.replies import Reply, problem

if TYPE_CHECKING:
    import httpx

    from commerce_core.testing.dhl.fake import FakeDHL
    from commerce_core.testing.dhl.shelf import FakeParcel

BASE: Final = "https://api-eu.dhl.com/tracking/push/v1/subscription/"
DEADLINE_SECONDS: Final = 5.0
MOST_NUMBERS: Final = 10


@dataclass(slots=True)
class FakeSubscription:
    """A subscription; ``is_ready`` once the secret has come back."""

    id: str
    request: dict[str, Any]
    secret: str
    is_ready: bool = False


@dataclass(slots=True)
class Delivery:
    """A body on its way to a hook."""

    url: str
    headers: dict[str, str]
    body: dict[str, Any]


@dataclass(slots=True)
class PushDesk:
    """All subscriptions, and the bodies that wait to be delivered."""

    subscriptions: dict[str, FakeSubscription] = field(default_factory=dict)
    outbox: list[Delivery] = field(default_factory=list)

    def announce(self, parcel: FakeParcel) -> None:
        """Queue news of a parcel for everybody who is ready to hear it."""
        for one in self.subscriptions.values():
            if one.is_ready and parcel.number in one.request.get("shipmentIDs", ()):
                self.queue(one, "push", shipments=[parcel.as_tracking(None)])

    def queue(self, one: FakeSubscription, scope: str, **more: Any) -> None:
        """Queue a body for a subscription's hook."""
        hook = one.request["hook"]
        authentication = hook["authentication"]
        headers = {authentication["header"]: authentication["token"]}
        body = {"scope": f"subscription.{scope}", "self": BASE + one.id} | more
        self.outbox.append(Delivery(hook["uri"], headers, body))

    def deliver(self, http: httpx.Client) -> list[int]:
        """Post what waits, with DHL's five seconds each, and return the statuses."""
        waiting, self.outbox = self.outbox, []
        return [
            http.post(
                one.url, json=one.body, headers=one.headers, timeout=DEADLINE_SECONDS
            ).status_code
            for one in waiting
        ]


def answer(fake: FakeDHL, request: httpx.Request) -> Reply:
    """Answer everything below ``/tracking/push/v1``."""
    tail = request.url.path.partition("/tracking/push/v1/")[2]
    name, _, subscription_id = tail.partition("/")
    desk = fake.push
    if request.method == "GET" and name == "subscriptions":
        return Reply(200, [_shown(one) for one in desk.subscriptions.values()])
    if name == "subscription" and not subscription_id and request.method == "POST":
        return _subscribe(desk, request)
    one = desk.subscriptions.get(subscription_id)
    if one is None:
        return problem(404, "No result found", "No such subscription.")
    if request.method == "DELETE":
        del desk.subscriptions[subscription_id]
        desk.queue(one, "delete")
        return Reply(204)
    if request.method == "POST":
        return _confirm(desk, one, request)
    return Reply(200, _shown(one))


def _subscribe(desk: PushDesk, request: httpx.Request) -> Reply:
    body = json.loads(request.content)
    numbers = body.get("shipmentIDs", [])
    if not str(body.get("hook", {}).get("uri", "")).startswith("https://"):
        return problem(400, "Invalid input", "hook.uri must be https.")
    if body.get("type") == "Shipment" and not 1 <= len(numbers) <= MOST_NUMBERS:
        return problem(400, "Invalid input", "1 to 10 shipmentIDs are expected.")
    one = FakeSubscription(str(uuid.uuid4()), body, secrets.token_urlsafe(16))
    desk.subscriptions[one.id] = one
    desk.queue(one, "validate", secret=one.secret)
    return Reply(202, _shown(one))


def _confirm(desk: PushDesk, one: FakeSubscription, request: httpx.Request) -> Reply:
    if request.headers.get("dhl-api-hook-secret") != one.secret:
        return problem(401, "Unauthorized", "The secret is wrong.")
    if not one.is_ready:
        one.is_ready = True
        desk.queue(one, "ready")
    return Reply(200, _shown(one))


def _shown(one: FakeSubscription) -> dict[str, Any]:
    names = ("service", "type", "format", "events", "shipmentIDs", "accountID")
    shown = {name: one.request[name] for name in names if name in one.request}
    return {"self": BASE + one.id} | shown
