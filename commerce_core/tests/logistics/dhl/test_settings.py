"""Settings that cannot be right are refused by name before anything is sent."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from commerce_core.logistics.dhl import DHLConfig, DHLConfigurationError, Environment

if TYPE_CHECKING:
    from commerce_core.testing import FakeDHL


@pytest.mark.parametrize(
    "environ",
    [
        {},
        {"COMMERCE_DHL_API_KEY": "k"},
        {"COMMERCE_DHL_ENVIRONMENT": "sandbox"},
        {"COMMERCE_DHL_ENVIRONMENT": "live", "COMMERCE_DHL_API_KEY": "k"},
        {"COMMERCE_DHL_ENVIRONMENT": "sandbox", "COMMERCE_DHL_API_KEY": " k"},
        {"COMMERCE_DHL_ENVIRONMENT": "sandbox", "COMMERCE_DHL_API_KEY": "k\nX: y"},
        {
            "COMMERCE_DHL_ENVIRONMENT": "sandbox",
            "COMMERCE_DHL_API_KEY": "k",
            "COMMERCE_DHL_TRACKING_CALLS_PER_DAY": "many",
        },
    ],
)
def test_settings_that_cannot_be_right(environ: dict[str, str]) -> None:
    with pytest.raises(DHLConfigurationError):
        DHLConfig.from_environment(environ)


@pytest.mark.parametrize("value", ["nan", "inf", "-inf", "1e300", "-1", "86401", "1_0x"])
@pytest.mark.parametrize(
    "name", ["DEADLINE_SECONDS", "READ_TIMEOUT_SECONDS", "TRACKING_SPACING_SECONDS"]
)
def test_seconds_that_no_clock_can_wait_are_refused(name: str, value: str) -> None:
    environ = {"ENVIRONMENT": "sandbox", "API_KEY": "k", name: value}
    with pytest.raises(DHLConfigurationError, match=name.lower()):
        DHLConfig.from_environment({f"COMMERCE_DHL_{one}": text for one, text in environ.items()})


def test_fewer_than_no_calls_a_day_are_refused(fake: FakeDHL) -> None:
    with pytest.raises(DHLConfigurationError, match="tracking_calls_per_day"):
        fake.config(tracking_calls_per_day=-1)
    assert fake.config(tracking_calls_per_day=None).tracking_calls_per_day is None


def test_settings_from_the_environment() -> None:
    config = DHLConfig.from_environment(
        {
            "COMMERCE_DHL_ENVIRONMENT": "production",
            "COMMERCE_DHL_API_KEY": "k",
            "COMMERCE_DHL_TRACKING_CALLS_PER_DAY": "500",
            "COMMERCE_DHL_TRACKING_SPACING_SECONDS": "1.5",
        }
    )

    assert (config.environment, config.tracking_calls_per_day) == (Environment.PRODUCTION, 500)
    assert (config.tracking_spacing_seconds, config.host) == (1.5, "https://api-eu.dhl.com")
