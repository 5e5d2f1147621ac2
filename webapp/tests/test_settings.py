"""Settings come from arguments, then the environment; what cannot be used is named."""

from __future__ import annotations

from datetime import timedelta

import pytest

from webapp.settings import InvalidSettingError, Settings, load_settings


def test_without_anything_there_are_working_defaults() -> None:
    assert load_settings({}) == Settings()
    assert Settings().host == "127.0.0.1"


def test_arguments_win_over_variables_and_none_counts_as_not_given() -> None:
    variables = {"COMMERCE_PORT": "9000", "COMMERCE_HOST": "::1"}
    settings = load_settings(variables, port=9001, host=None)
    assert (settings.port, settings.host) == (9001, "::1")


def test_every_kind_of_value_can_be_given_as_a_variable() -> None:
    settings = load_settings(
        {
            "COMMERCE_DATABASE_URL": "postgresql://shop@db/shop",
            "COMMERCE_REDIS_URL": "redis://cache",
            "COMMERCE_SECURE_COOKIES": "Yes",
            "COMMERCE_JOBS": "off",
            "COMMERCE_SESSION_IDLE": "30",
            "COMMERCE_ALLOWED_HOSTS": "shop.example, www.shop.example ,",
            "COMMERCE_TIME_ZONE": "Europe/Berlin",
            "COMMERCE_SHOP_NAME": "  ",
            "OTHER": "ignored",
        }
    )
    assert settings.database_url == "postgresql://shop@db/shop"
    assert settings.redis_url == "redis://cache"
    assert settings.secure_cookies
    assert not settings.jobs
    assert settings.session_idle == timedelta(minutes=30)
    assert settings.allowed_hosts == ("shop.example", "www.shop.example")
    assert settings.shop_name == "Commerce"


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("PORT", "eight"),
        ("PORT", "65536"),
        ("PORT", "-1"),
        ("JOBS", "perhaps"),
        ("SESSION_IDLE", "4h"),
        ("SESSION_IDLE", "0"),
        ("TIME_ZONE", "Mars/Olympus"),
        ("TIME_ZONE", "../../etc/passwd"),
    ],
)
def test_what_cannot_be_used_is_named_with_what_was_expected(variable: str, value: str) -> None:
    with pytest.raises(InvalidSettingError) as caught:
        load_settings({f"COMMERCE_{variable}": value})
    assert f"COMMERCE_{variable}" in caught.value.message
    assert "must be" in caught.value.message


def test_settings_do_not_change() -> None:
    with pytest.raises(AttributeError):
        Settings().port = 1  # type: ignore[misc]
