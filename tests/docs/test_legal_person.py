"""The page for the legal representative lists the acts possible in each state, like the table in the code."""

import re
from typing import Final

import pytest

from mshield.server.certificates.rules.states import TABLE, CertificateEvent, CertificateState
from tests.support.generated_pages import DOCS

_ACTS: Final = {
    "report loss, freeze": (CertificateEvent.REPORT_LOSS, CertificateEvent.FREEZE),
    "lift, unfreeze": (CertificateEvent.LIFT_LOSS, CertificateEvent.UNFREEZE),
    "revoke": (CertificateEvent.REVOKE,),
}
_COLUMNS: Final = (
    {CertificateState.ACTIVE},
    {CertificateState.PIN_LOCKED},
    {CertificateState.ISSUED},
    {CertificateState.SUPERSEDED, CertificateState.REVOKED},
)


@pytest.mark.parametrize("name", sorted(_ACTS))
def test_r14_page_lists_the_possible_acts(name: str) -> None:
    page = (DOCS / "legal-person.md").read_text("utf-8").partition("## Which act is possible when")[2]
    row = re.search(rf"^\| {re.escape(name)} \|(.+)\|$", page, re.MULTILINE)
    assert row is not None
    cells = [cell.strip() for cell in row[1].split("|")]
    for event in _ACTS[name]:
        assert [cell != "no" for cell in cells] == [
            bool(states & TABLE[event].sources) for states in _COLUMNS
        ]
        assert "legal_person" in TABLE[event].actors
