"""Tables of the accounts: users, their sessions, and the counters that slow down guessing.

Personal data: ``User.email`` and ``User.name``. Neither a password nor a session token is ever
stored, only what can verify it.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, String, false, true
from sqlalchemy.orm import Mapped, mapped_column

from commerce_core.clock import utc_now
from commerce_core.database import UTCDateTime, big_id, text_enum
from webapp.accounts.roles import Role
from webapp.database import WebBase


class User(WebBase):
    """A person who can sign in. Never deleted while journal rows name it as their actor."""

    __tablename__ = "commerce_web_user"
    __table_args__ = (CheckConstraint("email = lower(email)", name="email_lower"),)

    id: Mapped[int] = mapped_column(big_id, primary_key=True)
    email: Mapped[str] = mapped_column(String(254), unique=True)
    """The sign-in name, always in lower case."""
    name: Mapped[str] = mapped_column(String(120))
    role: Mapped[Role] = mapped_column(text_enum(Role, name="role"))
    password_hash: Mapped[str] = mapped_column(String(255))
    """argon2id in its encoded form, which carries its own parameters and salt."""
    is_active: Mapped[bool] = mapped_column(server_default=true(), default=True)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime(), default=utc_now)
    changed_by: Mapped[str] = mapped_column(String(120))
    """The actor of the last change to this account."""


class WebSession(WebBase):
    """One signed-in browser, or the token of a program, which has a name.

    The row is the only truth: without it cookie and token mean nothing.
    """

    __tablename__ = "commerce_web_session"
    __table_args__ = (
        CheckConstraint("idle_expires_at <= expires_at", name="idle_before_end"),
        Index(None, "idle_expires_at"),
    )

    id: Mapped[int] = mapped_column(big_id, primary_key=True)
    token_hash: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
    """SHA-256 of the 256-bit token in the cookie."""
    user_id: Mapped[int] = mapped_column(
        big_id, ForeignKey("commerce_web_user.id", ondelete="CASCADE"), index=True
    )
    created_at: Mapped[datetime] = mapped_column(UTCDateTime(), default=utc_now)
    seen_at: Mapped[datetime] = mapped_column(UTCDateTime())
    """The last page, to within a few minutes."""
    idle_expires_at: Mapped[datetime] = mapped_column(UTCDateTime())
    expires_at: Mapped[datetime] = mapped_column(UTCDateTime())
    stays: Mapped[bool] = mapped_column(server_default=false(), default=False)
    """True for "Stay signed in on this computer": the cookie outlives the browser."""
    name: Mapped[str] = mapped_column(String(60), server_default="", default="")
    """What a program's token is for; empty for a browser."""


class LoginThrottle(WebBase):
    """How often signing in was tried for one key in the running window.

    The key is a SHA-256 over what is counted (account and address, account, or address), so the
    table names nobody.
    """

    __tablename__ = "commerce_web_login_throttle"
    __table_args__ = (CheckConstraint("attempts > 0", name="attempts_positive"),)

    key: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    started_at: Mapped[datetime] = mapped_column(UTCDateTime(), index=True)
    attempts: Mapped[int]
