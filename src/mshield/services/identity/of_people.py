"""What proves the accounts of an enterprise's filed people, as their legal person sees it."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from mshield.domain.identity import Role, mask_phone, same_name
from mshield.domain.proofs import Way
from mshield.services.identity.proofs import Proofs
from mshield.store.database.interface import Database
from mshield.store.identity import of_people as store
from mshield.store.identity.of_people import PersonProofRow

ProofState = Literal["counts", "waits", "ended", "off"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonProof:
    """How an account of a filed person was proven, by whom and when; numbers are masked, times in ms.

    `waits`: it counts from `counts_from`. `off`: the account is disabled, or the way is taken no more. `actor_name` is
    the legal person's; `consented_masked` the number of the account whose shield consented.
    """

    way: str
    state: ProofState
    phone_masked: str
    actor: str
    actor_name: str | None
    consented_masked: str | None
    proven_at: int
    counts_from: int
    ended_at: int | None
    ended_reason: str | None


@dataclass(frozen=True, slots=True)
class ProofsOfPeople:
    """Lists them."""

    db: Database
    proofs: Proofs

    async def __call__(
        self, person_ids: Sequence[str], *, credit_code: str, with_ended: bool = False, now: int
    ) -> Mapping[str, Sequence[PersonProof]]:
        """The proofs of these people, by their ids, the newest first; people of other enterprises are left out."""
        proofs: dict[str, list[PersonProof]] = defaultdict(list)
        rows = await store.of_people(self.db, person_ids, credit_code=credit_code, with_ended=with_ended)
        for row in rows:
            # A proof made for this person counts while the account has the name that is on file.
            if not row.of_person or same_name(row.account_name, row.filed_name):
                proofs[row.person_id].append(self._shown(row, now=now))
        return proofs

    def _shown(self, row: PersonProofRow, *, now: int) -> PersonProof:
        return PersonProof(
            way=row.way,
            state=self._state(row, now=now),
            phone_masked=mask_phone(row.phone),
            actor=row.actor,
            actor_name=row.actor_name if row.actor == "legal_person" else None,
            consented_masked=None if row.actor_phone is None else mask_phone(row.actor_phone),
            proven_at=row.proven_at,
            counts_from=row.counts_from,
            ended_at=row.ended_at,
            ended_reason=row.ended_reason,
        )

    def _state(self, row: PersonProofRow, *, now: int) -> ProofState:
        if row.ended_at is not None:
            return "ended"
        if row.account_state != "active" or Way(row.way) not in self.proofs.counted(Role(row.role)):
            return "off"
        return "counts" if row.counts_from <= now else "waits"
