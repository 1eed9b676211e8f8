"""Revocation lists: content, round trip, lint, and refusals of the parser."""

import re
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from hypothesis import given
from hypothesis import strategies as st

from mshield.pki.asn1 import der, oids
from mshield.pki.asn1.frame import ALGORITHM, assemble
from mshield.pki.asn1.reader import Reader
from mshield.pki.certificates import extensions as ext
from mshield.pki.certificates.certificate import Certificate
from mshield.pki.certificates.extensions import Extension
from mshield.pki.errors import BadCertificateSignature, CrlError, DerError, IssueError, LintError
from mshield.pki.revocation import crl as module
from mshield.pki.revocation.crl import (
    CERTIFICATE_HOLD,
    Revoked,
    build_crl,
    entry_der,
    lint_crl,
    parse_crl,
    rebuild_crl,
    revoked_in,
    spliced,
)
from tests.unit.pki.authority import DAY, NOW, OTHER_SHARD, URLS, authority

A = authority()
ENTRIES = (Revoked(900, NOW - DAY, 1), Revoked(5, NOW - 2 * DAY, CERTIFICATE_HOLD), Revoked(70, NOW, 0))


def test_crl_round_trips() -> None:
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


def test_list_of_a_shard_contains_its_address() -> None:
    assert parse_crl(A.crl()).points == ()
    crl = parse_crl(A.crl(ENTRIES, point=URLS.crl))
    assert crl.points == (URLS.crl,)
    assert crl.speaks_about(A.leaf)
    assert not parse_crl(A.crl(point=OTHER_SHARD)).speaks_about(A.leaf)
    read = x509.load_der_x509_crl(crl.der).extensions.get_extension_for_class(x509.IssuingDistributionPoint)
    assert read.critical
    assert [name.value for name in read.value.full_name or ()] == [URLS.crl]


def _next(last: bytes, changes: dict[int, Revoked | None], **more: Any) -> bytes:
    given: dict[str, Any] = {
        "signer": A.issuing_key,
        "issuer": A.issuing,
        "number": 8,
        "this_update": NOW + 1000,
    } | more
    return rebuild_crl(A.engine, next_update=NOW + DAY, last=last, changes=changes, **given)


@given(
    before=st.sets(st.integers(1, 1 << 158), max_size=12),
    changed=st.dictionaries(st.integers(1, 1 << 158), st.booleans(), max_size=6),
    data=st.data(),
)
def test_list_spliced_from_the_last_equals_a_full_build(
    before: set[int], changed: dict[int, bool], data: st.DataObject
) -> None:
    """Entries are added, replaced and removed, even at the ends: both lists are equal byte by byte."""
    for serial in data.draw(st.lists(st.sampled_from(sorted(before)), max_size=4)) if before else ():
        changed[serial] = data.draw(st.booleans())
    old = {serial: Revoked(serial, NOW - DAY, 1) for serial in before}
    changes = {serial: Revoked(serial, NOW, 6) if stays else None for serial, stays in changed.items()}
    after = {serial: entry for serial, entry in (old | changes).items() if entry is not None}
    made = parse_crl(_next(A.crl(tuple(old.values()), point=URLS.crl), changes, point=URLS.crl))
    assert made.revoked == after
    whole = build_crl(
        signer=A.issuing_key,
        issuer=A.issuing,
        number=8,
        this_update=NOW + 1000,
        next_update=NOW + DAY,
        revoked=after.values(),
        point=URLS.crl,
    )
    assert made.tbs == parse_crl(whole).tbs


def test_entries_of_a_signed_list_belong_to_the_caller() -> None:
    """A cache of whole lists would use megabytes for each, and one caller's changes would reach the next."""
    data = A.crl(ENTRIES)
    entries = revoked_in(A.engine, data, A.issuing)
    entries.clear()
    assert revoked_in(A.engine, data, A.issuing) == sorted(ENTRIES)


def test_an_encoded_entry_is_cached() -> None:
    entry_der.cache_clear()
    assert entry_der(ENTRIES[0]) is entry_der(ENTRIES[0])


def test_list_not_signed_by_the_issuer_is_no_base() -> None:
    framed = parse_crl(A.crl(ENTRIES))
    for last in (
        assemble(tbs(entry(7)), SIGNATURE),
        assemble(framed.tbs.replace(der.time(NOW - DAY), der.time(NOW - 3 * DAY)), framed.signature),
    ):
        with pytest.raises(BadCertificateSignature):
            _next(last, {})


def test_a_changed_entry_is_linted() -> None:
    for wrong in (Revoked(7, NOW, 8), Revoked(7, NOW + DAY, 1), Revoked(0, NOW, 1)):
        with pytest.raises(LintError):
            _next(A.crl(ENTRIES), {wrong.serial: wrong})
    with pytest.raises(IssueError):
        _next(A.crl(ENTRIES), {}, signer=A.root_key)


def test_only_the_issuers_key_signs() -> None:
    with pytest.raises(IssueError):
        build_crl(
            signer=A.root_key, issuer=A.issuing, number=1, this_update=NOW, next_update=NOW + DAY, revoked=()
        )


def tbs(*entries: bytes, number: int = 1, until: int = NOW + DAY, more: tuple[Extension, ...] = ()) -> bytes:
    """Builds a TBSCertList by hand."""
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
    """Builds an entry by hand."""
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
    ("point", tbs(more=(ext.issuing_distribution_point("ldap://ca.example.cn/list"),)), A.issuing),
]


@pytest.mark.parametrize(("name", "data", "issuer"), BREAKS)
def test_each_crl_fault_is_named(name: str, data: bytes, issuer: Certificate) -> None:
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
POINT = ext.issuing_distribution_point(URLS.crl).value
NO_POINTS: dict[str, tuple[bytes, bool]] = {
    "point not critical": (POINT, False),
    "point without a name": (der.sequence(der.explicit(0, der.explicit(0, b""))), True),
    "no point at all": (der.sequence(), True),
    "users' certificates alone": (der.sequence(der.implicit(1, b"\xff")), True),
    "a shard's, of users alone": (
        der.sequence(der.explicit(0, Reader(POINT).enter().enter(0xA0).raw()), der.implicit(1, b"\xff")),
        True,
    ),
    "indirect": (der.sequence(der.implicit(4, b"\xff")), True),
    "a directory's name": (
        der.sequence(der.explicit(0, der.explicit(0, der.explicit(4, A.root.subject_der)))),
        True,
    ),
}


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
        *(
            pytest.param(
                assemble(tbs(more=(Extension(oids.ISSUING_DISTRIBUTION_POINT, *of),)), SIGNATURE), id=name
            )
            for name, of in NO_POINTS.items()
        ),
        pytest.param(assemble(tbs().replace(ALGORITHM, b"\x30\x00"), SIGNATURE), id="algorithm"),
    ],
)
def test_parser_refuses_invalid_lists(data: bytes) -> None:
    with pytest.raises((DerError, CrlError)):
        parse_crl(data)


@pytest.mark.parametrize(
    "entries", [entry(8) + entry(7), entry(7) + entry(7), entry(7)[:-1], b"\x31" + entry(7)[1:]]
)
def test_entries_of_another_form_are_not_copied(entries: bytes) -> None:
    with pytest.raises(CrlError):
        spliced(entries, {})
