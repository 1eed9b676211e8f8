"""People on file: pages, the exported list, and how a record ends and is restored."""

import dataclasses
import datetime as dt
from typing import Final

import pytest

from mshield.server.acts.actor import By
from mshield.server.authorities.chains import Chains
from mshield.server.certificates.search import FindCertificates
from mshield.server.database.interface import Database
from mshield.server.errors import InvalidRequest, NotFound
from mshield.server.filing.external.files import read_filing
from mshield.server.filing.import_list import ImportFiling
from mshield.server.filing.people import FiledPeople
from mshield.server.filing.rules import check_rows
from mshield.server.identity.errors import InvalidCreditCode
from mshield.server.keys.keyring import Keyring
from mshield.server.keys.secrets import LookupKey
from mshield.server.runtime.external.table_files import ListFormat
from tests.support.acts import acts_on
from tests.support.application import EXAMPLES
from tests.support.cases import cases
from tests.support.clock import START
from tests.support.issuing import make_ca, person
from tests.support.second_person import SECOND

LIST: Final = read_filing((EXAMPLES / "filing.csv").read_bytes(), "filing.csv")
OFFICER: Final = By("staff", "the officer")


@pytest.fixture
async def filing(db: Database, keyring: Keyring) -> ImportFiling:
    made = ImportFiling(db, keyring, LookupKey(bytes(32)))
    await made.apply(LIST, second_person=SECOND, now=START)
    return made


@pytest.fixture
def people(filing: ImportFiling) -> FiledPeople:
    return FiledPeople(filing.db, filing.keyring, filing.lookup)


async def test_pages_list_everyone_once(people: FiledPeople) -> None:
    seen: list[str] = []
    while page := await people.page(after=seen[-1] if seen else "", most=4):
        assert len(page) <= 4
        seen += [each.id for each in page]
    assert len(seen) == len(set(seen)) == 9


async def test_an_enterprise_or_a_person_is_found(people: FiledPeople) -> None:
    (found,) = await people.page(id_number=" 330206 199001014217 ")
    assert (found.name, found.id_number, found.version) == ("林知远", "330206199001014217", 1)
    assert found.phone == "13800006027"
    same = await people.page(credit_code=found.credit_code)
    assert {each.credit_code for each in same} == {found.credit_code}
    assert found in same
    assert await people.page(id_number="330206199001014218") == []
    with pytest.raises(InvalidCreditCode):
        await people.page(credit_code="91330206MA2XB7C1TX")


@pytest.mark.parametrize("kind", ["xlsx", "csv"])
async def test_the_export_changes_nothing_when_imported(
    people: FiledPeople, filing: ImportFiling, kind: str
) -> None:
    made = await people.export("xlsx" if kind == "xlsx" else "csv", by=OFFICER, now=START)
    report = await filing.apply(read_filing(made, f"list.{kind}"), second_person=SECOND, now=START)
    assert (report.unchanged, report.will_add, report.will_change, report.is_good) == (9, 0, 0, True)
    acted = [act for act in await acts_on(people.db, subject="filing") if act.act == "filing.export"]
    assert [(act.actor_id, act.details["people"]) for act in acted] == [("the officer", 9)]


@pytest.mark.parametrize("kind", ["xlsx", "csv"])
async def test_export_marks_people_without_a_phone_number(
    people: FiledPeople, filing: ImportFiling, kind: ListFormat
) -> None:
    made = read_filing(await people.export(kind, now=START), f"list.{kind}")
    assert {row.name for row in made if row.phone == ""} == {"CHAN Tai Man"}
    bare = [dataclasses.replace(row, phone="") for row in LIST]
    await filing.apply(bare, second_person=SECOND, now=START)
    assert {row.phone for row in read_filing(await people.export(kind, now=START), f"list.{kind}")} == {""}
    assert (await filing.apply(made, second_person=SECOND, now=START)).phones_changed == 8
    assert read_filing(await people.export(kind, now=START), f"list.{kind}") == made


async def test_export_of_one_enterprise_has_only_its_people(people: FiledPeople) -> None:
    (operator,) = await people.page(id_number="330206199001014217")
    made = await people.export("csv", credit_code=operator.credit_code, now=START)
    records, _ = check_rows(read_filing(made, "list.csv"))
    assert {record.credit_code for record in records} == {operator.credit_code}


async def test_ended_person_is_no_longer_on_file(people: FiledPeople) -> None:
    (operator,) = await people.page(id_number="330206199001014217")
    ended = await people.end(operator.id, reason=" 已离职 ", by=OFFICER, now=START + 5)
    assert ended.shield_numbers == ()
    assert await people.page(id_number="330206199001014217") == []
    (left,) = await people.page(id_number="330206199001014217", ended_too=True)
    assert (left.ended_at, left.version) == (START + 5, 2)
    records, _ = check_rows(read_filing(await people.export("csv", now=START), "list.csv"))
    assert "330206199001014217" not in {record.id_number for record in records}
    (act,) = await acts_on(people.db, subject=operator.id)
    assert (act.act, act.actor_id, act.details) == (
        "filing.end", "the officer", {"reason": "已离职", "shields": []},
    )  # fmt: skip
    with pytest.raises(NotFound):
        await people.end(operator.id, reason="again", now=START + 6)


@pytest.mark.parametrize(
    ("phone", "then"), [(None, "13800006027"), ("", None), ("13800006028", "13800006028")]
)
async def test_returning_person_has_the_lists_phone_number(
    people: FiledPeople, filing: ImportFiling, phone: str | None, then: str | None
) -> None:
    (operator,) = await people.page(id_number="330206199001014217")
    await people.end(operator.id, reason="已离职", now=START)
    rows = [dataclasses.replace(row, phone=phone) for row in LIST if row.name == operator.name]
    assert (await filing.apply(rows, second_person=SECOND, now=START)).will_add == 1
    (back,) = await people.page(id_number="330206199001014217")
    assert (back.phone, back.version) == (then, 3)


async def test_reimported_person_returns_with_a_new_version(
    people: FiledPeople, filing: ImportFiling
) -> None:
    (operator,) = await people.page(id_number="330206199001014217")
    await people.end(operator.id, reason="已离职", now=START)
    assert (await filing.plan(LIST, now=START)).will_add == 1
    report = await filing.apply(LIST, second_person=SECOND, now=START)
    assert (report.will_add, report.unchanged) == (1, 8)
    (back,) = await people.page(id_number="330206199001014217")
    assert (back.id, back.version, back.ended_at) == (operator.id, 3, None)


@cases("reason", ["", " \n", "长" * 201, "a\x00b"])
async def test_an_end_needs_a_reason(people: FiledPeople, reason: str) -> None:
    (operator,) = await people.page(id_number="330206199001014217")
    with pytest.raises(InvalidRequest):
        await people.end(operator.id, reason=reason, now=START)


async def test_r22_a_certificate_knows_whether_its_filing_changed(db: Database, keyring: Keyring) -> None:
    ca = await make_ca(db, keyring, now=START)
    new, _ = await person(db, keyring, ca.engine, now=START)
    row = await ca.issue.reserve(new, now=START)
    await ca.issue.issue(row.serial, now=START)
    certificates = FindCertificates(db, keyring, ca.lookup, Chains(db, ca.authorities), dt.UTC)
    before = await certificates.one(row.serial, now=START)
    assert (before.filing_changed, before.row.ended_at) == (False, None)
    people = FiledPeople(db, keyring, ca.lookup)
    ended = await people.end(new.person_id, reason="已离职", now=START)
    assert ended.shield_numbers == (new.shield_number,)
    after = await certificates.one(row.serial, now=START)
    assert (after.filing_changed, after.row.ended_at) == (True, START)
    assert [bool(each.row.filing_changed) for each in (before, after)] == [
        False,
        True,
    ]  # the record's version
    with pytest.raises(NotFound):
        await certificates.one("0" * 40, now=START)
