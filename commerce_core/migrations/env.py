"""Alembic's entry: runs our history on the connection it was given, in one transaction."""

from __future__ import annotations

from alembic import context

from commerce_core.migrations import VERSION_TABLE
from commerce_core.migrations.environment import run
from commerce_core.models import metadata

run(context, metadata, version_table=VERSION_TABLE)
