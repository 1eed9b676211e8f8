"""Proofs of the accounts of an enterprise's filed people, as their legal person sees them."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from mshield.server.database.interface import Database
from mshield.server.identity.proofs import Proofs
from mshield.server.identity.rows import of_people as store
from mshield.server.identity.rows.of_people import PersonProofRow
from mshield.server.values.names import mask_phone, same_name
from mshield.wire.identity import Role, Way
from mshield.wire.portal import PersonProofMessage, ProofState


@dataclass(frozen=True, slots=True)
class ProofsOfPeople:
    """Lists the proofs of filed people."""

    db: Database
    proofs: Proofs

    async def __call__(
        self, person_ids: Sequence[str], *, credit_code: str, with_ended: bool = False, now: int
    ) -> Mapping[str, Sequence[PersonProofMessage]]:
        """Returns the proofs of these people by person id, newest first; people of other enterprises are omitted."""
        proofs: dict[str, list[PersonProofMessage]] = defaultdict(list)
        rows = await store.of_people(self.db, person_ids, credit_code=credit_code, with_ended=with_ended)
        for row in rows:
            # A proof for a specific person is valid only while the account's name equals the filed one.
            if not row.of_person or same_name(row.account_name, row.filed_name):
                proofs[row.person_id].append(self._message(row, now=now))
        return proofs

    def _message(self, row: PersonProofRow, *, now: int) -> PersonProofMessage:
        return PersonProofMessage(
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
        if row.account_state != "active" or Way(row.way) not in self.proofs.chosen(Role(row.role)):
            return "off"
        return "counts" if row.counts_from <= now else "waits"
