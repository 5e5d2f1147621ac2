"""Errors of carriers: the category. Each carrier's own tree stands below it (``dhl/errors.py``)."""

from __future__ import annotations

from commerce_core.errors import CommerceError


class CarrierError(CommerceError):
    """A carrier refused, did not answer, or answered something that cannot be used."""

    code = "carrier"
