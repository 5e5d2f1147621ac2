"""Alembic's entry: runs our history on the connection it was given, in one transaction."""

from __future__ import annotations

from alembic import context

from commerce_core.migrations.environment import run
from webapp.accounts.models import User
from webapp.migrations import VERSION_TABLE

run(context, User.metadata, version_table=VERSION_TABLE)
