"""Captchas: work for a program and a challenge for a person, required before calls that anybody may make.

The answer and the purpose are sealed in the captcha's own id, so nothing is stored until one is used. A
captcha is used once it is presented, whether the answer is right or wrong; the use is a row, so that it holds
across processes.
"""

import asyncio
import base64
import binascii
import hashlib
import secrets
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar

from mshield.server.accounts.captcha_deeds import CaptchaPurpose, Hardness, count_failure, hardness
from mshield.server.accounts.captcha_picture import ALPHABET, LENGTH, draw, speak
from mshield.server.accounts.captcha_work import Work
from mshield.server.accounts.errors import CaptchaNeeded, CaptchaWrong, WorkMissing, WorkWrong
from mshield.server.database.interface import Database
from mshield.server.errors import DomainError, NotFound, TooManyRequests
from mshield.server.keys.errors import SealError
from mshield.server.keys.keyring import Keyring
from mshield.server.keys.secrets import LookupKey
from mshield.server.runtime.rows import limits
from mshield.server.runtime.throttle import Budget
from mshield.server.settings.accounts import AccountSettings
from mshield.wire.times import MINUTE_MS
from mshield.wire.tokens import base64url

T = TypeVar("T")
MAX_ID: Final = 200
_PURPOSE: Final = "captcha-2"
"""Purpose of the sealed ids."""
_DEEDS: Final = tuple(CaptchaPurpose)
_TIME_BYTES: Final = 8
_HEAD_BYTES: Final = _TIME_BYTES + 2
# Drawing takes milliseconds, but speaking takes a tenth of a second of pure Python: one thread leaves room
# for the rest.
_POOL: Final = ThreadPoolExecutor(max_workers=1, thread_name_prefix="captcha")
_MOST_WAITING: Final = 100
"""Calls that may wait for a picture, a few seconds' worth; further ones are refused, so that the queue can't grow."""
_PREFIX_TIMES: Final = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Captcha:
    """A new captcha: its id, its picture (PNG) if a person must read one, and the work as an ALTCHA challenge."""

    id: str
    image: bytes | None
    challenge: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownCaptcha:
    """A caller's answer to a captcha: id, characters, and solution of the work, as far as present."""

    id: str | None
    answer: str | None
    work: str | None = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Opened:
    deed: CaptchaPurpose
    step: int
    answer: str
    expires_at: int
    fingerprint: bytes


@dataclass(slots=True)
class _Thread:
    """The single drawing thread with its queue."""

    waiting: int = 0

    async def run(self, work: Callable[..., T], *arguments: object) -> T:
        if self.waiting >= _MOST_WAITING:
            raise TooManyRequests(retry_after=2)
        self.waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(_POOL, work, *arguments)
        finally:
            self.waiting -= 1


@dataclass(frozen=True, slots=True)
class Captchas:
    """Creates captchas and checks answers."""

    db: Database
    keyring: Keyring
    lookup: LookupKey = field(repr=False)
    settings: AccountSettings
    _thread: _Thread = field(default_factory=_Thread)

    async def new(self, deed: CaptchaPurpose, *, address: str, pictured: bool = False, now: int) -> Captcha:
        """Creates a captcha for this address; `pictured` requests a picture even if none is needed yet.

        Raises: TooManyRequests.
        """
        await self._limit("captcha", self.settings.captchas_per_address, address, now=now)
        hard = await hardness(self.db, self.settings, deed, address=address, now=now)
        answer = ""
        if pictured or hard.needs_picture(deed):
            answer = "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))
        head = (now + self.settings.captcha_seconds * 1000).to_bytes(_TIME_BYTES, "big")
        plain = head + bytes((_DEEDS.index(deed), hard.step)) + answer.encode()
        box = self.keyring.seal(plain, purpose=_PURPOSE, context=b"")
        image, challenge = await self._thread.run(self._made, answer, _fingerprint(box), hard.step)
        return Captcha(id=base64url(box), image=image, challenge=challenge)

    async def challenge(self, captcha_id: str, *, address: str, now: int) -> Mapping[str, Any]:
        """Returns the work of a captcha again, for a client that kept only its id.

        It does so for an expired or used captcha too, so that a client can repeat a call. Raises: NotFound,
        TooManyRequests.
        """
        captcha = _open(self.keyring, captcha_id)
        if captcha is None:
            raise NotFound
        await self._limit("captcha_work", self.settings.captchas_per_address, address, now=now)
        return await self._thread.run(self._challenge, captcha.fingerprint, captcha.step)

    async def audio(self, captcha_id: str, *, address: str, now: int) -> bytes:
        """Returns the answer spoken in noise (WAV).

        Raises: NotFound (no captcha, expired, or without characters), TooManyRequests.
        """
        answer = answer_of(self.keyring, captcha_id, now=now)
        await self._limit("captcha_audio", self.settings.captcha_audios_per_address, address, now=now)
        return await self._thread.run(speak, answer)

    async def use(self, shown: ShownCaptcha, deed: CaptchaPurpose, *, address: str, now: int) -> None:
        """Checks an answer and spends the captcha, whether the answer is right or wrong.

        Raises: WorkMissing, CaptchaNeeded, which spend nothing; CaptchaWrong, WorkWrong (wrong, spent,
        expired or made up), which count against the address.
        """
        if shown.id is None:
            raise WorkMissing
        captcha = _open(self.keyring, shown.id)
        if captcha is not None and not captcha.answer:
            hard = await hardness(self.db, self.settings, deed, address=address, now=now)
            if hard.needs_picture(deed):
                raise CaptchaNeeded
        if captcha is not None and captcha.answer and not shown.answer:
            raise CaptchaNeeded
        if shown.work is None:
            raise WorkMissing
        wrong = await self._wrong(captcha, shown, deed, now=now)
        if wrong is not None:
            await self.db.write(lambda tx: count_failure(tx, address=address, now=now))
            raise wrong

    async def _wrong(
        self, opened: _Opened | None, shown: ShownCaptcha, deed: CaptchaPurpose, *, now: int
    ) -> DomainError | None:
        if opened is None or opened.expires_at <= now or opened.deed is not deed:
            return WorkWrong() if shown.answer is None else CaptchaWrong()
        is_unused = await limits.use_captcha(
            self.db, captcha_hash=opened.fingerprint, expires_at=opened.expires_at
        )
        entered = (shown.answer or "").strip().upper().encode()
        if opened.answer and not (is_unused and secrets.compare_digest(entered, opened.answer.encode())):
            return CaptchaWrong()
        if not is_unused or not Work(self.lookup).proves(shown.work or "", opened.fingerprint):
            return WorkWrong()
        return None

    def _made(self, answer: str, fingerprint: bytes, step: int) -> tuple[bytes | None, Mapping[str, Any]]:
        return draw(answer) if answer else None, self._challenge(fingerprint, step)

    def _challenge(self, fingerprint: bytes, step: int) -> Mapping[str, Any]:
        tries = self.settings.captcha_work * Hardness(step).factor
        return Work(self.lookup).challenge(fingerprint, tries=tries)

    async def _limit(self, scope: str, most: int, address: str, *, now: int) -> None:
        budget = Budget(scope=scope, per_address=most, per_prefix=most * _PREFIX_TIMES, window=MINUTE_MS)
        await self.db.write(lambda tx: budget.spend(tx, address=address, now=now))


def answer_of(keyring: Keyring, captcha_id: str, *, now: int) -> str:
    """Returns the characters of the picture, for its sound and for demonstration mode.

    Raises: NotFound, also for a captcha without a picture.
    """
    captcha = _open(keyring, captcha_id)
    if captcha is None or captcha.expires_at <= now or not captcha.answer:
        raise NotFound
    return captcha.answer


def _open(keyring: Keyring, captcha_id: str) -> _Opened | None:
    if len(captcha_id) > MAX_ID or not captcha_id.isascii():
        return None
    try:
        box = base64.b64decode(captcha_id + "=" * (-len(captcha_id) % 4), altchars=b"-_", validate=True)
        plain = keyring.open(box, purpose=_PURPOSE, context=b"")
    except (binascii.Error, SealError):
        return None
    deed, step = plain[_TIME_BYTES:_HEAD_BYTES]
    return _Opened(
        deed=_DEEDS[deed],
        step=step,
        answer=plain[_HEAD_BYTES:].decode(),
        expires_at=int.from_bytes(plain[:_TIME_BYTES], "big"),
        fingerprint=_fingerprint(box),
    )


def _fingerprint(box: bytes) -> bytes:
    # Hash the box instead of its text, since base64 can spell the same bytes in several ways.
    return hashlib.sha256(box).digest()
