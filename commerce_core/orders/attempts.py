"""Try something on an order; what is refused is written down, in a transaction of its own."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, TypeVar

from commerce_core.errors import CommerceError
from commerce_core.flows import Transaction
from commerce_core.orders.case import record_refusal

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy.orm import Session

    from commerce_core.flows import Flow

_Result = TypeVar("_Result")


def attempt_flow(step: Callable[[Session], _Result]) -> Flow[_Result]:
    """Run ``step`` (a verb of ``lifecycle`` bound to its arguments) and record a refusal of it.

    The refusal outlives the rollback of the step. What the step raises comes out of the flow.
    """
    try:
        result: _Result = yield Transaction(step)
    except CommerceError as error:
        if "attempt" in error.__dict__:
            yield Transaction(partial(record_refusal, error=error))
        raise
    return result
