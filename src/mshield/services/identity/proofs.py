"""Whether an account belongs to a person on file, and what proves it (docs/identity.md).

A proof is recorded with its act, which the log takes. A person who has a proven account gets a second one by fewer
ways, and the others are told some time before it counts: who is being impersonated can stop it.
"""

from dataclasses import dataclass
from typing import Final

from mshield.domain import errors
from mshield.domain.actor import SERVICE, By
from mshield.domain.identity import Role, same_name
from mshield.domain.notices import NoticeKind
from mshield.domain.proofs import Way, counting
from mshield.domain.times import HOUR_MS
from mshield.services.notices.notify import tell
from mshield.settings import Settings
from mshield.store.database.interface import Database, Tx
from mshield.store.identity import proofs as store
from mshield.store.legal_person.sessions import ManagedEnterprise
from mshield.store.staff import acts

PHONE_CHANGED: Final = "phone_changed"
"""The reason of what the filed number proved, and that is no longer the account's."""


@dataclass(frozen=True, slots=True)
class Claim:
    """An account, and the filing record that it is said to belong to; their id numbers are known to agree.

    `names_agree` as well: they must where it is proven, while the file may give a person another name afterwards.
    """

    account_id: str
    phone: str
    person_id: str
    role: Role
    names_agree: bool


@dataclass(frozen=True, slots=True)
class Proofs:
    """Asks for proofs, and records them."""

    db: Database
    settings: Settings

    async def require(self, claim: Claim, *, now: int) -> bool:
        """Raises IdentityUnproven where nothing proves the claim.

        True where it is proven; False where the filed phone number will prove it, once an SMS code came back from it.
        """
        standing = await store.standing(self.db, account_id=claim.account_id, person_id=claim.person_id)
        is_second = bool(await store.others(self.db, account_id=claim.account_id, person_id=claim.person_id))
        ways = self.counted(claim.role)
        if any(proof.way in ways and proof.counts_from <= now for proof in standing):
            return True
        by_phone = Way.FILED_PHONE in counting(self.chosen(claim.role), is_second=is_second)
        if by_phone and claim.names_agree:
            filed = await store.filed_phone(self.db, person_id=claim.person_id)
            if filed is not None and filed == claim.phone:
                return False
        waits = [proof.counts_from for proof in standing if proof.way in ways]
        raise errors.IdentityUnproven(counts_from=min(waits, default=None))

    async def managed(self, db: Database | Tx, account_id: str, *, now: int) -> list[ManagedEnterprise]:
        """The enterprises whose legal person the account's holder is proven to be, by credit code."""
        return [
            ManagedEnterprise(person.credit_code, person.enterprise)
            for person in await store.legal_persons(db, account_id=account_id)
            if await self._is_proven(db, account_id, person.person_id, Role.LEGAL_PERSON, now=now)
        ]

    async def managed_from(self, db: Database | Tx, account_id: str, *, now: int) -> int | None:
        """When (ms) the first proof as a legal person that waits begins to count; None where none waits."""
        ways, starts = self.counted(Role.LEGAL_PERSON), []
        for person in await store.legal_persons(db, account_id=account_id):
            standing = await store.standing(db, account_id=account_id, person_id=person.person_id)
            starts += [
                proof.counts_from for proof in standing if proof.way in ways and proof.counts_from > now
            ]
        return min(starts, default=None)

    async def has_lost_number(self, db: Database | Tx, account_id: str) -> bool:
        """Whether what proved them a legal person ended last because the number on file isn't the account's.

        Shown to whom nothing proves now, so that they know what happened.
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
        """The records as legal person that a code to the filed phone number, which is the account's, will prove."""
        if Way.FILED_PHONE not in self.chosen(Role.LEGAL_PERSON):
            return []
        return [
            person
            for person in await self._legal_persons(db, account_id)
            if person.same_phone
            and not await store.others(db, account_id=account_id, person_id=person.person_id)
        ]

    async def is_legal_person(self, db: Database | Tx, account_id: str) -> bool:
        """Whether they are on file as one, proven or not."""
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
        """Records a proof and its act, and tells the person's other accounts; gives the time from which it counts.

        `prover` vouches for it, where that is another than who acts.

        Raises Forbidden for a second account that another one has stopped before: the filing office alone proves it;
        IdentityUnproven for a way that proves none, where another account was faster since it was asked.
        """
        # Of two accounts at once one is the first, and is told of the other.
        if person_id is not None:
            await store.lock_person(tx, person_id=person_id)
        if way is Way.FILED_PHONE and not await store.has_filed_phone(
            tx, account_id=account_id, person_id=person_id
        ):
            raise errors.IdentityUnproven(counts_from=None)  # the office filed another one meanwhile
        others = await store.others(tx, account_id=account_id, person_id=person_id)
        stopped = await self.objected_at(tx, account_id, person_id) if others else None
        if stopped is not None and way is not Way.FILING_CODE:
            raise errors.Forbidden(reason="objected")
        if not counting([way], is_second=bool(others)):
            raise errors.IdentityUnproven(counts_from=None)
        counts_from = now + self.settings.identity_wait_hours * HOUR_MS if others else now
        proof = store.NewProof(
            account_id=account_id, person_id=person_id, way=way, by=prover or by, counts_from=counts_from
        )
        proof_id = await store.insert(tx, proof, now=now)
        for other in others:
            await tell(tx, NoticeKind.SECOND_ACCOUNT, account_id=other, occasion=proof_id, now=now)
        details = {"way": way.value, "person": person_id, "second": bool(others), "counts_from": counts_from}
        await acts.record(tx, by=by, act="identity.prove", subject=account_id, details=details, now=now)
        return counts_from

    async def objected_at(self, tx: Tx, account_id: str, person_id: str | None) -> int | None:
        """When (ms) another account of the person stopped this one for a record: only a code made since proves it."""
        return await store.objected_at(tx, account_id=account_id, person_id=person_id)

    async def record_once(
        self, tx: Tx, account_id: str, person_id: str, way: Way, *, by: By, now: int
    ) -> None:
        """As `record`, where this way hasn't proven it before."""
        standing = await store.standing(tx, account_id=account_id, person_id=person_id)
        if not any(proof.way is way for proof in standing):
            await self.record(tx, account_id, person_id, way, by=by, now=now)

    async def follow_source(self, tx: Tx, account_id: str, *, verified: bool, now: int) -> None:
        """What the account's outside system says of its user's identity at this login: proof while it says so."""
        standing = await store.vouched(tx, account_id=account_id, way=Way.OUTSIDE)
        if not verified and standing:
            await store.end_of_way(tx, account_id=account_id, way=Way.OUTSIDE, reason="not_verified", now=now)
        if verified and not standing and not await store.others(tx, account_id=account_id, person_id=None):
            await self.record(tx, account_id, None, Way.OUTSIDE, by=SERVICE, now=now)

    async def end_others(self, tx: Tx, account_id: str, *, but: Way, reason: str, now: int) -> None:
        """Ends every proof of the account but those of one way, with an act where there were any."""
        ended = [
            way.value
            for way in Way
            if way is not but
            and await store.end_of_way(tx, account_id=account_id, way=way, reason=reason, now=now)
        ]
        if ended:
            details = {"reason": reason, "ways": ended}
            await acts.record(
                tx, by=SERVICE, act="identity.end", subject=account_id, details=details, now=now
            )

    async def carry_over(self, tx: Tx, account_id: str, *, old: str, new: str, by: By, now: int) -> None:
        """What proves the account stays with it when its number changes, by two people or by a code to the old one.

        The filed number proved it because the filing office says that it is the person's. Where the office says so of
        neither number any more, that has no ground left, and ends (docs/identity.md).
        """
        ended = []
        for proof in await store.by_filed_phone(tx, account_id=account_id):
            if proof.filed_phone not in {old, new}:
                await store.end_one(tx, proof_id=proof.id, reason=PHONE_CHANGED, now=now)
                ended.append(proof.person_id)
        if ended:
            details = {"reason": PHONE_CHANGED, "way": Way.FILED_PHONE.value, "people": ended}
            await acts.record(tx, by=by, act="identity.end", subject=account_id, details=details, now=now)
            occasion = f"{account_id} {now}"
            await tell(tx, NoticeKind.FILED_PHONE_DIFFERS, account_id=account_id, occasion=occasion, now=now)

    async def _legal_persons(self, db: Database | Tx, account_id: str) -> list[store.FiledLegalPerson]:
        persons = await store.legal_persons(db, account_id=account_id)
        return [person for person in persons if same_name(person.filed_name, person.account_name)]

    async def may_hand_on(
        self, db: Database | Tx, account_id: str, person_id: str, role: Role, *, now: int
    ) -> bool:
        """Whether a proof counts now that somebody looked at: an earlier application proves no further account."""
        return await self._counts(db, account_id, person_id, self.chosen(role), now=now)

    async def stands(
        self, db: Database | Tx, account_id: str, person_id: str, role: Role, *, now: int
    ) -> bool:
        """Whether anything proves now that the account is this person's."""
        return await self._is_proven(db, account_id, person_id, role, now=now)

    async def _is_proven(
        self, db: Database | Tx, account_id: str, person_id: str, role: Role, *, now: int
    ) -> bool:
        return await self._counts(db, account_id, person_id, self.counted(role), now=now)

    async def _counts(
        self, db: Database | Tx, account_id: str, person_id: str, ways: frozenset[Way], *, now: int
    ) -> bool:
        standing = await store.standing(db, account_id=account_id, person_id=person_id)
        return any(proof.way in ways and proof.counts_from <= now for proof in standing)

    def counted(self, role: Role) -> frozenset[Way]:
        """Those that count once recorded: what a second account may not be proven by is refused before that."""
        return self.chosen(role) | {Way.EARLIER}

    def chosen(self, role: Role) -> frozenset[Way]:
        """The ways that the settings name for a role."""
        if role is Role.LEGAL_PERSON:
            return frozenset(map(Way, self.settings.identity_ways_legal_person))
        return frozenset(map(Way, self.settings.identity_ways_operator))
