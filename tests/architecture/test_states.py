"""The guarded updates in SQL allow exactly what the tables of states allow."""

import re
import sqlite3
from contextlib import closing

import pytest

from mshield.server.certificates.rules import states as certificates
from mshield.server.certificates.rules.states import CertificateEvent, CertificateState
from mshield.server.database.conditions import written_out
from mshield.server.database.interface import Dialect
from mshield.server.database.queries import Queries
from mshield.server.requests import rules
from mshield.server.requests.rules import RequestEvent
from tests.support.sources import name, sql

_SOURCES = re.compile(r"\bWHERE.*", re.DOTALL)
_TARGET = re.compile(r"SET (?:.*, )?state = '(\w+)'", re.DOTALL)
_WORD = re.compile(r"'(\w+)'")


def _sql(subject: str, module: str, name: str, dialect: Dialect = "sqlite") -> str:
    return Queries(subject, module)[name].on(dialect).sql


def _sources(sql: str) -> set[str]:
    """Returns the states that a guard names with `=` or `IN`."""
    found = _SOURCES.search(sql)
    assert found is not None
    guards = re.findall(r"\bstate (?:=|IN) (\('[^)]*\)|'\w+')", found[0])
    return {word for guard in guards for word in _WORD.findall(guard)}


def _target(sql: str) -> str:
    found = _TARGET.search(sql)
    assert found is not None
    return found[1]


@pytest.mark.parametrize(
    ("subject", "module", "name", "event"),
    [
        ("requests", "scans", "take", RequestEvent.SCAN),
        ("requests", "scans", "decline", RequestEvent.DECLINE),
        ("requests", "requests", "cancel", RequestEvent.CANCEL),
        ("signing", "sessions", "finish_request", RequestEvent.SIGN),
    ],
)
@pytest.mark.parametrize("dialect", ["sqlite", "postgresql"])
def test_request_states_change_as_in_their_table(
    subject: str, module: str, name: str, event: RequestEvent, dialect: Dialect
) -> None:
    sql = _sql(subject, module, name, dialect)
    steps = {source.value: target.value for (source, of), target in rules.TABLE.items() if of is event}
    # Scanning again by the same phone changes nothing and is allowed.
    again = {"scanned"} if event is RequestEvent.SCAN else set()
    assert _sources(sql) - again == set(steps)
    assert {_target(sql)} == set(steps.values())


@pytest.mark.parametrize(("dialect", "name"), [("sqlite", "activate"), ("postgresql", "certify")])
def test_certificate_is_activated_as_in_its_table(dialect: Dialect, name: str) -> None:
    """All other events go through `changes.change`, which uses the table itself."""
    update = re.search(
        r"UPDATE certificates.*?(?=RETURNING|$)", _sql("certificates", "changes", name, dialect), re.DOTALL
    )
    assert update is not None
    sql, rule = update[0], certificates.TABLE[CertificateEvent.ACTIVATE]
    assert _sources(sql) == {state.value for state in rule.sources}
    assert rule.target is not None
    assert _target(sql) == rule.target.value


def test_nothing_else_changes_a_certificates_state() -> None:
    movers = [
        name(file)
        for file in sql()
        for statement in file.read_text("utf-8").split(";")
        if re.search(r"UPDATE certificates SET (?:(?!WHERE).)*\b(?:state|holds) =", statement, re.DOTALL)
    ]
    assert sorted(movers) == [
        "server/certificates/rows/changes.postgresql.sql",
        "server/certificates/rows/changes.sql",
        "server/certificates/rows/changes.sql",
    ]


@pytest.mark.parametrize("state", CertificateState)
@pytest.mark.parametrize("holds", ["", "lost", "lost,frozen"])
@pytest.mark.parametrize("not_after", [0, 1, 2])
def test_sql_conditions_agree_with_the_code(state: CertificateState, holds: str, not_after: int) -> None:
    with closing(sqlite3.connect(":memory:")) as connection:
        usable, ended = connection.execute(
            written_out(
                "SELECT usable(c), ended(c) FROM (SELECT :state state, :holds holds, :until not_after) c"
            ),
            {"state": state, "holds": holds, "until": not_after, "now": 1},
        ).fetchone()
    parsed = certificates.parse_holds(holds)
    assert usable == certificates.usable(state=state, holds=parsed, not_after=not_after, now=1)
    assert ended == (not certificates.occupies_device(state))


@pytest.mark.parametrize(
    "copy", [r"holds = ''(?! THEN)", r"'revoked', *'superseded'", r"'superseded', *'revoked'"]
)
def test_no_statement_repeats_a_shared_condition(copy: str) -> None:
    places = [
        name(file)
        for file in sql()
        if file.parent.name != "migrations"
        and file.name != "schema.sql"
        and re.search(copy, file.read_text("utf-8"))
    ]
    assert places == []
