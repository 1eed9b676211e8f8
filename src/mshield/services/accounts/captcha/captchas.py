"""Captchas: what a program and a person must do before a call that anybody may make.

The answer travels sealed in the captcha's own id, with what it is for, so nothing is stored until one is used. Used
means shown to the server once, right or wrong; the use is a row, so that it holds across processes.
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

from mshield.domain import errors
from mshield.domain.times import MINUTE_MS
from mshield.domain.tokens import base64url
from mshield.keys.errors import SealError
from mshield.keys.keyring import Keyring
from mshield.keys.secrets import LookupKey
from mshield.services.accounts.captcha.deeds import Deed, Hardness, count_failure, hardness
from mshield.services.accounts.captcha.picture import ALPHABET, LENGTH, draw, speak
from mshield.services.accounts.captcha.work import Work
from mshield.services.accounts.throttle import Budget
from mshield.settings import Settings
from mshield.store.accounts import limits
from mshield.store.database.interface import Database

T = TypeVar("T")
MAX_ID: Final = 200
_PURPOSE: Final = "captcha-2"
"""Ids of the version before had no deed: they are no captchas now."""
_DEEDS: Final = tuple(Deed)
_TIME_BYTES: Final = 8
_HEAD_BYTES: Final = _TIME_BYTES + 2
# Drawing takes milliseconds, speaking a tenth of a second of pure Python: one thread leaves room for the rest.
_POOL: Final = ThreadPoolExecutor(max_workers=1, thread_name_prefix="captcha")
_MOST_WAITING: Final = 100
"""Calls that wait for a picture, a few seconds' worth; further ones are refused, or the queue would only grow."""
_PREFIX_TIMES: Final = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Captcha:
    """A new captcha: its id, its picture (PNG) if a person must read one, and the work as ALTCHA writes it."""

    id: str
    image: bytes | None
    challenge: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What a caller shows for a captcha: id, characters, and the work's solution, as far as there is each."""

    id: str | None
    answer: str | None
    work: str | None = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Opened:
    deed: Deed
    step: int
    answer: str
    expires_at: int
    fingerprint: bytes


@dataclass(slots=True)
class _Thread:
    """The one thread with its queue."""

    waiting: int = 0

    async def run(self, work: Callable[..., T], *arguments: object) -> T:
        if self.waiting >= _MOST_WAITING:
            raise errors.TooManyRequests(retry_after=2)
        self.waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(_POOL, work, *arguments)
        finally:
            self.waiting -= 1


@dataclass(frozen=True, slots=True)
class Captchas:
    """Makes captchas and takes their answers."""

    db: Database
    keyring: Keyring
    lookup: LookupKey = field(repr=False)
    settings: Settings
    _thread: _Thread = field(default_factory=_Thread)

    async def new(self, deed: Deed, *, address: str, pictured: bool = False, now: int) -> Captcha:
        """A captcha for this address; `pictured` asks for a picture also where none is needed yet.

        Raises TooManyRequests.
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
        """The work of a captcha once more, for who kept its id alone: also of an old one, for repeating a call.

        Raises NotFound, TooManyRequests.
        """
        opened = _open(self.keyring, captcha_id)
        if opened is None:
            raise errors.NotFound
        await self._limit("captcha_work", self.settings.captchas_per_address, address, now=now)
        return await self._thread.run(self._challenge, opened.fingerprint, opened.step)

    async def audio(self, captcha_id: str, *, address: str, now: int) -> bytes:
        """The answer spoken in noise (WAV).

        Raises NotFound for no captcha, an old one or one without characters; TooManyRequests.
        """
        answer = answer_of(self.keyring, captcha_id, now=now)
        await self._limit("captcha_audio", self.settings.captcha_audios_per_address, address, now=now)
        return await self._thread.run(speak, answer)

    async def use(self, shown: Shown, deed: Deed, *, address: str, now: int) -> None:
        """Spends the captcha, whatever the answer.

        Raises WorkMissing and CaptchaNeeded, which spend nothing; CaptchaWrong or WorkWrong for a wrong, spent, old or
        made-up one, which count against the address.
        """
        if shown.id is None:
            raise errors.WorkMissing
        opened = _open(self.keyring, shown.id)
        if opened is not None and not opened.answer:
            hard = await hardness(self.db, self.settings, deed, address=address, now=now)
            if hard.needs_picture(deed):
                raise errors.CaptchaNeeded
        if opened is not None and opened.answer and not shown.answer:
            raise errors.CaptchaNeeded
        if shown.work is None:
            raise errors.WorkMissing
        wrong = await self._wrong(opened, shown, deed, now=now)
        if wrong is not None:
            await self.db.write(lambda tx: count_failure(tx, address=address, now=now))
            raise wrong

    async def _wrong(
        self, opened: _Opened | None, shown: Shown, deed: Deed, *, now: int
    ) -> errors.DomainError | None:
        if opened is None or opened.expires_at <= now or opened.deed is not deed:
            return errors.WorkWrong() if shown.answer is None else errors.CaptchaWrong()
        fresh = await limits.use_captcha(
            self.db, captcha_hash=opened.fingerprint, expires_at=opened.expires_at
        )
        entered = (shown.answer or "").strip().upper().encode()
        if opened.answer and not (fresh and secrets.compare_digest(entered, opened.answer.encode())):
            return errors.CaptchaWrong()
        if not fresh or not Work(self.lookup).proves(shown.work or "", opened.fingerprint):
            return errors.WorkWrong()
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
    """What the picture shows: for its sound, and for demonstration mode. Raises NotFound, also without a picture."""
    opened = _open(keyring, captcha_id)
    if opened is None or opened.expires_at <= now or not opened.answer:
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
    deed, step = plain[_TIME_BYTES:_HEAD_BYTES]
    return _Opened(
        deed=_DEEDS[deed],
        step=step,
        answer=plain[_HEAD_BYTES:].decode(),
        expires_at=int.from_bytes(plain[:_TIME_BYTES], "big"),
        fingerprint=_fingerprint(box),
    )


def _fingerprint(box: bytes) -> bytes:
    # The box is hashed and not its text, since base64 can spell the same octets in several ways.
    return hashlib.sha256(box).digest()
