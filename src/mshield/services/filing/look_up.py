"""Looks a person up where the filing is kept. What an outside system tells becomes a versioned record here.

Certificates refer to records, so an answer is stored before anything is made of it: new, changed (a new version, which
makes renewal due), or ended where the outside system no longer knows the person.
"""

import contextlib
from dataclasses import dataclass
from typing import Final

from mshield.domain import errors
from mshield.domain.actor import SERVICE
from mshield.domain.filing import FilingRecord, check_row
from mshield.domain.identity import check_credit_code, normalise_id_number
from mshield.gateways.filing_source import FilingQuestion, FilingSource
from mshield.gateways.outside import OutsideError
from mshield.services.filing.import_list import ImportFiling
from mshield.services.filing.people import end_record
from mshield.store.filing import filing as store

GONE: Final = "备案系统中已没有此人 no longer on file at the outside system"


@dataclass(frozen=True, slots=True)
class LookUpFiling:
    """Asks the source, and keeps the table as it says."""

    source: FilingSource
    filing: ImportFiling

    async def __call__(self, *, credit_code: str, role: str, id_number: str, now: int) -> FilingRecord | None:
        """The record, which stands in the table when this returns; None where nobody is on file with these data.

        Its `phone` is None where an outside system doesn't tell any: that in the table stays.

        Raises InvalidCreditCode, and FilingUnavailable where the source can't be asked or its answer isn't good.
        """
        question = FilingQuestion(
            credit_code=check_credit_code(credit_code), role=role, id_number=normalise_id_number(id_number)
        )
        record = await self._ask(question)
        if self.source.outside:
            await self._keep(question, record, now=now)
        return record

    async def _ask(self, question: FilingQuestion) -> FilingRecord | None:
        try:
            row = await self.source.look_up(question)
        except OutsideError as error:
            raise errors.FilingUnavailable from error
        if row is None:
            return None
        record = check_row(row)
        # A source that answers another question than the one asked is not believed at all.
        if not isinstance(record, FilingRecord) or (
            record.credit_code, record.role.value, record.id_number
        ) != (question.credit_code, question.role, question.id_number):  # fmt: skip
            raise errors.FilingUnavailable
        return record

    async def _keep(self, question: FilingQuestion, record: FilingRecord | None, *, now: int) -> None:
        if record is not None:
            if not (await self.filing.compare(record)).is_current:
                await self.filing.take(record, now=now)
            return
        person = await self._find(question)
        if person is not None and person.ended_at is None:
            with contextlib.suppress(errors.NotFound):  # another call has just ended it
                await self.filing.db.write(
                    lambda tx: end_record(tx, person.id, reason=GONE, by=SERVICE, now=now)
                )

    async def _find(self, question: FilingQuestion) -> store.FiledPerson | None:
        return await store.find_person(
            self.filing.db,
            credit_code=question.credit_code,
            role=question.role,
            id_number_hash=self.filing.hash_id_number(question.id_number),
        )
