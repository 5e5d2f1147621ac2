"""Accounts, their sessions, and the counters of sign-in attempts."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from commerce_core.database import UTCDateTime, big_id

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "commerce_web_user",
        sa.Column("id", big_id, nullable=False),
        sa.Column("email", sa.String(254), nullable=False),
        sa.Column("name", sa.String(120), nullable=False),
        sa.Column("role", sa.String(32), nullable=False),
        sa.Column("password_hash", sa.String(255), nullable=False),
        sa.Column("is_active", sa.Boolean(), server_default=sa.true(), nullable=False),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.Column("changed_by", sa.String(120), nullable=False),
        sa.CheckConstraint("role IN ('viewer', 'clerk', 'manager', 'admin')", name="role"),
        sa.CheckConstraint("email = lower(email)", name="email_lower"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_commerce_web_user")),
        sa.UniqueConstraint("email", name=op.f("uq_commerce_web_user_email")),
    )
    op.create_table(
        "commerce_web_session",
        sa.Column("id", big_id, nullable=False),
        sa.Column("token_hash", sa.LargeBinary(32), nullable=False),
        sa.Column("user_id", big_id, nullable=False),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.Column("seen_at", UTCDateTime(), nullable=False),
        sa.Column("idle_expires_at", UTCDateTime(), nullable=False),
        sa.Column("expires_at", UTCDateTime(), nullable=False),
        sa.Column("stays", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.CheckConstraint("idle_expires_at <= expires_at", name="idle_before_end"),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["commerce_web_user.id"],
            name=op.f("fk_commerce_web_session_user_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_commerce_web_session")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_commerce_web_session_token_hash")),
    )
    op.create_index(
        op.f("ix_commerce_web_session_idle_expires_at"), "commerce_web_session", ["idle_expires_at"]
    )
    op.create_index(op.f("ix_commerce_web_session_user_id"), "commerce_web_session", ["user_id"])
    op.create_table(
        "commerce_web_login_throttle",
        sa.Column("key", sa.LargeBinary(32), nullable=False),
        sa.Column("started_at", UTCDateTime(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.CheckConstraint("attempts > 0", name="attempts_positive"),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_commerce_web_login_throttle")),
    )
    op.create_index(
        op.f("ix_commerce_web_login_throttle_started_at"),
        "commerce_web_login_throttle",
        ["started_at"],
    )


def downgrade() -> None:
    op.drop_table("commerce_web_login_throttle")
    op.drop_table("commerce_web_session")
    op.drop_table("commerce_web_user")
