"""Activation codes (激活码): single use, for one named person, printed or handed over, never sent.

A filing officer creates a code; for an operator, the legal person can, too. For a legal person two officers
are required. The account that enters it must have the person's name and id number, and has five attempts a
day.
"""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from mshield.server.accounts.rows import accounts
from mshield.server.accounts.rows.accounts import Account
from mshield.server.acts.actor import By
from mshield.server.acts.rows import acts
from mshield.server.database.interface import Database, Tx
from mshield.server.errors import Forbidden, NotFound
from mshield.server.identity.errors import ActivationCodeWrong, ActivationLocked
from mshield.server.identity.proofs import Proofs
from mshield.server.identity.rows import codes as store
from mshield.server.identity.rules import CODE_ALPHABET, CODE_LETTERS, CODE_MS, normalise_code
from mshield.server.keys.secrets import LookupKey
from mshield.server.runtime.rows import limits
from mshield.server.values.names import same_name
from mshield.server.values.throttling import whole_seconds
from mshield.wire.identity import Role, Way
from mshield.wire.portal import ActivationCodeMessage
from mshield.wire.times import DAY_MS

TRIES: Final = 5
_HASH: Final = "activation-code"
_SCOPE: Final = "activation_code"


@dataclass(frozen=True, slots=True)
class ActivationCodes:
    """Makes and redeems activation codes."""

    db: Database
    lookup: LookupKey
    proofs: Proofs

    async def make(self, person_id: str, *, by: By, now: int) -> ActivationCodeMessage:
        """Makes a code for an operator. Raises: NotFound, Forbidden (a legal person)."""

        async def work(tx: Tx) -> ActivationCodeMessage:
            return await self._make(tx, person_id, by=by, roles={Role.OPERATOR}, of=None, now=now)

        return await self.db.write(work)

    async def make_of(
        self, tx: Tx, person_id: str, *, by: By, credit_code: str, now: int
    ) -> ActivationCodeMessage:
        """Makes a code for an operator of this enterprise, in the transaction that spends its legal person's proof.

        Raises: NotFound, Forbidden (a legal person).
        """
        return await self._make(tx, person_id, by=by, roles={Role.OPERATOR}, of=credit_code, now=now)

    async def make_in(
        self, tx: Tx, person_id: str, *, by: By, details: Mapping[str, object] | None = None, now: int
    ) -> ActivationCodeMessage:
        """Makes a code for any filed person, in the transaction of a decision by two people.

        `details` go into the act: the second person, if no approval in the console records it. Raises:
        NotFound.
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
    ) -> ActivationCodeMessage:
        person = await store.person(tx, person_id=person_id)
        if person is None or person["ended_at"] is not None or of not in {None, person["credit_code"]}:
            raise NotFound
        if Role(person["role"]) not in roles:
            raise Forbidden(reason="legal_person")
        code = "".join(secrets.choice(CODE_ALPHABET) for _ in range(CODE_LETTERS))
        expires_at = now + CODE_MS
        await store.put(
            tx, code_hash=self._hash(code), person_id=person_id, by=by, expires_at=expires_at, now=now
        )
        await acts.record(
            tx, by=by, act="identity.make_code", subject=person_id, details=details or {}, now=now
        )
        return ActivationCodeMessage(code, person["name"], expires_at)

    async def use(self, account: Account, text: str, *, now: int) -> int:
        """Proves the account by a code, and returns the time (ms) from which the proof is valid.

        Raises: ActivationCodeWrong (also if the legal person who made the code no longer is one),
        ActivationLocked (after five wrong codes), Forbidden (the code is older than the objection of another
        account of the person).
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
            if objected is not None and row.expires_at - CODE_MS <= objected:
                raise Forbidden(reason="objected")
            await limits.reset(tx, scope=_SCOPE, subject=account.id)
            way = Way.LEGAL_PERSON if row.made_by.kind == "legal_person" else Way.FILING_CODE
            by, maker = By("user", account.id), row.made_by
            return await self.proofs.record(tx, account.id, row.person_id, way, by=by, prover=maker, now=now)

        counts_from = await self.db.write(work)
        if counts_from is None:
            raise ActivationCodeWrong(left=TRIES - failures)
        return counts_from

    async def _still_vouches(self, tx: Tx, row: store.CodeRow, *, now: int) -> bool:
        """Reports whether the maker of the code is still the enterprise's legal person.

        A former or disabled legal person can't vouch for operators.
        """
        maker = await accounts.find_unchanging(tx, account_id=str(row.made_by.id))
        if maker is None or maker.state != "active":
            return False
        managed = await self.proofs.managed(tx, maker.id, now=now)
        return row.credit_code in {enterprise.credit_code for enterprise in managed}

    async def _count(self, account: Account, *, now: int) -> int:
        """Counts the attempt in a committed transaction, before the code is checked. Raises: ActivationLocked."""

        async def work(tx: Tx) -> int:
            failures = await limits.begin_attempt(
                tx, scope=_SCOPE, subject=account.id, now=now, stale=now - DAY_MS
            )
            if failures is None or failures > TRIES:
                throttle = await limits.find_throttle(tx, scope=_SCOPE, subject=account.id)
                start = now if throttle is None else throttle.window_start
                raise ActivationLocked(retry_after=whole_seconds(start + DAY_MS - now))
            return failures

        return await self.db.write(work)

    def _hash(self, code: str) -> bytes:
        return self.lookup.lookup_hash(_HASH, code)
