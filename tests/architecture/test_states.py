"""The store's guarded updates allow exactly what the tables of the domain allow."""

import re
from pathlib import Path

import pytest

from mshield import store
from mshield.domain import requests
from mshield.domain.certificates import states as certificates
from mshield.domain.certificates.states import CertificateEvent
from mshield.domain.requests import RequestEvent
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
