"""`mshield filing code`: who gets a code, what it needs, and what is recorded."""

import json
import re
from typing import Any, Final

import pytest

from mshield.server.acts.rows import acts
from mshield.server.acts.rows.acts import ActRow
from mshield.server.identity.rules import CODE_ALPHABET
from mshield.testkit.demo.people import LEGAL_PERSON, OPERATOR, Person
from tests.commands.test_ca_commands import Operator
from tests.support.application import EXAMPLES

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
    """An office with the example's filing."""
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


def test_legal_persons_code_needs_a_recorded_second_person(office: Office) -> None:
    record = office.person_id(LEGAL_PERSON)
    assert office.refused("filing", "code", record) == "two_people"
    assert office.refused("filing", "code", *office.by_number(LEGAL_PERSON)) == "two_people"
    assert office.made() == []
    assert "--second-person" in office.run("filing", "code", record, "--lang", "zh").stderr
    made = office.json("filing", "code", record, "--second-person", " 许安然 ")
    assert made["name"] == LEGAL_PERSON.name
    (act,) = office.made()
    (second,) = office.json("staff", "list")
    assert (act.subject, act.details) == (
        record,
        {"second_person": "许安然", "second_person_id": second["id"]},
    )


def test_unfiled_person_gets_no_code(office: Office) -> None:
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


def test_person_is_given_by_id_or_number_not_both(office: Office) -> None:
    record = office.person_id(OPERATOR)
    for usage in (
        (),
        ("--role", "operator"),
        (record, *office.by_number(OPERATOR)),
        (record, "--role", "operator"),
    ):
        assert office.run("filing", "code", *usage).exit_code == 2
