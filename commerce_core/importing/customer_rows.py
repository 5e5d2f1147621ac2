"""Writes the customers of a file. Who exists already is left as they are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import insert, select

from commerce_core.customers.models import Customer

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy.orm import Session

    from commerce_core.importing.survey import CustomerFacts


def write_customers(
    session: Session, system: str, numbers: Sequence[str], facts: Mapping[str, CustomerFacts]
) -> dict[str, int]:
    """Make the customers that are missing; return the ids of all ``numbers``.

    Somebody else's customer of the same number stays somebody else: ours then carries the name
    of the system before its number.
    """
    known = _customer_ids(session, system, numbers)
    missing = [number for number in numbers if number not in known]
    if missing:
        taken = set(session.scalars(select(Customer.number).where(Customer.number.in_(missing))))
        rows = [
            {
                "number": f"{system}-{number}" if number in taken else number,
                "country": facts[number].country,
                "system": system,
                "external_id": number,
                "created_at": facts[number].began_at,
            }
            for number in missing
        ]
        session.execute(insert(Customer), rows)
        known = _customer_ids(session, system, numbers)
    return known


def _customer_ids(session: Session, system: str, numbers: Sequence[str]) -> dict[str, int]:
    query = select(Customer.external_id, Customer.id).where(
        Customer.system == system, Customer.external_id.in_(numbers)
    )
    return {number: found for number, found in session.execute(query) if number is not None}
