"""Alembic's entry: runs our history on the connection it was given, in one transaction."""

from __future__ import annotations

from alembic import context

from commerce_core.migrations.environment import run
from webapp.accounts import models as accounts
from webapp.database import WebBase
from webapp.migrations import VERSION_TABLE
from webapp.products import import_models as products

_MODELS = (accounts, products)
"""Imported, so that the metadata knows their tables."""

run(context, WebBase.metadata, version_table=VERSION_TABLE)
