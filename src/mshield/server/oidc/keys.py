"""Keys that sign ID tokens (ES256), published from a day before their first use to a day after their last.

They are sealed in the database. Processes reread them every minute, so all know a new key long before it
signs; a key put in force immediately is known everywhere within a minute.
"""

import json
from dataclasses import dataclass, field
from typing import Any, Final

from joserfc.jwk import ECKey, KeySet

from mshield.server.acts.actor import By
from mshield.server.acts.rows import acts
from mshield.server.database.interface import Database, Tx
from mshield.server.keys.errors import SealError
from mshield.server.keys.keyring import Keyring
from mshield.server.oidc.rows import keys as store
from mshield.wire.times import DAY_MS, MINUTE_MS

ALGORITHM: Final = "ES256"
LEAD_MS: Final = DAY_MS
"""Time for which a new key is published before it signs."""

RETENTION_MS: Final = DAY_MS
"""Time for which a key stays published after it stopped signing, longer than any token lives."""

READ_MS: Final = MINUTE_MS
_PURPOSE: Final = "oidc-key"


@dataclass(frozen=True, slots=True)
class SigningKey:
    """Signing key with its number in sequence."""

    number: int
    signs_from: int
    created_at: int
    key: ECKey = field(repr=False)

    @property
    def kid(self) -> str:
        """RFC 7638 thumbprint of the key."""
        return self.key.thumbprint()

    def public(self) -> dict[str, Any]:
        """Returns the key as a JWK of the published key set."""
        return {**self.key.as_dict(private=False), "kid": self.kid, "use": "sig", "alg": ALGORITHM}


@dataclass(frozen=True, slots=True)
class SigningKeys:
    """The keys as read, in sequence."""

    keys: tuple[SigningKey, ...]

    def signing(self, now: int) -> SigningKey:
        """Returns the key in force: the newest whose start time has passed."""
        # If clocks differ, the first key may start slightly in this process's future: use it anyway.
        return next((key for key in reversed(self.keys) if key.signs_from <= now), self.keys[0])

    def published(self, now: int) -> tuple[SigningKey, ...]:
        """Returns the key in force, its successor, and those that signed within the last day."""
        ends = [key.signs_from for key in self.keys[1:]]
        return tuple(
            key
            for key, end in zip(self.keys, [*ends, None], strict=True)
            if end is None or now < end + RETENTION_MS
        )

    def key_set(self, now: int) -> KeySet:
        """Returns the key set that verifies our own tokens."""
        return KeySet([ECKey.import_key(key.public()) for key in self.published(now)])


class OidcKeys:
    """The provider's keys as cached by this process."""

    def __init__(self, db: Database, keyring: Keyring) -> None:
        self._db, self._keyring = db, keyring
        self._known: SigningKeys | None = None
        self._read_at = 0

    async def current(self, now: int) -> SigningKeys:
        """Returns the keys, at most a minute old; creates the first one if there is none. Raises: SealError."""
        if self._known is None or not 0 <= now - self._read_at < READ_MS:
            self._known = await self._read() or await self._first(now)
            self._read_at = now
        return self._known

    async def rotate(self, now: int, *, at_once: bool = False, by: By | None = None) -> SigningKey:
        """Makes the next key, or returns the one already pending.

        With `at_once` the new key signs immediately and all others are deleted. If `by` is given, the
        rotation is recorded as this actor's act.
        """
        keys = (await self._read() or await self._first(now)).keys
        if not at_once and keys[-1].signs_from > now:
            return keys[-1]
        row = self._new_row(keys[-1].number + 1, signs_from=now if at_once else now + LEAD_MS, now=now)

        async def work(tx: Tx) -> bool:
            if not await store.insert_key(tx, row):
                return False
            if at_once:
                await store.delete_before(tx, number=row.number)
            if by is not None:
                details = {"at_once": at_once}
                await acts.record(tx, by=by, act="key.rotate_oidc", subject=row.kid, details=details, now=now)
            return True

        if not await self._db.write(work) and at_once:
            return await self.rotate(
                now, at_once=True, by=by
            )  # Another process has used the number meanwhile.
        self._known = None
        return (await self.current(now)).keys[-1]

    async def keep(self, now: int, *, days: int) -> int:
        """Makes the next key once the newest is `days` old, and deletes keys no longer published.

        Returns the number of keys made and deleted.
        """
        keys = await self.current(now)
        changes = 0
        if now + LEAD_MS >= keys.keys[-1].signs_from + days * DAY_MS:
            await self.rotate(now)
            changes = 1
        oldest = (await self.current(now)).published(now)[0]
        return changes + await store.delete_before(self._db, number=oldest.number)

    async def _first(self, now: int) -> SigningKeys:
        await store.insert_key(self._db, self._new_row(1, signs_from=now, now=now))
        keys = await self._read()
        if keys is None:
            raise SealError("签名密钥未能保存", "the signing key was not stored")
        return keys

    def _new_row(self, number: int, *, signs_from: int, now: int) -> store.KeyRow:
        key = ECKey.generate_key("P-256")
        kid = key.thumbprint()
        box = self._keyring.seal(
            json.dumps(key.as_dict(private=True)).encode(), purpose=_PURPOSE, context=kid.encode()
        )
        return store.KeyRow(kid, number, box, signs_from, now)

    async def _read(self) -> SigningKeys | None:
        rows = await store.list_keys(self._db)
        cached = {key.kid: key for key in self._known.keys} if self._known is not None else {}
        keys = tuple(cached.get(row.kid) or self._opened(row) for row in rows)
        return SigningKeys(keys) if keys else None

    def _opened(self, row: store.KeyRow) -> SigningKey:
        plain = self._keyring.open(row.key_box, purpose=_PURPOSE, context=row.kid.encode())
        return SigningKey(row.number, row.signs_from, row.created_at, ECKey.import_key(json.loads(plain)))
