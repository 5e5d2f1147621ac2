"""Shipment Tracking - Unified - Push (1.2.5): subscriptions. Bodies are read in ``push.py``."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

import httpx

from commerce_core.errors import InvalidInputError
from commerce_core.logistics.dhl import _answers
from commerce_core.logistics.dhl._protocol import Api, Call, Flow, Setting, exchange
from commerce_core.logistics.dhl.errors import UncertainOutcomeError
from commerce_core.logistics.dhl.numbers import normalise_tracking_number
from commerce_core.logistics.dhl.push import Hook, PushEvent, Subscription

if TYPE_CHECKING:
    from collections.abc import Sequence

PATH: Final = "/tracking/push/v1"
MOST_NUMBERS: Final = 10
_ID: Final = re.compile(r"[A-Za-z0-9._~-]{1,100}", re.ASCII)


def subscribe(
    setting: Setting,
    url: str,
    hook: Hook,
    *,
    service: str,
    numbers: Sequence[str] = (),
    account: str | None = None,
    events: Sequence[PushEvent] = tuple(PushEvent),
) -> Flow[Subscription]:
    """Ask DHL to push news of up to 10 shipments, or of an account, to a secret ``https`` URL.

    It costs two calls of the day (this one and :func:`confirm`). Store the subscription's id in
    the hook; DHL then calls ``url``: see :func:`commerce_core.logistics.dhl.push.receive`.
    """
    if not url.startswith("https://"):
        message = "DHL pushes to https URLs only"
        raise InvalidInputError(message)
    if bool(numbers) == bool(account) or len(numbers) > MOST_NUMBERS:
        message = f"give 1 to {MOST_NUMBERS} numbers, or an account"
        raise InvalidInputError(message)
    authentication = {
        "type": "ApiKeyAuthentication",
        "header": hook.header,
        "token": hook.token,
    }
    body: dict[str, Any] = {
        "hook": {"uri": url, "authentication": authentication},
        "format": "Default",
        "type": "Account" if account else "Shipment",
        "service": service,
        "events": [PushEvent(event).value for event in events],
    }
    if account:
        body["accountID"] = account
    else:
        body["shipmentIDs"] = [normalise_tracking_number(number) for number in numbers]
    response = yield from _ask(setting, "POST", "/subscription", body=body)
    found = Subscription.read(_answers.read_json(response, setting.config, Api.PUSH))
    if not found.subscription_id:
        known = _answers.facts_of(response, setting.config, Api.PUSH)
        raise UncertainOutcomeError("DHL took the subscription without naming it", **known)
    return found


def confirm(setting: Setting, subscription_id: str, secret: str) -> Flow[None]:
    """Send back the secret that came with ``subscription.validate``. Doing it twice is harmless."""
    path = f"/subscription/{_checked(subscription_id)}"
    yield from _ask(setting, "POST", path, secret=secret, changes=False)


def get(setting: Setting, subscription_id: str) -> Flow[Subscription]:
    """Return what DHL knows of a subscription."""
    path = f"/subscription/{_checked(subscription_id)}"
    response = yield from _ask(setting, "GET", path, changes=False)
    return Subscription.read(_answers.read_json(response, setting.config, Api.PUSH))


def list_subscriptions(setting: Setting) -> Flow[tuple[Subscription, ...]]:
    """Return all subscriptions of the key."""
    response = yield from _ask(setting, "GET", "/subscriptions", changes=False)
    body = _answers.read_json(response, setting.config, Api.PUSH)
    if isinstance(body, dict):
        body = next((value for value in body.values() if isinstance(value, list)), [])
    return tuple(Subscription.read(one) for one in body) if isinstance(body, list) else ()


def delete(setting: Setting, subscription_id: str) -> Flow[None]:
    """End a subscription. Doing it twice is harmless; the second time it is not found."""
    path = f"/subscription/{_checked(subscription_id)}"
    yield from _ask(setting, "DELETE", path, changes=False)


def _ask(
    setting: Setting,
    method: str,
    path: str,
    *,
    body: dict[str, Any] | None = None,
    secret: str | None = None,
    changes: bool = True,
) -> Flow[httpx.Response]:
    config = setting.config
    headers = {"DHL-API-Key": config.api_key, "Accept": "application/json"}
    if secret is not None:
        headers["DHL-API-Hook-Secret"] = secret
    request = httpx.Request(method, config.push_host + PATH + path, headers=headers, json=body)
    response = yield from exchange(setting, request, Call(api=Api.PUSH, changes=changes))
    if not response.is_success:
        raise _answers.error_of(response, config, Api.PUSH)
    return response


def _checked(subscription_id: str) -> str:
    """Return the id if it cannot lead the request elsewhere."""
    if (
        not isinstance(subscription_id, str)
        or not _ID.fullmatch(subscription_id)
        or set(subscription_id) <= {"."}
    ):
        message = "that is no id of a subscription"
        raise InvalidInputError(message)
    return subscription_id
