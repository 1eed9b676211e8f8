"""Lookup of a person in the filing source. An outside system's answer becomes a versioned record here.

Certificates refer to records, so an answer is stored before it is used: as a new record, as a new version of
a changed one (which makes renewal due), or as the end of a record if the outside system no longer lists the
person. What changes somebody proven waits for two officers instead (filing/outside_changes.py).
"""

from dataclasses import dataclass

from mshield.server.filing.errors import FilingUnavailable
from mshield.server.filing.external.source import FilingQuestion, FilingSource
from mshield.server.filing.import_list import ImportFiling
from mshield.server.filing.outside_changes import KeepOutside
from mshield.server.filing.rules import FilingRecord, check_row
from mshield.server.runtime.external.call import OutsideError
from mshield.server.values.names import check_credit_code, normalise_id_number


@dataclass(frozen=True, slots=True)
class LookUpFiling:
    """Queries the source, and updates the table with its answers."""

    source: FilingSource
    filing: ImportFiling

    async def __call__(self, *, credit_code: str, role: str, id_number: str, now: int) -> FilingRecord | None:
        """Returns the source's record, after storing what doesn't wait; None if it has nobody with these data.

        Its `phone` is None if an outside system reports none; the stored number then remains.

        Raises: InvalidCreditCode, FilingUnavailable (the source can't be reached or its answer is invalid).
        """
        question = FilingQuestion(
            credit_code=check_credit_code(credit_code), role=role, id_number=normalise_id_number(id_number)
        )
        record = await self._ask(question)
        if self.source.outside:
            await KeepOutside(self.filing, self.source.name)(question, record, now=now)
        return record

    async def _ask(self, question: FilingQuestion) -> FilingRecord | None:
        try:
            row = await self.source.look_up(question)
        except OutsideError as error:
            raise FilingUnavailable from error
        if row is None:
            return None
        record = check_row(row)
        # Reject the whole answer if it belongs to a different query.
        if not isinstance(record, FilingRecord) or (
            record.credit_code, record.role.value, record.id_number
        ) != (question.credit_code, question.role, question.id_number):  # fmt: skip
            raise FilingUnavailable
        return record
