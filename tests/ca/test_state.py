"""Warnings about a certificate authority, and when they appear."""

from dataclasses import replace
from typing import Final

import pytest
from msgspec import structs

from mshield.server.ca.rules import CaState, ListStateMessage, warnings_of
from mshield.wire.times import DAY_MS

NOW: Final = 1_795_500_000_000
LEAF_DAYS: Final = 730
CRL: Final = ListStateMessage(7, NOW - 1000, NOW + DAY_MS, NOW + 3 * DAY_MS // 4)
_MONTH: Final = 30 * DAY_MS
ROOT: Final = CaState(
    name="root",
    generation=None,
    standing="root",
    not_after=NOW + 7300 * DAY_MS,
    crl=CRL,
    responder_until=NOW + _MONTH,
)
ISSUING: Final = replace(
    ROOT, name="issuing", generation=1, standing="issuing", not_after=NOW + 3650 * DAY_MS
)


def _codes(*cas: CaState) -> list[tuple[str, str]]:
    found = warnings_of(cas, leaf_days=LEAF_DAYS, now=NOW)
    assert all(each.zh != each.en and each.subject in {"issuing", "root"} for each in found)
    return [(each.code, each.severity) for each in found]


def test_healthy_ca_gives_no_warning() -> None:
    assert _codes(ROOT, ISSUING) == []
    assert _codes(ROOT, replace(ISSUING, name="issuing-1", standing="expired", crl=None), ISSUING) == []


@pytest.mark.parametrize(
    ("changed", "code", "severity"),
    [
        ({"standing": "revoked"}, "no_issuing_ca", "bad"),
        ({"not_after": NOW + 729 * DAY_MS}, "issuing_ca_ends", "warn"),
        ({"crl": None}, "crl_missing", "warn"),
        ({"crl": structs.replace(CRL, next_update=NOW)}, "crl_over", "bad"),
        ({"crl": structs.replace(CRL, renew_at=NOW - 600_000)}, "crl_late", "warn"),
        ({"responder_until": NOW}, "ocsp_over", "bad"),
        ({"responder_until": NOW + 13 * DAY_MS - 1}, "ocsp_due", "warn"),
    ],
)
def test_each_fault_gives_its_warning(changed: dict[str, object], code: str, severity: str) -> None:
    assert _codes(ROOT, replace(ISSUING, **changed)) == [(code, severity)]  # type: ignore[arg-type]  # each case names its fields


def test_a_list_that_is_just_due_is_not_late() -> None:
    assert _codes(ROOT, replace(ISSUING, crl=structs.replace(CRL, renew_at=NOW - 599_999))) == []


def test_root_near_its_end_gives_a_warning() -> None:
    assert _codes(replace(ROOT, not_after=NOW + 2 * LEAF_DAYS * DAY_MS - 1), ISSUING) == [
        ("root_ca_ends", "warn")
    ]


def test_most_severe_warning_comes_first() -> None:
    found = _codes(ROOT, replace(ISSUING, crl=None, responder_until=NOW))
    assert [severity for _, severity in found] == ["bad", "warn"]
