"""Activation codes (激活码): one time, one named person, printed or handed over, never sent.

A filing officer makes one, for an operator also their legal person; for a legal person it takes two officers. Whoever
enters it must have name and id number of that person too, and has five tries a day.
"""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from mshield.domain import errors
from mshield.domain.actor import By
from mshield.domain.identity import Role, same_name
from mshield.domain.proofs import CODE_ALPHABET, CODE_LETTERS, CODE_MS, Way, normalise_code
from mshield.domain.throttling import whole_seconds
from mshield.domain.times import DAY_MS
from mshield.keys.secrets import LookupKey
from mshield.services.identity.proofs import Proofs
from mshield.store.accounts import accounts, limits
from mshield.store.accounts.accounts import Account
from mshield.store.database.interface import Database, Tx
from mshield.store.identity import codes as store
from mshield.store.staff import acts

TRIES: Final = 5
_HASH: Final = "activation-code"
_SCOPE: Final = "activation_code"


@dataclass(frozen=True, slots=True)
class ActivationCode:
    """A new code, told once; `expires_at` in ms."""

    code: str
    person_id: str
    name: str
    expires_at: int


@dataclass(frozen=True, slots=True)
class ActivationCodes:
    """Makes codes and takes them."""

    db: Database
    lookup: LookupKey
    proofs: Proofs

    async def make(self, person_id: str, *, by: By, now: int) -> ActivationCode:
        """A code for an operator. Raises NotFound; Forbidden for a legal person."""

        async def work(tx: Tx) -> ActivationCode:
            return await self._make(tx, person_id, by=by, roles={Role.OPERATOR}, of=None, now=now)

        return await self.db.write(work)

    async def make_of(self, tx: Tx, person_id: str, *, by: By, credit_code: str, now: int) -> ActivationCode:
        """A code for an operator of this enterprise, in the transaction that spends its legal person's proof.

        Raises NotFound; Forbidden for a legal person.
        """
        return await self._make(tx, person_id, by=by, roles={Role.OPERATOR}, of=credit_code, now=now)

    async def make_in(
        self, tx: Tx, person_id: str, *, by: By, details: Mapping[str, object] | None = None, now: int
    ) -> ActivationCode:
        """A code for anybody, in the transaction of what two people decided. Raises NotFound.

        `details` stand in the act: who the second one was, where no question of the console says it.
        """
        roles = set(Role)
        return await self._make(tx, person_id, by=by, roles=roles, of=None, details=details, now=now)

    async def _make(
        self,
        tx: Tx,
        person_id: str,
        *,
        by: By,
        roles: set[Role],
        of: str | None,
        details: Mapping[str, object] | None = None,
        now: int,
    ) -> ActivationCode:
        person = await store.person(tx, person_id=person_id)
        if person is None or person["ended_at"] is not None or of not in {None, person["credit_code"]}:
            raise errors.NotFound
        if Role(person["role"]) not in roles:
            raise errors.Forbidden(reason="legal_person")
        code = "".join(secrets.choice(CODE_ALPHABET) for _ in range(CODE_LETTERS))
        expires_at = now + CODE_MS
        await store.put(
            tx, code_hash=self._hash(code), person_id=person_id, by=by, expires_at=expires_at, now=now
        )
        await acts.record(
            tx, by=by, act="identity.make_code", subject=person_id, details=details or {}, now=now
        )
        return ActivationCode(code, person_id, person["name"], expires_at)

    async def use(self, account: Account, text: str, *, now: int) -> int:
        """Proves the account by a code, and gives the time (ms) from which that counts.

        Raises ActivationCodeWrong, also for a code whose maker is their legal person no more, ActivationLocked after
        five wrong ones, Forbidden for a code from before another account of the person stopped this one.
        """
        failures = await self._count(account, now=now)
        code_hash = self._hash(normalise_code(text))

        async def work(tx: Tx) -> int | None:
            row = await store.find(tx, code_hash=code_hash, now=now)
            if row is None or row.id_number_hash != account.id_number_hash:
                return None
            if row.made_by.kind == "legal_person" and not await self._still_vouches(tx, row, now=now):
                return None
            if not same_name(row.name, account.name) or not await store.use(tx, code_hash=code_hash, now=now):
                return None
            objected = await self.proofs.objected_at(tx, account.id, row.person_id)
            if objected is not None and row.made_at <= objected:
                raise errors.Forbidden(reason="objected")
            await limits.reset(tx, scope=_SCOPE, subject=account.id)
            way = Way.LEGAL_PERSON if row.made_by.kind == "legal_person" else Way.FILING_CODE
            by, maker = By("user", account.id), row.made_by
            return await self.proofs.record(tx, account.id, row.person_id, way, by=by, prover=maker, now=now)

        counts_from = await self.db.write(work)
        if counts_from is None:
            raise errors.ActivationCodeWrong(left=TRIES - failures)
        return counts_from

    async def _still_vouches(self, tx: Tx, row: store.CodeRow, *, now: int) -> bool:
        """Whether who made the code answers for the enterprise now: who left it, or was disabled, makes no operator."""
        maker = await accounts.find_unchanging(tx, account_id=str(row.made_by.id))
        if maker is None or maker.state != "active":
            return False
        managed = await self.proofs.managed(tx, maker.id, now=now)
        return row.credit_code in {enterprise.credit_code for enterprise in managed}

    async def _count(self, account: Account, *, now: int) -> int:
        """Counts the try durably, before the code is looked at."""

        async def work(tx: Tx) -> int:
            failures = await limits.begin_attempt(
                tx, scope=_SCOPE, subject=account.id, now=now, stale=now - DAY_MS
            )
            if failures is None or failures > TRIES:
                throttle = await limits.find_throttle(tx, scope=_SCOPE, subject=account.id)
                start = now if throttle is None else throttle.window_start
                raise errors.ActivationLocked(retry_after=whole_seconds(start + DAY_MS - now))
            return failures

        return await self.db.write(work)

    def _hash(self, code: str) -> bytes:
        return self.lookup.lookup_hash(_HASH, code)
