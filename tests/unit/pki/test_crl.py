"""Revocation lists: content, round trip, lint, and what the parser refuses."""

import re
from pathlib import Path

import pytest

from mshield.pki.asn1 import der, oids
from mshield.pki.asn1.frame import ALGORITHM, assemble
from mshield.pki.certificates import extensions as ext
from mshield.pki.certificates.certificate import Certificate
from mshield.pki.certificates.extensions import Extension
from mshield.pki.errors import CrlError, DerError, IssueError, LintError
from mshield.pki.revocation import crl as module
from mshield.pki.revocation.crl import CERTIFICATE_HOLD, Revoked, build_crl, lint_crl, parse_crl
from tests.unit.pki.authority import DAY, NOW, authority

A = authority()
ENTRIES = (Revoked(900, NOW - DAY, 1), Revoked(5, NOW - 2 * DAY, CERTIFICATE_HOLD), Revoked(70, NOW, 0))


def test_round_trip() -> None:
    crl = parse_crl(A.crl(ENTRIES, number=41))
    assert (crl.number, crl.this_update, crl.next_update) == (41, NOW, NOW + DAY)
    assert crl.issuer.der == A.issuing.subject_der
    assert crl.aki == A.issuing.ski
    assert crl.revoked == {entry.serial: entry for entry in ENTRIES}


def test_entries_are_sorted_and_the_same_bytes_whatever_their_order() -> None:
    assert parse_crl(A.crl(ENTRIES)).tbs == parse_crl(A.crl(tuple(reversed(ENTRIES)))).tbs


def test_an_empty_list_has_no_entry_sequence() -> None:
    tbs = parse_crl(A.crl()).tbs
    assert parse_crl(A.crl()).revoked == {}
    # RFC 5280 5.1.2.6: absent, not empty. After nextUpdate the extensions follow at once.
    assert der.time(NOW + DAY) + b"\xa0" in tbs


def test_unspecified_is_not_encoded() -> None:
    assert der.oid(oids.REASON_CODE) not in A.crl((Revoked(70, NOW, 0),))
    assert der.oid(oids.REASON_CODE) in A.crl((Revoked(70, NOW, 4),))


def test_only_the_issuers_key_signs() -> None:
    with pytest.raises(IssueError):
        build_crl(
            signer=A.root_key, issuer=A.issuing, number=1, this_update=NOW, next_update=NOW + DAY, revoked=()
        )


def tbs(*entries: bytes, number: int = 1, until: int = NOW + DAY, more: tuple[Extension, ...] = ()) -> bytes:
    """A TBSCertList by hand."""
    assert A.issuing.ski is not None
    extensions = (ext.authority_key_id(A.issuing.ski), Extension(oids.CRL_NUMBER, der.integer(number)), *more)
    return der.sequence(
        der.integer(1),
        ALGORITHM,
        A.issuing.subject_der,
        der.time(NOW),
        der.time(until),
        *((der.sequence(*entries),) if entries else ()),
        der.explicit(0, der.sequence(*(e.der for e in extensions))),
    )


def entry(serial: int, *, at: int = NOW, reason: int | None = None, critical: bool = False) -> bytes:
    """An entry by hand."""
    extension = Extension(
        oids.REASON_CODE if not critical else "2.5.29.29", der.enumerated(reason or 0), critical
    )
    more = () if reason is None else (der.sequence(extension.der),)
    return der.sequence(der.integer(serial), der.time(at), *more)


BREAKS: list[tuple[str, bytes, Certificate]] = [
    ("structure", tbs() + b"\x00", A.issuing),
    ("structure", tbs(more=(Extension("2.5.29.28", der.null(), critical=True),)), A.issuing),
    ("issuer_may_not_sign", tbs(), A.leaf),
    ("issuer_name", tbs(), A.root),
    ("update_order", tbs(until=NOW), A.issuing),
    ("crl_number", tbs(number=-1), A.issuing),
    ("crl_number", tbs(number=1 << 159), A.issuing),
    ("serials", tbs(entry(7), entry(7)), A.issuing),
    ("serials", tbs(entry(8), entry(7)), A.issuing),
    ("serials", tbs(entry(0)), A.issuing),
    ("reason", tbs(entry(7, reason=8)), A.issuing),
    ("reason", tbs(entry(7, reason=7)), A.issuing),
    ("revoked_in_future", tbs(entry(7, at=NOW + 1000)), A.issuing),
]


@pytest.mark.parametrize(("name", "data", "issuer"), BREAKS)
def test_each_fault_is_named(name: str, data: bytes, issuer: Certificate) -> None:
    assert name in {finding.name for finding in lint_crl(data, issuer)}


def test_every_finding_of_the_lint_is_tested() -> None:
    source = Path(module.__file__).read_text(encoding="utf-8")
    assert set(re.findall(r'Finding\("(\w+)"', source)) == {name for name, _, _ in BREAKS}
    assert lint_crl(tbs(entry(7, reason=6)), A.issuing) == ()


def test_a_finding_stops_the_signing() -> None:
    with pytest.raises(LintError):
        A.crl((Revoked(7, NOW, 8),))
    with pytest.raises(LintError):
        A.crl((Revoked(7, NOW, 1), Revoked(7, NOW, 6)))


SIGNATURE = A.leaf.signature


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(A.crl() + b"\x00", id="trailing byte"),
        pytest.param(assemble(tbs(entry(7), entry(7)), SIGNATURE), id="serial twice"),
        pytest.param(
            assemble(tbs(entry(7, reason=1, critical=True)), SIGNATURE), id="critical entry extension"
        ),
        pytest.param(
            assemble(tbs(more=(Extension("2.5.29.27", der.integer(1), critical=True),)), SIGNATURE),
            id="delta",
        ),
        pytest.param(assemble(tbs().replace(ALGORITHM, b"\x30\x00"), SIGNATURE), id="algorithm"),
    ],
)
def test_parser_refuses(data: bytes) -> None:
    with pytest.raises((DerError, CrlError)):
        parse_crl(data)
