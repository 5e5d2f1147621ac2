"""Which receiver takes the returns of a country: looked up once, kept for an hour."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from commerce_core.logistics.dhl.errors import DHLConfigurationError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from commerce_core.logistics.dhl.return_messages import Receiver

LIFETIME: Final = timedelta(hours=1)


class ReceiverCache:
    """Receivers by country. It belongs to one client, hence to one account at DHL."""

    def __init__(self) -> None:
        self._known: dict[str, tuple[datetime, tuple[Receiver, ...]]] = {}

    def find(self, country: str, now: datetime) -> tuple[Receiver, ...] | None:
        """Return the receivers of a country if they are known and fresh."""
        found = self._known.get(country)
        if found is None or now - found[0] > LIFETIME:
            return None
        return found[1]

    def keep(self, country: str, receivers: tuple[Receiver, ...], now: datetime) -> None:
        """Keep the receivers of a country. An empty list is not kept: it is being set up."""
        if receivers:
            self._known[country] = (now, receivers)


def choose_receiver(receivers: Sequence[Receiver], country: str, billing_number: str | None) -> str:
    """Return the id of the one receiver for the country.

    Raises:
        DHLConfigurationError: there is none, or several and nothing tells them apart.
    """
    fitting = [
        one for one in receivers if one.receiver_id and one.shipper_country in (None, country)
    ]
    if len(fitting) > 1 and billing_number:
        fitting = [one for one in fitting if one.billing_number == billing_number] or fitting
    ids = sorted({one.receiver_id for one in fitting if one.receiver_id})
    if len(ids) == 1:
        return ids[0]
    if not ids:
        raise DHLConfigurationError(
            f"no receiver is set up for returns from {country}",
            country=country,
            receivers=(),
            hint="add one in DHL's business portal (returns, receivers) or give receiver_id",
        )
    raise DHLConfigurationError(
        f"several receivers take returns from {country}: {', '.join(ids)}",
        country=country,
        receivers=tuple(ids),
        hint="give receiver_id, or set billing_number in the settings",
    )
