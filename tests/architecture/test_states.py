"""The store's guarded updates allow exactly what the tables of the domain allow."""

import re
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from mshield import store
from mshield.domain import requests
from mshield.domain.certificates import states as certificates
from mshield.domain.certificates.states import CertificateEvent, CertificateState
from mshield.domain.requests import RequestEvent
from mshield.store.database.conditions import written_out
from mshield.store.database.interface import Dialect
from mshield.store.database.queries import Queries

_SOURCES = re.compile(r"\bWHERE.*", re.DOTALL)
_TARGET = re.compile(r"SET (?:.*, )?state = '(\w+)'", re.DOTALL)
_WORD = re.compile(r"'(\w+)'")


def _sql(subject: str, module: str, name: str, dialect: Dialect = "sqlite") -> str:
    return Queries(subject, module)[name].on(dialect).sql


def _sources(sql: str) -> set[str]:
    """The states that a guard names with `=` or `IN`."""
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
def test_a_request_moves_as_its_table_says(
    subject: str, module: str, name: str, event: RequestEvent, dialect: Dialect
) -> None:
    sql = _sql(subject, module, name, dialect)
    allowed = {state.value for state in requests.sources(event)}
    # Scanning again by the same phone changes nothing and is allowed.
    again = {"scanned"} if event is RequestEvent.SCAN else set()
    assert _sources(sql) - again == allowed
    assert {_target(sql)} == {requests.next_state(source, event).value for source in requests.sources(event)}


@pytest.mark.parametrize(("dialect", "name"), [("sqlite", "activate"), ("postgresql", "certify")])
def test_a_certificate_is_activated_as_its_table_says(dialect: Dialect, name: str) -> None:
    """All other events go through `changes.change`, which asks the table itself."""
    update = re.search(
        r"UPDATE certificates.*?(?=RETURNING|$)", _sql("certificates", "changes", name, dialect), re.DOTALL
    )
    assert update is not None
    sql, rule = update[0], certificates.TABLE[CertificateEvent.ACTIVATE]
    assert _sources(sql) == {state.value for state in rule.sources}
    assert rule.target is not None
    assert _target(sql) == rule.target.value


def test_nothing_else_moves_a_certificate() -> None:
    folder = Path(store.__file__).parent
    movers = [
        str(file.relative_to(folder))
        for file in folder.rglob("*.sql")
        for statement in file.read_text("utf-8").split(";")
        if re.search(r"UPDATE certificates SET (?:(?!WHERE).)*\b(?:state|holds) =", statement, re.DOTALL)
    ]
    assert sorted(movers) == [
        "certificates/changes.postgresql.sql",
        "certificates/changes.sql",
        "certificates/changes.sqlite.sql",
    ]


@pytest.mark.parametrize("state", CertificateState)
@pytest.mark.parametrize("holds", ["", "lost", "lost,frozen"])
@pytest.mark.parametrize("not_after", [0, 1, 2])
def test_conditions_of_the_sql_mean_what_the_domain_says(
    state: CertificateState, holds: str, not_after: int
) -> None:
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
def test_no_statement_has_a_condition_in_its_own_words(copy: str) -> None:
    folder = Path(store.__file__).parent
    places = [
        str(file.relative_to(folder))
        for file in folder.rglob("*.sql")
        if file.parent.name != "migrations"
        and file.name != "schema.sql"
        and re.search(copy, file.read_text("utf-8"))
    ]
    assert places == []
