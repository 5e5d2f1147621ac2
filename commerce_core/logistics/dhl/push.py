"""Pushed tracking: the handshake as a state machine, and bodies that nobody has signed.

DHL sends no signature. So a push counts only if it carries the token that we chose ourselves
(compared in constant time), came to the secret URL of a subscription that we stored, and names
that subscription. Even then it is a hint: where calls are left, fetch the shipment itself.

::

    REQUESTED ──validate──▶ VALIDATING ──confirm()──▶ CONFIRMED ──ready──▶ READY
        any ──failure──▶ FAILED          any ──delete──▶ DELETED     CONFIRMED ──activate──▶ …
"""

# ruff: noqa: RUF009 - key() declares a field, as dataclasses.field() does
from __future__ import annotations

import hmac
import secrets
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

from commerce_core.errors import InvalidInputError
from commerce_core.logistics.dhl.messages import Message, key, many, one, term, text, texts, whole
from commerce_core.logistics.dhl.shipments import Shipment
from commerce_core.logistics.dhl.timestamps import Moment, read_moment

if TYPE_CHECKING:
    from collections.abc import Mapping

SECRET_BYTES: Final = 32


class PushState(StrEnum):
    """Where a subscription stands."""

    REQUESTED = "requested"
    VALIDATING = "validating"
    CONFIRMED = "confirmed"
    READY = "ready"
    FAILED = "failed"
    DELETED = "deleted"


class PushEvent(StrEnum):
    """What can be subscribed to."""

    TRANSIT = "Transit"
    DELIVERED = "Delivered"
    PRE_TRANSIT = "Pre-Transit"
    FAILURE = "Failure"
    UNKNOWN = "Unknown"


@dataclass(frozen=True, kw_only=True)
class PushFailure(Message):
    """Why DHL gave a subscription up."""

    type: str | None = key("type", text)
    title: str | None = key("title", text)
    status: int | None = key("status", whole)
    detail: str | None = key("detail", text)
    instance: str | None = key("instance", text)


@dataclass(frozen=True, kw_only=True)
class PushMessage(Message):
    """One body that DHL sent to the hook. ``secret`` comes once, with the validation."""

    scope: str | None = key("scope", term)
    self_url: str | None = key("self", text)
    secret: str | None = field(default=None, repr=False, metadata={"key": "secret", "reader": text})
    service: str | None = key("service", term)
    type: str | None = key("type", term)
    events: tuple[str, ...] = key("events", texts, ())
    expires: Moment | None = key("expires", read_moment)
    note: str | None = key("note", text)
    failure: PushFailure | None = key("failure", one(PushFailure))
    shipments: tuple[Shipment, ...] = key("shipments", many(Shipment), ())

    @property
    def subscription_id(self) -> str | None:
        """The last part of ``self``."""
        return self.self_url.rstrip("/").rpartition("/")[2] if self.self_url else None


@dataclass(frozen=True, kw_only=True)
class Subscription(Message):
    """What DHL says about a subscription."""

    self_url: str | None = key("self", text)
    service: str | None = key("service", term)
    type: str | None = key("type", term)
    format: str | None = key("format", term)
    status: str | None = key("status", text)
    events: tuple[str, ...] = key("events", texts, ())
    shipment_ids: tuple[str, ...] = key("shipmentIDs", texts, ())
    account_id: str | None = key("accountID", text)
    expires: Moment | None = key("expires", read_moment)

    @property
    def subscription_id(self) -> str | None:
        """The last part of ``self``."""
        return self.self_url.rstrip("/").rpartition("/")[2] if self.self_url else None


@dataclass(frozen=True, kw_only=True)
class Hook:
    """What we keep of a subscription: store it, and give it to :func:`receive` with each body."""

    header: str
    token: str = field(repr=False)
    subscription_id: str | None = None
    state: PushState = PushState.REQUESTED
    seen: frozenset[tuple[str, str, str]] = frozenset()


@dataclass(frozen=True, slots=True)
class Received:
    """What a body means: the hook as it is now, the secret to confirm with, what is new."""

    hook: Hook
    message: PushMessage
    confirm_with: str | None = field(default=None, repr=False)
    shipments: tuple[Shipment, ...] = ()


class PushRefusedError(InvalidInputError):
    """A body that did not come from DHL for this hook, or cannot be read. Answer 403."""

    code = "push_refused"


def new_hook(header: str = "X-Hook-Token") -> Hook:
    """Return a hook with a token of its own."""
    return Hook(header=header, token=secrets.token_urlsafe(SECRET_BYTES))


def receive(hook: Hook, headers: Mapping[str, str], body: Any) -> Received:
    """Read a body that arrived at the hook's URL.

    Duplicates and old news are harmless: ``shipments`` holds only what this hook has not seen.
    Store the returned hook and answer 200 within five seconds; then confirm, if
    ``confirm_with`` is there: ``client.push.confirm(subscription_id, secret)``.

    Raises:
        PushRefusedError: the token is missing or wrong, or the subscription is not ours.
    """
    given = {name.lower(): value for name, value in headers.items()}.get(hook.header.lower(), "")
    if not hmac.compare_digest(given.encode(), hook.token.encode()):
        message = f"the header {hook.header} does not carry our token"
        raise PushRefusedError(message)
    if not isinstance(body, dict) or not isinstance(body.get("scope"), str):
        message = "the body is no message of DHL's push"
        raise PushRefusedError(message)
    pushed = PushMessage.read(body)
    known, named = hook.subscription_id, pushed.subscription_id
    if (
        known is not None
        and named is not None
        and not hmac.compare_digest(known.encode(), named.encode())
    ):
        message = "the body names another subscription"
        raise PushRefusedError(message)
    return _advance(replace(hook, subscription_id=known or named), pushed)


def confirmed(hook: Hook) -> Hook:
    """Return the hook after ``client.push.confirm`` has succeeded."""
    if hook.state is PushState.VALIDATING:
        return replace(hook, state=PushState.CONFIRMED)
    return hook


_MOVES: Final = {
    "validate": {PushState.REQUESTED: PushState.VALIDATING},
    "activate": {
        PushState.REQUESTED: PushState.CONFIRMED,
        PushState.VALIDATING: PushState.CONFIRMED,
    },
    "ready": dict.fromkeys(set(PushState) - {PushState.DELETED}, PushState.READY),
    "push": dict.fromkeys(set(PushState) - {PushState.DELETED}, PushState.READY),
    "failure": dict.fromkeys(set(PushState) - {PushState.DELETED}, PushState.FAILED),
    "delete": dict.fromkeys(PushState, PushState.DELETED),
}
"""By the last word of ``scope``: from which state to which. What comes late or twice, or was
never heard of, moves nothing back: it is not in the table."""


def _advance(hook: Hook, message: PushMessage) -> Received:
    scope = (message.scope or "").rpartition(".")[2]
    state = _MOVES.get(scope, {}).get(hook.state, hook.state)
    hook = replace(hook, state=state)
    if scope == "validate":
        is_open = state is PushState.VALIDATING
        return Received(hook, message, confirm_with=message.secret if is_open else None)
    return _news(hook, message) if state is PushState.READY else Received(hook, message)


def _news(hook: Hook, message: PushMessage) -> Received:
    fresh = tuple(one for one in message.shipments if _mark(one) not in hook.seen)
    seen = hook.seen | {_mark(one) for one in fresh}
    return Received(replace(hook, seen=seen), message, shipments=fresh)


def _mark(shipment: Shipment) -> tuple[str, str, str]:
    latest = shipment.latest
    when = latest.timestamp.raw if latest and latest.timestamp else ""
    what = f"{latest.status_code}/{latest.status}" if latest else ""
    return (shipment.number or "", when, what)
