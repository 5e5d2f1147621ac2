"""A list of ids in a query as one parameter, however many they are.

SQLAlchemy's ``in_`` writes a parameter for each, so hundreds of ids are written, bound and planned
one by one, and no two such statements are alike.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from sqlalchemy import ARRAY, BigInteger, any_, bindparam, func, select

from commerce_core.database.engines import is_postgresql

if TYPE_CHECKING:
    from collections.abc import Collection

    from sqlalchemy import ColumnElement
    from sqlalchemy.orm import Session


def is_one_of(session: Session, column: Any, ids: Collection[int]) -> ColumnElement[bool]:
    """Return the test of a column of ids (or an expression) for one of these; for none it fails."""
    if is_postgresql(session):
        wanted: Any = any_(bindparam(None, list(ids), ARRAY(BigInteger)))
        is_one: ColumnElement[bool] = column == wanted
    else:
        values = func.json_each(json.dumps(list(ids))).table_valued("value")
        is_one = column.in_(select(values.c.value))
    return is_one
