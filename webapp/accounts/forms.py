"""Reads what the sign-in page sends."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from webapp.wire import safe_next


@dataclass(frozen=True, slots=True)
class SignInForm:
    """The fields of the sign-in page; what is missing is empty."""

    email: str = ""
    password: str = ""
    stays: bool = False
    after: str = "/"
    """Where to go afterwards: a path on this host."""

    @classmethod
    def read(cls, form: Mapping[str, Any]) -> SignInForm:
        """Read the form. Nothing in it can make this fail."""
        return cls(
            email=_text(form, "email"),
            password=_text(form, "password"),
            stays=_text(form, "stay") == "on",
            after=safe_next(_text(form, "next")),
        )


def _text(form: Mapping[str, Any], name: str) -> str:
    value = form.get(name)
    return value if isinstance(value, str) else ""
