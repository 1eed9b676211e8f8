"""Comparison of a record with the filing, to report its changes and to decide whether it needs two people."""

from collections.abc import Iterator, Sequence

from mshield.server.filing.report import Change, FieldChangeMessage, LineReport
from mshield.server.filing.rows.filing import Enterprise, FiledPerson
from mshield.server.filing.rows.phone_changes import ProvenAccount
from mshield.server.filing.rules import FilingRecord
from mshield.server.values.names import same_name
from mshield.wire.identity import Role


def line_report(
    record: FilingRecord,
    before: FiledPerson | None,
    enterprise: Enterprise | None,
    *,
    takes_two: bool = False,
    takes_over: bool = False,
) -> LineReport:
    """Returns the report of importing the record: changes of the person and of the enterprise."""
    return LineReport(
        record.line,
        _person_change(before, record),
        _enterprise_change(enterprise, record),
        record,
        (),
        phone_changed=before is not None and changes_phone(before, record),
        takes_two=takes_two or takes_over,
        takes_over=takes_over,
        changes=tuple(_changes(record, before, enterprise)),
    )


def renames(enterprise: Enterprise | None, record: FilingRecord) -> bool:
    """Reports whether the record changes the name of an enterprise on file."""
    return _enterprise_change(enterprise, record) == "change"


def takes_two(person: FiledPerson | None, record: FilingRecord) -> bool:
    """Reports whether the record makes somebody a legal person, or replaces one by somebody else.

    An account can be proven by the filed phone number, so a new number may prove somebody else's account; a
    removed number proves nobody's.
    """
    if record.role is not Role.LEGAL_PERSON:
        return False
    if person is None or needs_version(person, record):
        return True
    return changes_phone(person, record) and phone_of(person, record) is not None


def takes_over(person: FiledPerson | None, record: FilingRecord, accounts: Sequence[ProvenAccount]) -> bool:
    """Reports whether the record changes who somebody with a proven account or a shield is; that needs two people.

    It does with another name or document type, or another number or none; and as a further record of the person,
    for another enterprise or role, or on file again, with a name or number that isn't theirs.
    """
    if not accounts:
        return False
    if person is not None and person.ended_at is None:
        return needs_version(person, record) or changes_phone(person, record)
    names = [account.name for account in accounts] if person is None else [person.name]
    return phone_waits(person, record, accounts) or not any(same_name(record.name, name) for name in names)


def phone_waits(person: FiledPerson | None, record: FilingRecord, accounts: Sequence[ProvenAccount]) -> bool:
    """Reports whether the record's number waits before it is filed, since the person can object to it."""
    if not accounts:
        return False
    if person is None:
        return bool(record.phone) and record.phone not in {account.phone for account in accounts}
    return changes_phone(person, record)


def needs_version(person: FiledPerson, record: FilingRecord) -> bool:
    """Reports whether the record needs a new version: name or id type changed, or it had ended."""
    # The phone number is ignored: it isn't in certificates, so no renewal is needed when it changes.
    return person.ended_at is not None or (person.name, person.id_type) != (record.name, record.id_type.value)


def files_again(person: FiledPerson, record: FilingRecord) -> bool:
    """Reports whether the record lists the number on file again, which stops another one that waits."""
    return record.phone is not None and not changes_phone(person, record)


def changes_phone(person: FiledPerson, record: FilingRecord) -> bool:
    """Reports whether the record's phone number changes or is removed."""
    return person.phone != phone_of(person, record)


def phone_of(person: FiledPerson, record: FilingRecord) -> str | None:
    """Returns the number after the import; the filed one if the record says nothing about it (None)."""
    return person.phone if record.phone is None else record.phone or None


def _changes(
    record: FilingRecord, before: FiledPerson | None, enterprise: Enterprise | None
) -> Iterator[FieldChangeMessage]:
    """Yields the filed fields that would change."""
    if before is not None:
        for change in (
            FieldChangeMessage("name", before.name, record.name),
            FieldChangeMessage("id_type", before.id_type, record.id_type.value),
            FieldChangeMessage("phone", before.phone or "", phone_of(before, record) or ""),
        ):
            if change.old != change.new:
                yield change
    if enterprise is not None and enterprise.name != record.enterprise:
        yield FieldChangeMessage("enterprise", enterprise.name, record.enterprise)


def _enterprise_change(enterprise: Enterprise | None, record: FilingRecord) -> Change:
    if enterprise is None:
        return "add"
    return "none" if enterprise.name == record.enterprise else "change"


def _person_change(person: FiledPerson | None, record: FilingRecord) -> Change:
    if person is None or person.ended_at is not None:
        return "add"
    return "change" if needs_version(person, record) or changes_phone(person, record) else "none"
