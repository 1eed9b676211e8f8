"""Proofs that an account belongs to a person on file (docs/identity.md).

A proof is recorded together with its act, which goes into the log. If the person already has a proven
account, a second one can be proven by fewer ways, and the other accounts are notified some time before the
proof takes effect, so that a victim of impersonation can stop it.
"""

from dataclasses import dataclass
from typing import Final

from mshield.server.accounts.rows.portal_sessions import ManagedEnterprise
from mshield.server.acts.actor import SERVICE, By
from mshield.server.acts.rows import acts
from mshield.server.database.interface import Database, Tx
from mshield.server.errors import Forbidden
from mshield.server.identity.errors import IdentityUnproven
from mshield.server.identity.rows import proofs as store
from mshield.server.identity.rules import counting
from mshield.server.notices.notify import notify_account
from mshield.server.notices.rules.notices import NoticeKind
from mshield.server.settings.identity import IdentitySettings
from mshield.server.values.names import same_name
from mshield.wire.identity import Role, Way
from mshield.wire.times import HOUR_MS

PHONE_CHANGED: Final = "phone_changed"
"""Reason of a proof by the filed number that ended because that number is no longer the account's."""


@dataclass(frozen=True, slots=True)
class Claim:
    """An account and the filing record that it claims; their id numbers are known to agree.

    `names_agree`: the names agree too, which a new proof requires; the file may change the person's name
    afterwards.
    """

    account_id: str
    phone: str
    person_id: str
    role: Role
    names_agree: bool


@dataclass(frozen=True, slots=True)
class Proofs:
    """Checks and records proofs."""

    db: Database
    settings: IdentitySettings

    async def require(self, claim: Claim, *, now: int) -> bool:
        """Checks whether the claim is proven.

        Returns True if it is, and False if it will be once an SMS code sent to the filed phone number is
        entered. Raises: IdentityUnproven.
        """
        existing = await store.standing(self.db, account_id=claim.account_id, person_id=claim.person_id)
        is_second = bool(await store.others(self.db, account_id=claim.account_id, person_id=claim.person_id))
        ways = self.chosen(claim.role)
        if any(proof.way in ways and proof.counts_from <= now for proof in existing):
            return True
        by_phone = Way.FILED_PHONE in counting(ways, is_second=is_second)
        if by_phone and claim.names_agree:
            filed = await store.filed_phone(self.db, person_id=claim.person_id)
            if filed is not None and filed == claim.phone:
                return False
        starts = [proof.counts_from for proof in existing if proof.way in ways]
        raise IdentityUnproven(counts_from=min(starts, default=None))

    async def managed(self, db: Database | Tx, account_id: str, *, now: int) -> list[ManagedEnterprise]:
        """Returns the enterprises whose legal person the account's holder is proven to be, by credit code."""
        return [
            ManagedEnterprise(person.credit_code, person.enterprise)
            for person in await store.legal_persons(db, account_id=account_id)
            if await self.is_proven(db, account_id, person.person_id, Role.LEGAL_PERSON, now=now)
        ]

    async def managed_from(self, db: Database | Tx, account_id: str, *, now: int) -> int | None:
        """Returns when (ms) the first waiting proof as a legal person takes effect; None if none waits."""
        ways, starts = self.chosen(Role.LEGAL_PERSON), []
        for person in await store.legal_persons(db, account_id=account_id):
            existing = await store.standing(db, account_id=account_id, person_id=person.person_id)
            starts += [
                proof.counts_from for proof in existing if proof.way in ways and proof.counts_from > now
            ]
        return min(starts, default=None)

    async def has_lost_number(self, db: Database | Tx, account_id: str) -> bool:
        """Reports whether the latest ended proof as a legal person ended because the filed number isn't the account's.

        It explains to accounts without a valid proof what happened.
        """
        records = {person.person_id for person in await store.legal_persons(db, account_id=account_id)}
        of_records = [
            proof
            for proof in await store.of_account(db, account_id=account_id)
            if proof.person_id in records and proof.ended_at is not None
        ]
        last = max(of_records, key=lambda proof: proof.ended_at or 0, default=None)
        return last is not None and last.ended_reason == PHONE_CHANGED

    async def provable_by_phone(self, db: Database | Tx, account_id: str) -> list[store.FiledLegalPerson]:
        """Returns the filings as legal person that an SMS code can prove, as the account has the filed phone number."""
        if Way.FILED_PHONE not in self.chosen(Role.LEGAL_PERSON):
            return []
        return [
            person
            for person in await self._legal_persons(db, account_id)
            if person.same_phone
            and not await store.others(db, account_id=account_id, person_id=person.person_id)
        ]

    async def is_legal_person(self, db: Database | Tx, account_id: str) -> bool:
        """Reports whether the account's holder is on file as a legal person, proven or not."""
        return bool(await self._legal_persons(db, account_id))

    async def record(
        self,
        tx: Tx,
        account_id: str,
        person_id: str | None,
        way: Way,
        *,
        by: By,
        prover: By | None = None,
        now: int,
    ) -> int:
        """Records a proof and its act, notifies the person's other accounts, and returns its start (ms).

        `prover` is the person who vouches for it, if not the actor `by`. Raises: Forbidden (another account
        objected to this one before, so only the filing office can prove it), IdentityUnproven (the filed
        number changed, or another account was proven first and this way can't prove a second one).
        """
        # If two accounts are proven at once, the lock makes one the first, and it is notified of the other.
        if person_id is not None:
            await store.lock_person(tx, person_id=person_id)
        if way is Way.FILED_PHONE and not await store.has_filed_phone(
            tx, account_id=account_id, person_id=person_id
        ):
            raise IdentityUnproven(counts_from=None)  # The filing office changed the number meanwhile.
        others = await store.others(tx, account_id=account_id, person_id=person_id)
        stopped = await self.objected_at(tx, account_id, person_id) if others else None
        if stopped is not None and way is not Way.FILING_CODE:
            raise Forbidden(reason="objected")
        if not counting([way], is_second=bool(others)):
            raise IdentityUnproven(counts_from=None)
        counts_from = now + self.settings.wait_hours * HOUR_MS if others else now
        proof = store.NewProof(
            account_id=account_id, person_id=person_id, way=way, by=prover or by, counts_from=counts_from
        )
        proof_id = await store.insert(tx, proof, now=now)
        for other in others:
            await notify_account(tx, NoticeKind.SECOND_ACCOUNT, account_id=other, occasion=proof_id, now=now)
        details = {"way": way.value, "person": person_id, "second": bool(others), "counts_from": counts_from}
        await acts.record(tx, by=by, act="identity.prove", subject=account_id, details=details, now=now)
        return counts_from

    async def objected_at(self, tx: Tx, account_id: str, person_id: str | None) -> int | None:
        """Returns when (ms) another account of the person objected to this one; None without an objection.

        After an objection only an activation code made later proves the account.
        """
        return await store.objected_at(tx, account_id=account_id, person_id=person_id)

    async def record_once(
        self, tx: Tx, account_id: str, person_id: str, way: Way, *, by: By, now: int
    ) -> None:
        """Like `record`, but does nothing if a proof by this way exists."""
        existing = await store.standing(tx, account_id=account_id, person_id=person_id)
        if not any(proof.way is way for proof in existing):
            await self.record(tx, account_id, person_id, way, by=by, now=now)

    async def follow_source(self, tx: Tx, account_id: str, *, verified: bool, now: int) -> None:
        """Records or ends the proof by the account's outside system, which may vouch for the user at each login.

        The system's statement is a proof as long as each login repeats it.
        """
        existing = await store.vouched(tx, account_id=account_id, way=Way.OUTSIDE)
        if not verified and existing:
            await store.end_of_way(tx, account_id=account_id, way=Way.OUTSIDE, reason="not_verified", now=now)
        if verified and not existing and not await store.others(tx, account_id=account_id, person_id=None):
            await self.record(tx, account_id, None, Way.OUTSIDE, by=SERVICE, now=now)

    async def end_others(self, tx: Tx, account_id: str, *, but: Way, reason: str, now: int) -> None:
        """Ends all proofs of the account except those by the way `but`, and records an act if there were any."""
        ended_ways = [
            way.value
            for way in Way
            if way is not but
            and await store.end_of_way(tx, account_id=account_id, way=way, reason=reason, now=now)
        ]
        if ended_ways:
            details = {"reason": reason, "ways": ended_ways}
            await acts.record(
                tx, by=SERVICE, act="identity.end", subject=account_id, details=details, now=now
            )

    async def carry_over(self, tx: Tx, account_id: str, *, old: str, new: str, by: By, now: int) -> None:
        """Preserves the account's proofs when its number is changed by two people or by a code from the old number.

        A proof by the filed number relies on the filing office's record that the number is the person's. If
        the record names neither the old nor the new number any more, the proof ends (docs/identity.md).
        """
        ended_people = []
        for proof in await store.by_filed_phone(tx, account_id=account_id):
            if proof.filed_phone not in {old, new}:
                await store.end_one(tx, proof_id=proof.id, reason=PHONE_CHANGED, now=now)
                ended_people.append(proof.person_id)
        if ended_people:
            details = {"reason": PHONE_CHANGED, "way": Way.FILED_PHONE.value, "people": ended_people}
            await acts.record(tx, by=by, act="identity.end", subject=account_id, details=details, now=now)
            occasion = f"{account_id} {now}"
            await notify_account(
                tx, NoticeKind.FILED_PHONE_DIFFERS, account_id=account_id, occasion=occasion, now=now
            )

    async def _legal_persons(self, db: Database | Tx, account_id: str) -> list[store.FiledLegalPerson]:
        persons = await store.legal_persons(db, account_id=account_id)
        return [person for person in persons if same_name(person.filed_name, person.account_name)]

    async def is_proven(
        self, db: Database | Tx, account_id: str, person_id: str, role: Role, *, now: int
    ) -> bool:
        """Reports whether a valid proof shows that the account is this person's."""
        ways = self.chosen(role)
        existing = await store.standing(db, account_id=account_id, person_id=person_id)
        return any(proof.way in ways and proof.counts_from <= now for proof in existing)

    def chosen(self, role: Role) -> frozenset[Way]:
        """Returns the ways that the settings allow for a role; recorded proofs of other ways aren't valid.

        Second accounts need no exception: `record` refuses the ways that can't prove one.
        """
        if role is Role.LEGAL_PERSON:
            return frozenset(map(Way, self.settings.ways_legal_person))
        return frozenset(map(Way, self.settings.ways_operator))
