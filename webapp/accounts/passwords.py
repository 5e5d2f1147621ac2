"""Passwords: what is accepted, and argon2id off the event loop.

Hashing takes tens of milliseconds and 64 MiB each, so it runs in a small pool of its own threads:
a flood of sign-ins waits in line instead of stopping pages or eating the memory.
"""

from __future__ import annotations

import asyncio
import unicodedata
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from commerce_core.errors import InvalidInputError

SHORTEST: Final = 10
LONGEST: Final = 200
"""Longer ones would only cost time: argon2 reads the whole text."""

_hasher: Final = PasswordHasher()
"""argon2id with the library's defaults, which follow RFC 9106's low-memory profile."""

_NOBODY: Final = f"$argon2id$v=19$m=65536,t=3,p=4${'A' * 22}${'A' * 43}"
"""A hash nobody has the password of, so that an unknown account costs the same time."""

_pool: Final = ThreadPoolExecutor(max_workers=2, thread_name_prefix="argon2")
"""Starts no thread before the first hash."""


class InvalidPasswordError(InvalidInputError):
    """A new password is too short, too long, or the e-mail address itself."""

    code = "invalid_password"


def hash_password(password: str, *, email: str) -> str:
    """Return the argon2id hash of a new password. Slow: use ``hash_password_async`` in a server.

    Raises:
        InvalidPasswordError: it cannot be accepted; the message says why.
    """
    if not SHORTEST <= len(password) <= LONGEST:
        message = f"the password must have {SHORTEST} to {LONGEST} characters"
        raise InvalidPasswordError(message)
    if password.casefold() == email.casefold():
        message = "the password must not be the e-mail address"
        raise InvalidPasswordError(message)
    return _hasher.hash(_as_bytes(password))


def verify_password(password: str, password_hash: str | None) -> bool:
    """Tell whether ``password`` belongs to the hash. None takes as long as a wrong password."""
    try:
        _hasher.verify(password_hash or _NOBODY, _as_bytes(password[: LONGEST + 1]))
    except (VerificationError, InvalidHashError):
        return False
    return password_hash is not None and len(password) <= LONGEST


async def hash_password_async(password: str, *, email: str) -> str:
    """Return what ``hash_password`` does without stopping the event loop."""
    loop = asyncio.get_running_loop()
    return await loop.run_in_executor(_pool, lambda: hash_password(password, email=email))


async def verify_password_async(password: str, password_hash: str | None) -> bool:
    """Return what ``verify_password`` does without stopping the event loop."""
    loop = asyncio.get_running_loop()
    return await loop.run_in_executor(_pool, verify_password, password, password_hash)


def _as_bytes(password: str) -> bytes:
    """Return the same bytes for the same text, however the keyboard composed its letters."""
    return unicodedata.normalize("NFKC", password).encode("utf-8", "surrogatepass")
