"""Imports within the service point from upper levels to the same or lower ones, in every subject.

Use cases read rows of their own and of lower subjects; the exceptions are listed here and may only decrease.
"""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Final

from tests.support.sources import SERVER, module

_ERRORS, _RULES, _ROWS, _EXTERNAL, _USE_CASES, _OPENED, _CONTEXT, _HTTP, _MAIN, _COMMANDS = range(10)
_TOP: Final = {
    "errors": _ERRORS,
    "values": _RULES,
    "settings": _RULES,
    "content": _RULES,
    "database": _ROWS,
    "seals": _ROWS,
    "error_codes": _USE_CASES,
    "ground": _USE_CASES,
    "context": _CONTEXT,
    "jobs": _CONTEXT,
    "http": _HTTP,
    "main": _MAIN,
    "commands": _COMMANDS,
}
"""Level of each folder or file of the service outside the subjects."""
_PART: Final = {
    "errors": _ERRORS,
    "actor": _RULES,
    "rules": _RULES,
    "rows": _ROWS,
    "tracing": _ROWS,
    "external": _EXTERNAL,
    "opened": _OPENED,
}
"""Level of each folder or file of a subject; all others are use cases."""
_SUBJECTS: Final = (
    "log publication",
    "filing notices",
    "identity",
    "accounts",
    "requests signing staff",
    "ca certificates legal_person oidc",
    "webhooks",
    "systems",
    "figures maintenance restore retention",
)
"""Subjects from the lowest, in the order of pyproject.toml. Those on one line don't import each other."""
_READS_ABOVE: Final = frozenset(
    {
        ("ca.revoke", "systems.rows.systems"),
        ("certificates.bind", "systems.rows.systems"),
        ("filing.phone_wait", "identity.rows.proofs"),
        ("identity.after_reset", "certificates.rows.enrolment"),
        ("identity.codes", "accounts.rows.accounts"),
        ("identity.confirm", "accounts.rows.accounts"),
        ("identity.consents", "accounts.rows.accounts"),
        ("identity.own_record", "accounts.rows.accounts"),
        ("identity.own_record", "certificates.rows.enrolment"),
        ("identity.proofs", "accounts.rows.portal_sessions"),
        ("identity.real_name", "accounts.rows.accounts"),
        ("identity.real_name", "certificates.rows.enrolment"),
        ("identity.ways", "accounts.rows.accounts"),
        ("identity.ways", "certificates.rows.enrolment"),
        ("log.archived", "retention.rows.archives"),
        ("log.verify_erasures", "retention.rows.retention"),
        ("log.verify_erasures", "retention.rows.sweep"),
        ("log.verify_marks", "certificates.rows.key_marks"),
        ("oidc.clients", "systems.rows.systems"),
        ("publication.crl", "certificates.rows.certificates"),
        ("publication.ocsp", "certificates.rows.certificates"),
        ("publication.p256", "certificates.rows.certificates"),
        ("publication.publisher", "certificates.rows.certificates"),
        ("publication.state", "restore.rows.high_water"),
        ("publication.status", "certificates.rows.certificates"),
        ("requests.answer", "certificates.rows.bindings"),
        ("requests.ask", "systems.rows.systems"),
        ("requests.ask", "systems.rows.unshown"),
        ("requests.ask_consent", "certificates.rows.enrolment"),
        ("requests.drawing", "systems.rows.views"),
        ("requests.evidence", "systems.rows.systems"),
        ("requests.evidence", "systems.rows.views"),
        ("requests.own_system", "systems.rows.systems"),
        ("requests.result", "retention.rows.sweep"),
        ("requests.result", "systems.rows.systems"),
        ("requests.view_registration", "systems.rows.views"),
        ("signing.own_documents", "certificates.rows.bindings"),
        ("signing.own_documents", "certificates.rows.renewal_outcome"),
        ("webhooks.endpoints", "systems.rows.systems"),
    }
)
"""Use cases that read rows of a higher subject: (use case, rows). New ones are refused; resolved ones are removed."""


def test_imports_point_to_the_same_or_a_lower_level() -> None:
    upward = {(importer, name) for importer, name in _imports() if _level(name) > _level(importer)}
    assert upward == set()


def test_no_more_use_cases_read_rows_of_a_higher_subject() -> None:
    rank = {subject: place for place, line in enumerate(_SUBJECTS) for subject in line.split()}
    above = {
        (importer, name)
        for importer, name in _imports()
        if _part(name) == "rows" and _part(importer) != "rows"
        if rank.get(name.split(".")[0], -1) > rank.get(importer.split(".")[0], len(rank))
    }
    assert above == _READS_ABOVE


def _part(name: str) -> str:
    return (*name.split("."), "")[1]


def _level(name: str) -> int:
    first, *rest = name.split(".")
    if first in _TOP:
        return _TOP[first]
    return _PART.get(rest[0], _USE_CASES) if rest else _USE_CASES


@cache
def _imports() -> frozenset[tuple[str, str]]:
    """Returns (importer, imported) for each import within the service."""
    files = {module(file).removeprefix("mshield.server."): file for file in SERVER.rglob("*.py")}
    return frozenset(
        (importer, imported)
        for importer, file in files.items()
        for imported in _imported(file, files)
        if imported != importer
    )


def _imported(file: Path, names: dict[str, Path]) -> Iterator[str]:
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        if (
            isinstance(node, ast.ImportFrom)
            and node.module
            and f"{node.module}.".startswith("mshield.server.")
        ):
            place = node.module.removeprefix("mshield.server").removeprefix(".")
            for alias in node.names:
                full = f"{place}.{alias.name}".removeprefix(".")
                yield full if full in names else place
