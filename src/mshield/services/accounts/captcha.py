"""Captchas: the answer travels sealed in the captcha's own id, so nothing is stored until one is used.

Used means shown to the server once, right or wrong; the use is a row, so that it holds across processes.
"""

import asyncio
import base64
import binascii
import hashlib
import secrets
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from captcha.audio import AudioCaptcha
from captcha.image import ImageCaptcha

from mshield.domain import errors
from mshield.domain.times import MINUTE_MS
from mshield.keys.errors import SealError
from mshield.keys.keyring import Keyring
from mshield.services.accounts.throttle import address_subject, limit_calls
from mshield.settings import Settings
from mshield.store.accounts import limits
from mshield.store.database.interface import Database

LENGTH: Final = 4
ALPHABET: Final = "ACDEFHJKMNPRTUVWXY34679"
"""No two of them look or are spoken alike enough to be mistaken: without 0 O Q, 1 I L, 2 Z, 5 S, 8 B, G."""

MAX_ID: Final = 200
_PURPOSE: Final = "captcha"
_TIME_BYTES: Final = 8
# Drawing takes milliseconds, speaking a tenth of a second of pure Python: one thread leaves room for the rest.
_POOL: Final = ThreadPoolExecutor(max_workers=1, thread_name_prefix="captcha")


@dataclass(frozen=True, slots=True)
class Captcha:
    """A new captcha: its id and its picture (PNG)."""

    id: str
    image: bytes


@dataclass(frozen=True, slots=True)
class _Opened:
    answer: str
    expires_at: int
    fingerprint: bytes


@dataclass(frozen=True, slots=True)
class Captchas:
    """Makes captchas and takes their answers."""

    db: Database
    keyring: Keyring
    settings: Settings

    async def new(self, *, address: str, now: int) -> Captcha:
        """A captcha for this address. Raises TooManyRequests."""
        await self._limit("captcha", self.settings.captchas_per_address, address, now=now)
        answer = "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))
        expires_at = now + self.settings.captcha_seconds * 1000
        plain = expires_at.to_bytes(_TIME_BYTES, "big") + answer.encode()
        box = self.keyring.seal(plain, purpose=_PURPOSE, context=b"")
        image = await asyncio.get_running_loop().run_in_executor(_POOL, _draw, answer)
        return Captcha(base64.urlsafe_b64encode(box).rstrip(b"=").decode(), image)

    async def audio(self, captcha_id: str, *, address: str, now: int) -> bytes:
        """The answer spoken in noise (WAV). Raises NotFound for no captcha or an old one, TooManyRequests."""
        answer = answer_of(self.keyring, captcha_id, now=now)
        await self._limit("captcha_audio", self.settings.captcha_audios_per_address, address, now=now)
        return await asyncio.get_running_loop().run_in_executor(_POOL, _speak, answer)

    async def use(self, captcha_id: str, answer: str, *, now: int) -> None:
        """Spends the captcha, whatever the answer. Raises CaptchaWrong for a wrong, spent, old or made-up one."""
        opened = _open(self.keyring, captcha_id)
        if opened is None or opened.expires_at <= now:
            raise errors.CaptchaWrong
        fresh = await limits.use_captcha(
            self.db, captcha_hash=opened.fingerprint, expires_at=opened.expires_at
        )
        entered = answer.strip().upper().encode()
        if not fresh or not secrets.compare_digest(entered, opened.answer.encode()):
            raise errors.CaptchaWrong

    async def _limit(self, scope: str, most: int, address: str, *, now: int) -> None:
        await limit_calls(
            self.db, scope=scope, subject=address_subject(address), most=most, window=MINUTE_MS, now=now
        )


def answer_of(keyring: Keyring, captcha_id: str, *, now: int) -> str:
    """What the picture shows: for its audio form, and for demonstration mode. Raises NotFound."""
    opened = _open(keyring, captcha_id)
    if opened is None or opened.expires_at <= now:
        raise errors.NotFound
    return opened.answer


def _open(keyring: Keyring, captcha_id: str) -> _Opened | None:
    if len(captcha_id) > MAX_ID or not captcha_id.isascii():
        return None
    try:
        box = base64.b64decode(captcha_id + "=" * (-len(captcha_id) % 4), altchars=b"-_", validate=True)
        plain = keyring.open(box, purpose=_PURPOSE, context=b"")
    except (binascii.Error, SealError):
        return None
    expires_at = int.from_bytes(plain[:_TIME_BYTES], "big")
    # Hashed as the box, not as text: base64 has more than one spelling of the same octets.
    return _Opened(plain[_TIME_BYTES:].decode(), expires_at, hashlib.sha256(box).digest())


def _draw(answer: str) -> bytes:
    return _painter().generate(answer).getvalue()


def _speak(answer: str) -> bytes:
    return bytes(_speaker().generate(answer))


@lru_cache(maxsize=1)
def _painter() -> ImageCaptcha:
    return ImageCaptcha(width=160, height=60)


@lru_cache(maxsize=1)
def _speaker() -> AudioCaptcha:
    return AudioCaptcha()
