"""Asks DHL for staff: one client of the process, its quota shared, its last answers remembered."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from litestar import Litestar

from commerce_core.clock import utc_now
from commerce_core.database import make_engine, make_session_factory
from commerce_core.errors import InvalidInputError
from commerce_core.logistics.dhl.errors import DHLConfigurationError, DHLError, DHLNotFoundError
from commerce_core.logistics.dhl.numbers import normalise_tracking_number

if TYPE_CHECKING:
    from commerce_core.logistics.dhl import AsyncDHLClient, TrackingAnswer
    from commerce_core.logistics.dhl.budget import Left
    from commerce_core.logistics.dhl.config import DHLConfig

REMEMBERED: Final = timedelta(minutes=5)
"""A page loaded again within this time spends no call: DHL allows 250 a day."""
MOST_REMEMBERED: Final = 500
LONGEST_QUEUE_SECONDS: Final = 11.0
"""A page does not wait longer for its slot: DHL allows one call in five seconds."""
LONGEST_ANSWER_SECONDS: Final = 20.0


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked. ``service`` and ``postal_code`` may be empty."""

    number: str
    service: str = ""
    postal_code: str = ""


@dataclass(frozen=True, slots=True)
class Found:
    """What came of it: an answer or an error, and when DHL was asked."""

    question: Question
    asked_at: datetime
    answer: TrackingAnswer | None = None
    error: DHLError | InvalidInputError | None = None


class ParcelDesk:
    """Looks parcels up. Kept in ``app.state.parcels``; without a client it only says why."""

    def __init__(self, client: AsyncDHLClient | None, *, trouble: str = "") -> None:
        self._client = client
        self._remembered: OrderedDict[Question, Found] = OrderedDict()
        self.trouble = trouble
        """What is missing in the settings; empty where DHL can be asked."""

    async def look_up(self, question: Question) -> Found:
        """Return what DHL knows, from memory if it was asked a moment ago. Raises nothing of DHL.

        Numbers that cannot be, and those DHL does not know, are an ``error`` of the result.
        """
        now = utc_now()
        try:
            question = replace(question, number=normalise_tracking_number(question.number))
        except InvalidInputError as error:
            return Found(question, now, error=error)
        known = self._remembered.get(question)
        if known is not None and now - known.asked_at < REMEMBERED:
            return known
        found = await self._ask(question, now)
        if found.answer is not None or isinstance(found.error, DHLNotFoundError):
            self._remembered[question] = found
            self._remembered.move_to_end(question)
            while len(self._remembered) > MOST_REMEMBERED:
                self._remembered.popitem(last=False)
        return found

    async def left(self) -> Left | None:
        """Return what is left of the day's calls; None where DHL cannot be asked."""
        return None if self._client is None else await self._client.budget.left()

    async def _ask(self, question: Question, now: datetime) -> Found:
        if self._client is None:
            return Found(question, now, error=DHLConfigurationError(self.trouble))
        try:
            answer = await self._client.tracking.track(
                question.number,
                service=question.service or None,
                recipient_postal_code=question.postal_code or None,
            )
        except (DHLError, InvalidInputError) as error:
            return Found(question, now, error=error)
        return Found(question, now, answer=answer)


@asynccontextmanager
async def run_parcels(app: Litestar) -> AsyncIterator[None]:
    """Put ``parcels`` into the application's state: a desk with a client, if there are settings.

    ``app.state.dhl`` (a DHLConfig) wins over the ``COMMERCE_DHL_*`` variables.
    """
    from commerce_core.logistics.dhl import (  # noqa: PLC0415 - httpx takes a moment to load
        AsyncDHLClient,
        DatabaseBudgetStore,
    )

    try:
        config = _patient_as_a_page(app.state.get("dhl") or _from_environment())
    except DHLConfigurationError as error:
        app.state.parcels = ParcelDesk(None, trouble=error.message)
        yield
        return
    engine = make_engine(app.state.settings.database_url)
    try:
        ledger = DatabaseBudgetStore(make_session_factory(engine))
        async with AsyncDHLClient(config, budget=ledger) as client:
            app.state.parcels = ParcelDesk(client)
            yield
    finally:
        engine.dispose()


def _from_environment() -> DHLConfig:
    from commerce_core.logistics.dhl import DHLConfig  # noqa: PLC0415 - see above

    return DHLConfig.from_environment()


def _patient_as_a_page(config: DHLConfig) -> DHLConfig:
    """Return the settings for somebody who looks at a page meanwhile."""
    return replace(
        config,
        max_slot_wait_seconds=min(config.max_slot_wait_seconds, LONGEST_QUEUE_SECONDS),
        deadline_seconds=min(config.deadline_seconds, LONGEST_ANSWER_SECONDS),
    )
