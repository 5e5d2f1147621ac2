"""The shop of the stock pages, in which orders are placed."""

from webapp.tests.stock.conftest import (
    clerk,
    light_clerk,
    postgres_shop,
    postgres_template,
    sqlite_shop,
    stock_template,
)

__all__ = [
    "clerk",
    "light_clerk",
    "postgres_shop",
    "postgres_template",
    "sqlite_shop",
    "stock_template",
]
