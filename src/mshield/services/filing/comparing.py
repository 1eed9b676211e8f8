"""What taking a record over changes of what is on file: for the report of its line, and for whether it takes two."""

from collections.abc import Iterator

from mshield.domain.filing import FilingRecord
from mshield.domain.identity import Role
from mshield.services.filing.report import Change, FieldChange, LineReport
from mshield.store.filing.filing import Enterprise, FiledPerson


def line_report(
    record: FilingRecord,
    before: FiledPerson | None,
    enterprise: Enterprise | None,
    *,
    takes_two: bool = False,
) -> LineReport:
    """What becomes of the record and its enterprise, beside what is on file of them."""
    return LineReport(
        record.line,
        _person_change(before, record),
        _enterprise_change(enterprise, record),
        record,
        (),
        phone_changed=before is not None and changes_phone(before, record),
        takes_two=takes_two,
        changes=tuple(_changes(record, before, enterprise)),
    )


def renames(enterprise: Enterprise | None, record: FilingRecord) -> bool:
    """Whether an enterprise that is on file gets another name."""
    return _enterprise_change(enterprise, record) == "change"


def takes_two(person: FiledPerson | None, record: FilingRecord) -> bool:
    """Whether this makes a legal person of somebody, or somebody else of one.

    By the number on file an account is proven, so another one is somebody else; none at all is nobody.
    """
    if record.role is not Role.LEGAL_PERSON:
        return False
    if person is None or needs_version(person, record):
        return True
    return changes_phone(person, record) and phone_of(person, record) is not None


def needs_version(person: FiledPerson, record: FilingRecord) -> bool:
    """Whether the record gets a new one, as somebody or something else stands in it now, or it had ended."""
    # The phone number isn't looked at: certificates don't have it, and none is to be renewed for it.
    return person.ended_at is not None or (person.name, person.id_type) != (record.name, record.id_type.value)


def changes_phone(person: FiledPerson, record: FilingRecord) -> bool:
    """Whether the record gets another phone number, or loses its own."""
    return person.phone != phone_of(person, record)


def phone_of(person: FiledPerson, record: FilingRecord) -> str | None:
    """The number from now on: that on file, where nothing is said of it."""
    return person.phone if record.phone is None else record.phone or None


def _changes(
    record: FilingRecord, before: FiledPerson | None, enterprise: Enterprise | None
) -> Iterator[FieldChange]:
    """What is on file and shall be otherwise."""
    if before is not None:
        for field, old, new in (
            ("name", before.name, record.name),
            ("id_type", before.id_type, record.id_type.value),
            ("phone", before.phone or "", phone_of(before, record) or ""),
        ):
            if old != new:
                yield FieldChange(field, old, new)
    if enterprise is not None and enterprise.name != record.enterprise:
        yield FieldChange("enterprise", enterprise.name, record.enterprise)


def _enterprise_change(enterprise: Enterprise | None, record: FilingRecord) -> Change:
    if enterprise is None:
        return "add"
    return "none" if enterprise.name == record.enterprise else "change"


def _person_change(person: FiledPerson | None, record: FilingRecord) -> Change:
    if person is None or person.ended_at is not None:
        return "add"
    return "change" if needs_version(person, record) or changes_phone(person, record) else "none"
