"""Hashing passwords with Argon2id (RFC 9106, second recommended option), away from the event loop.

At most two at once: each takes 64 MiB. A login without an account costs the same as one with a wrong password.
"""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

_HASHER: Final = PasswordHasher()
_POOL: Final = ThreadPoolExecutor(max_workers=2, thread_name_prefix="passwords")


async def hash_password(password: str) -> str:
    """The password's hash with its parameters, as it is stored."""
    return await asyncio.get_running_loop().run_in_executor(_POOL, _HASHER.hash, password)


async def verify_password(stored: str | None, password: str) -> bool:
    """Whether the password fits; `stored` None stands for an account that doesn't exist and takes as long."""
    return await asyncio.get_running_loop().run_in_executor(_POOL, _verify, stored, password)


def needs_new_hash(stored: str) -> bool:
    """Whether the hash was made with other parameters than today's."""
    return _HASHER.check_needs_rehash(stored)


def _verify(stored: str | None, password: str) -> bool:
    nobodys = _nobodys_hash(_HASHER)  # made by whichever login comes first, so that its time tells nothing
    try:
        _HASHER.verify(nobodys if stored is None else stored, password)
    except (VerificationError, InvalidHashError):
        return False
    return stored is not None


@lru_cache(maxsize=1)
def _nobodys_hash(hasher: PasswordHasher) -> str:
    return hasher.hash("nobody")
