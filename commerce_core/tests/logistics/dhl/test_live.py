"""DHL itself, asked only where somebody has put keys: never part of an ordinary run.

``COMMERCE_DHL_LIVE=1`` with ``COMMERCE_DHL_ENVIRONMENT=sandbox`` and credentials runs it; it makes
a handful of calls, and labels in the sandbox only.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from commerce_core.logistics.dhl import (
    DHLClient,
    DHLConfig,
    DHLNotFoundError,
    Environment,
    LabelType,
    ReturnAddress,
    ReturnRequest,
)

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def live() -> Iterator[DHLClient]:
    if os.environ.get("COMMERCE_DHL_LIVE") != "1":
        pytest.skip("not run: DHL itself is asked only with COMMERCE_DHL_LIVE=1 and credentials")
    with DHLClient(DHLConfig.from_environment()) as client:
        yield client


def test_tracking_answers_in_its_own_form(live: DHLClient) -> None:
    number = os.environ.get("COMMERCE_DHL_LIVE_NUMBER", "00340434161094015902")
    try:
        answer = live.tracking.track(number)
    except DHLNotFoundError as error:
        assert error.title  # noqa: PT017 - a 404 of DHL is an answer, too
    else:
        assert answer.shipments


def test_a_return_label_of_the_sandbox(live: DHLClient) -> None:
    if live.config.environment is not Environment.SANDBOX or not live.config.username:
        pytest.skip("not run: labels are made in the sandbox only, with a portal user")
    address = ReturnAddress(
        name1="Max Muster",
        street="Charles-de-Gaulle-Str.",
        house="20",
        postal_code="53113",
        city="Bonn",
    )
    request = ReturnRequest(shipper=address, receiver_id="deu")

    label = live.returns.create(request, label_type=LabelType.SHIPMENT_LABEL)

    assert label.label is not None
    assert label.label.is_complete
