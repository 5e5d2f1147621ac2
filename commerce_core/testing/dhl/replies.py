"""What the fake says: a status, a JSON body or bytes, headers."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True)
class Reply:
    """An answer on its way out; ``content`` wins over ``body``."""

    status: int
    body: Any = None
    content: bytes | None = None
    headers: dict[str, str] = field(default_factory=dict)
    is_slow: bool = False

    def as_bytes(self) -> bytes:
        """Return the body as it goes over the wire."""
        if self.content is not None:
            return self.content
        return b"" if self.body is None else json.dumps(self.body, ensure_ascii=False).encode()

    def all_headers(self) -> dict[str, str]:
        """Return the headers with a content type."""
        kind = "application/problem+json" if self.status >= 400 else "application/json"  # noqa: PLR2004
        return {"content-type": kind, "correlation-id": "fake-0001"} | self.headers


def problem(status: int, title: str, detail: str, headers: dict[str, str] | None = None) -> Reply:
    """Return DHL's problem object (RFC 7807 without type and instance, as DHL sends it)."""
    body = {"status": status, "title": title, "detail": detail[:80]}
    return Reply(status, body, headers=headers or {})


def too_many(retry_after: str | None) -> Reply:
    """Return DHL's 429: the same words for a spike and for the day."""
    headers = {"retry-after": retry_after} if retry_after else {}
    words = "Too many requests within defined time period, please try again later."
    return problem(429, "Too Many Requests", words, headers)


def unauthorized(detail: str = "Unauthorized for given resource.") -> Reply:
    """Return DHL's 401, which does not say what is wrong."""
    return problem(401, "Unauthorized", detail)


def name_status_as_shipping_does(reply: Reply) -> None:
    """Put ``statusCode`` beside the ``status`` of a problem: the shipping API has both."""
    if isinstance(reply.body, dict) and isinstance(reply.body.get("status"), int):
        reply.body.setdefault("statusCode", reply.body["status"])
