"""The fake itself: who may ask, how often, and what happens to parcels."""

from __future__ import annotations

import base64
import itertools
import threading
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from commerce_core.clock import utc_now
from commerce_core.logistics.dhl.config import DHLConfig, Environment
from commerce_core.testing.dhl import papers, parcels_de, pushes, tracking
from commerce_core.testing.dhl.faults import Fault, PlannedFault
from commerce_core.testing.dhl.quota import Quota
from commerce_core.testing.dhl.replies import (
    Reply,
    name_status_as_shipping_does,
    problem,
    too_many,
    unauthorized,
)
from commerce_core.testing.dhl.shelf import CODES, LIFE, FakeEvent, FakeParcel
from commerce_core.testing.dhl.transports import FakeServer, FakeTransport

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import httpx

DEVIATIONS: Final = (
    "429, 400 and 401 for tracking, which the specification does not list (seen at DHL)",
    "503 where a fault is injected; the specifications list 500 at most",
    "a QR-only return has no label, though the specification requires one (seen at DHL)",
    "the version has three parts, as in DHL's example; its own pattern allows two",
    "schema errors of shipping are items without sstatus (seen at DHL)",
    "numbers, prices and routing are invented; nothing is checked against real addresses",
    "'Nowhere' as a city makes DHL's address warning, an error with mustEncode",
    "a day's manifest is one invented sheet; customs papers and cash on delivery have no documents",
)
"""Where the fake differs from DHL's OpenAPI files, and from DHL."""
_TOKEN: Final = "/parcel/de/account/auth/ropc/v1/token"  # noqa: S105 - a path
_RETURNS: Final = "/parcel/de/shipping/returns/v1"
_SHIPPING: Final = "/parcel/de/shipping/v2"
_ROUTES: Final[dict[tuple[str, str], Any]] = {
    ("POST", _TOKEN): parcels_de.make_token,
    ("GET", "/track/shipments"): tracking.track,
    ("GET", "/parcel/de/tracking/v0/shipments"): tracking.answer_xml,
    ("POST", f"{_RETURNS}/orders"): parcels_de.create_return,
    ("GET", f"{_RETURNS}/locations"): parcels_de.list_receivers,
    ("POST", f"{_SHIPPING}/orders"): parcels_de.create_shipments,
    ("GET", f"{_SHIPPING}/orders"): parcels_de.show_labels,
    ("DELETE", f"{_SHIPPING}/orders"): parcels_de.cancel_shipments,
    ("POST", f"{_SHIPPING}/manifests"): parcels_de.close_day,
    ("GET", f"{_SHIPPING}/manifests"): papers.show_manifests,
}


class FakeDHL:
    """A stateful stand-in for DHL. ``requests`` holds everything that was asked.

    ``now`` is its clock; ``calls_per_day`` and ``spacing_seconds`` its quota for tracking (None
    and 0: unlimited). Its credentials are attributes; :meth:`config` has them all right.
    """

    def __init__(
        self,
        *,
        now: Callable[[], datetime] = utc_now,
        calls_per_day: int | None = None,
        spacing_seconds: float = 0.0,
    ) -> None:
        self.now = now
        self.api_key = "fake-api-key"
        self.api_secret = "fake-api-secret"  # noqa: S105 - no secret
        self.username = "fake-user"
        self.password = "fake-password"  # noqa: S105 - no secret
        self.app_name = "fake-app"
        self.app_password = "fake-app-password"  # noqa: S105 - no secret
        self.quota = Quota(calls_per_day, spacing_seconds)
        self.parcels: list[FakeParcel] = []
        self.receivers: list[dict[str, Any]] = []
        self.labels: dict[str, str] = {}
        self.manifested: list[tuple[date, str]] = []
        self.push = pushes.PushDesk()
        self.requests: list[httpx.Request] = []
        self._faults: list[PlannedFault] = []
        self._tokens: dict[str, datetime] = {}
        self._counter = itertools.count(1)
        self._spoils = False
        self._lock = threading.RLock()
        for country in ("deu", "aut", "che", "nor", "gbr"):
            self.add_receiver(country)

    # --- what a test or demonstration arranges ---------------------------------------------------

    def config(self, **changes: Any) -> DHLConfig:
        """Return settings with which the fake answers; the client's own spacing is off."""
        settings: dict[str, Any] = {
            "environment": Environment.SANDBOX,
            "api_key": self.api_key,
            "api_secret": self.api_secret,
            "username": self.username,
            "password": self.password,
            "app_name": self.app_name,
            "app_password": self.app_password,
            "billing_number": "22222222220101",
            "tracking_spacing_seconds": 0.0,
            "parcel_tracking_spacing_seconds": 0.0,
        }
        return DHLConfig(**(settings | changes))

    def add_parcel(self, number: str, **fields: Any) -> FakeParcel:
        """Put a parcel on the shelf, announced now; visible after 15 minutes unless said else."""
        parcel = FakeParcel(number, created_at=self.now(), **fields)
        if not parcel.events:
            parcel.events.append(FakeEvent(self.now(), "VA"))
        self.parcels.append(parcel)
        return parcel

    def remove_parcel(self, number: str) -> None:
        """Take a parcel off the shelf."""
        self.parcels = [parcel for parcel in self.parcels if parcel.number != number]

    def advance(
        self, number: str, code: str | None = None, *, place: str = "Bonn", **codes: str
    ) -> None:
        """Let the next thing happen to a parcel (or the one named by DHL's two letters)."""
        for parcel in self.parcels:
            if parcel.number == number:
                last = parcel.events[-1].code if parcel.events else ""
                following = LIFE[min(LIFE.index(last) + 1, len(LIFE) - 1)] if last in LIFE else "ZU"
                event = FakeEvent(self.now(), code or following, place, **codes)
                assert event.code in CODES, f"unknown code {event.code}"  # noqa: S101 - for tests
                parcel.events.append(event)
                self.push.announce(parcel)

    def add_receiver(self, country: str, receiver_id: str | None = None) -> None:
        """Set up a receiver for returns from a country (DHL's lower-case three letters)."""
        address = {
            "name1": "Demo GmbH",
            "addressStreet": "Lagerstr.",
            "addressHouse": "1",
            "postalCode": "53113",
            "city": "Bonn",
        }
        self.receivers.append(
            {
                "receiverId": receiver_id or country,
                "shipperCountry": country,
                "ekp": "2222222222",
                "billingNumber": "22222222220701",
                "companyName": "Demo GmbH",
                "numberRange": "99999XXXXXXC",
                "receiverAddress": address,
                "companyAddress": address,
            }
        )

    def inject(
        self, fault: Fault, path: str = "", *, times: int = 1, retry_after: str | None = None
    ) -> None:
        """Let the next ``times`` requests whose path holds ``path`` fail."""
        self._faults.append(PlannedFault(fault, path, times, retry_after))

    def forget_faults(self) -> None:
        """Let nothing more fail of what was injected; a closed day stays closed."""
        self._faults.clear()

    # --- how it is reached ---------------------------------------------------------------------

    def transport(self) -> FakeTransport:
        """Return a transport for ``httpx.Client`` and ``httpx.AsyncClient``."""
        return FakeTransport(self.handle)

    @contextmanager
    def serve(self) -> Iterator[str]:
        """Serve on a port of the loopback interface; gives the base URL."""
        with FakeServer(self.handle) as url:
            yield url

    def handle(self, request: httpx.Request) -> Reply | Fault:
        """Answer a request, or name the fault that swallows the answer."""
        with self._lock:
            self.requests.append(request)
            fault = self._next_fault(request.url.path)
            reply = self._answer(request) if fault is None else self._faulty(request, fault)
            if isinstance(reply, Reply) and request.url.path.startswith(_SHIPPING):
                name_status_as_shipping_does(reply)
            return reply

    # --- what the APIs ask of it -----------------------------------------------------------------

    def issue_token(self, seconds: int) -> str:
        """Return a new token."""
        token = f"fake-token-{next(self._counter)}"
        self._tokens[token] = self.now() + timedelta(seconds=seconds)
        return token

    def revoke_tokens(self) -> None:
        """Make all tokens stale, as DHL may at any time."""
        self._tokens.clear()

    def next_number(self, prefix: str) -> str:
        """Return a number that was not given out before."""
        return f"{prefix}{next(self._counter):012d}"

    def spoil(self, content: bytes) -> bytes:
        """Return the document, or something else if labels are to be wrong."""
        return b"<html>not a label</html>" if self._spoils else content

    def _answer(self, request: httpx.Request) -> Reply:
        path = request.url.path
        if path in (f"{_RETURNS}/", f"{_SHIPPING}/"):
            return Reply(200, {"amp": {"name": "fake", "version": "v2.1.13", "env": "fake"}})
        if (request.method, path) == ("GET", f"{_SHIPPING}/labels"):
            return papers.download_label(self, request)
        refusal = self._refuse(request)
        if refusal is not None:
            return refusal
        if path.startswith("/tracking/push/v1/"):
            return pushes.answer(self, request)
        handler = _ROUTES.get((request.method, path))
        if handler is None:
            return problem(404, "Not Found", f"{request.method} {path[:40]} is not here.")
        reply: Reply = handler(self, request)
        return reply

    def _refuse(self, request: httpx.Request) -> Reply | None:
        """Return 401 without the right key and user, 429 beyond the quota."""
        path, headers = request.url.path, request.headers
        if path == _TOKEN:
            return None
        if path.startswith("/parcel/de/shipping/"):
            return self._refuse_user(request)
        if path.startswith("/parcel/de/tracking/"):
            return (
                None if self._is_basic(request, self.api_key, self.api_secret) else unauthorized()
            )
        if headers.get("dhl-api-key") != self.api_key:
            return unauthorized()
        return None if self.quota.take(self.now()) else too_many(None)

    def _refuse_user(self, request: httpx.Request) -> Reply | None:
        scheme, _, value = request.headers.get("authorization", "").partition(" ")
        if scheme == "Bearer":
            expiry = self._tokens.get(value)
            return None if expiry is not None and expiry > self.now() else unauthorized()
        if request.headers.get("dhl-api-key") != self.api_key:
            return unauthorized()
        if not self._is_basic(request, self.username, self.password):
            return unauthorized("Authentication failed: User not found or password invalid")
        return None

    def _is_basic(self, request: httpx.Request, name: str, secret: str) -> bool:
        right = base64.b64encode(f"{name}:{secret}".encode()).decode()
        return str(request.headers.get("authorization", "")) == f"Basic {right}"

    def _next_fault(self, path: str) -> PlannedFault | None:
        for planned in self._faults:
            if planned.path in path and planned.times > 0:
                planned.times -= 1
                return planned
        return None

    def _faulty(self, request: httpx.Request, planned: PlannedFault) -> Reply | Fault:
        fault = planned.fault
        if fault in (Fault.NO_CONNECTION, Fault.TIMEOUT):
            return fault
        if fault in (Fault.SPIKE, Fault.DAY):
            if fault is Fault.DAY:
                self.quota.close(self.now())
            return too_many(planned.retry_after)
        if fault is Fault.SERVER_ERROR:
            return problem(503, "Service Unavailable", "The service is unavailable.")
        if fault is Fault.HTML:
            page = b"<!DOCTYPE html><html><body>Please log in</body></html>"
            return Reply(200, content=page, headers={"content-type": "text/html"})
        if fault is Fault.ERROR_IN_200:
            body = {"status": 401, "title": "Unauthorized", "detail": "Unauthorized."}
            return Reply(200, body)
        return self._after_work(request, fault)

    def _after_work(self, request: httpx.Request, fault: Fault) -> Reply | Fault:
        self._spoils = fault is Fault.WRONG_LABEL
        reply = self._answer(request)
        self._spoils = False
        if fault is Fault.TIMEOUT_AFTER_WORK:
            return fault
        if fault is Fault.TRUNCATED:
            whole = reply.as_bytes()
            return Reply(reply.status, content=whole[: len(whole) // 2], headers=reply.headers)
        reply.is_slow = fault is Fault.SLOW_BODY
        return reply
