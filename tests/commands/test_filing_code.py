"""`mshield filing code` and `filing earlier`: who gets a code, what it takes, and what is recorded of it."""

import json
import re
from typing import Any, Final

import pytest

from mshield.demo.people import LEGAL_PERSON, OPERATOR, Person
from mshield.domain.proofs import CODE_ALPHABET
from mshield.store.database.interface import Database
from mshield.store.staff import acts
from mshield.store.staff.acts import ActRow
from tests.commands.test_ca_commands import Operator
from tests.support.application import EXAMPLES
from tests.support.signing import execute

FORM: Final = rf"[{CODE_ALPHABET}]{{4}}(-[{CODE_ALPHABET}]{{4}}){{2}}"


class Office(Operator):
    """The filing office at its terminal."""

    def by_number(self, person: Person) -> tuple[str, ...]:
        role = person.role.replace("_", "-")
        return ("--credit-code", person.credit_code, "--id-number", person.id_number, "--role", role)

    def person_id(self, person: Person) -> str:
        found: list[dict[str, Any]] = self.json("filing", "list")
        return next(str(each["id"]) for each in found if each["name"] == person.name)

    def made(self) -> list[ActRow]:
        return self.on_database(
            lambda db: acts.page(
                db, subject=None, actor_id=None, act="identity.make_code", before="~", most=10
            )
        )


@pytest.fixture
def office(settings_of_commands: None) -> Office:
    """With the example's filing."""
    made = Office()
    made.json("keys", "init")
    made.json("filing", "import", str(EXAMPLES / "filing.csv"), "--second-person", "许安然")
    return made


def test_an_operators_code_by_the_records_id_and_by_their_number(office: Office) -> None:
    record = office.person_id(OPERATOR)
    first = office.json("filing", "code", record)
    assert first.keys() == {"code", "person_id", "name", "expires_at"}
    assert (first["person_id"], first["name"]) == (record, OPERATOR.name)
    second = office.json("filing", "code", *office.by_number(OPERATOR))
    assert second["person_id"] == record
    assert second["code"] != first["code"]
    assert [(act.subject, act.actor, act.details) for act in office.made()] == [(record, "service", {})] * 2
    told = json.dumps([act.details for act in office.made()])
    assert first["code"].replace("-", "") not in told


@pytest.mark.parametrize(("lang", "until"), [("zh", "有效期至"), ("en", "valid until")])
def test_the_code_is_printed_in_groups_of_four_for_people(office: Office, lang: str, until: str) -> None:
    done = office.run("filing", "code", office.person_id(OPERATOR), "--lang", lang)
    assert done.exit_code == 0
    code, name, end = done.stdout.splitlines()
    assert re.fullmatch(FORM, code.split()[-1])
    assert name.split()[-1] == OPERATOR.name
    assert end.startswith(until)
    assert done.stderr.strip()


def test_a_legal_persons_code_takes_a_second_person_who_is_recorded(office: Office) -> None:
    record = office.person_id(LEGAL_PERSON)
    assert office.refused("filing", "code", record) == "two_people"
    assert office.refused("filing", "code", *office.by_number(LEGAL_PERSON)) == "two_people"
    for blank in ("", "  ", "x" * 65):
        assert office.refused("filing", "code", record, "--second-person", blank) == "invalid_name"
    assert office.made() == []
    assert "--second-person" in office.run("filing", "code", record, "--lang", "zh").stderr
    made = office.json("filing", "code", record, "--second-person", " 许安然 ")
    assert made["name"] == LEGAL_PERSON.name
    (act,) = office.made()
    assert (act.subject, act.details) == (record, {"second_person": "许安然"})


def test_nobody_gets_a_code_who_is_not_on_file(office: Office) -> None:
    record = office.person_id(OPERATOR)
    other = ("--credit-code", "91370203MA3YK2D9RF", "--id-number", OPERATOR.id_number, "--role", "operator")
    as_legal_person = (*office.by_number(OPERATOR)[:-1], "legal-person")
    assert office.refused("filing", "code", *other) == "no_filing"
    assert office.refused("filing", "code", *as_legal_person) == "no_filing"
    assert office.refused("filing", "code", "nobody") == "not_found"
    office.json("filing", "end", record, "--reason", "离职")
    assert office.refused("filing", "code", record) == "not_found"
    assert office.refused("filing", "code", record, "--second-person", "许安然") == "not_found"
    assert office.refused("filing", "code", *office.by_number(OPERATOR)) == "no_filing"


def test_who_it_is_for_is_said_in_one_way(office: Office) -> None:
    record = office.person_id(OPERATOR)
    for usage in (
        (),
        ("--role", "operator"),
        (record, *office.by_number(OPERATOR)),
        (record, "--role", "operator"),
    ):
        assert office.run("filing", "code", *usage).exit_code == 2


def test_accounts_that_only_an_earlier_application_proves_are_listed_page_by_page(office: Office) -> None:
    record = office.person_id(OPERATOR)

    async def put(db: Database) -> None:
        for number in range(3):
            await _earlier(db, f"account-{number}", record, number)
        await _proof(db, "more", "account-2", record, "filing_code")

    office.on_database(put)
    first = office.json("filing", "earlier", "--limit", "1")
    (shown,) = first["items"]
    assert (shown["account_id"], shown["phone_masked"]) == ("account-0", "138****6000")
    assert (shown["role"], shown["credit_code"]) == ("operator", OPERATOR.credit_code)
    rest = office.json("filing", "earlier", "--after", first["next"])
    assert [each["account_id"] for each in rest["items"]] == ["account-1"]
    assert rest["next"] is None
    printed = office.run("filing", "earlier", "--limit", "1", "--lang", "zh")
    assert "操作员" in printed.stdout
    assert first["next"] in printed.stderr
    assert "13800006000" not in printed.stdout


async def _earlier(db: Database, account: str, record: str, number: int) -> None:
    await execute(
        db,
        "INSERT INTO accounts (id, phone, name, id_type, id_number_hash, id_number_box, password_hash, state, "
        "created_at) SELECT $1, $2, name, id_type, id_number_hash, id_number_box, 'x', 'active', 0 "
        "FROM filed_persons WHERE id = $3",
        account,
        f"1380000600{number}",
        record,
    )
    await _proof(db, f"earlier-{number}", account, record, "earlier")


async def _proof(db: Database, proof: str, account: str, record: str, way: str) -> None:
    await execute(
        db,
        "INSERT INTO identity_proofs (id, account_id, person_id, way, actor, proven_at, counts_from) "
        "VALUES ($1, $2, $3, $4, 'service', 0, 0)",
        proof,
        account,
        record,
        way,
    )
