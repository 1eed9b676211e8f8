"""For any subject, a leaf is issued, parsed back equal, and parsed alike by `cryptography`; no mutant verifies."""

import unicodedata

import pytest
from cryptography import x509
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from mshield.pki.certificates.certificate import parse_certificate
from mshield.pki.certificates.names import LeafSubject, fault, leaf_subject
from mshield.pki.errors import PkiError
from mshield.pki.revocation.crl import REASONS, Revoked, parse_crl
from mshield.pki.signatures.cms import build_signed_data
from mshield.pki.verification.path import verify_chain
from tests.support.signed_data import verify_signed_data
from tests.unit.pki.authority import DAY, NOW, authority

A = authority()
# Values fit by construction, since too many rejected examples end a test.
TEXTS = (
    st.text(st.characters(exclude_categories=["C", "Zl", "Zp"]), min_size=1, max_size=60)
    .map(lambda text: unicodedata.normalize("NFC", text).strip())
    .filter(lambda text: fault("2.5.4.3", text) is None)
)
SERIALS = st.integers(1 << 63, (1 << 159) - 1)


# RFC 5280 limits these in characters; `cryptography` counts bytes and warns of a Chinese name of 22
# characters.
@pytest.mark.filterwarnings("ignore:Attribute's length must be:UserWarning")
@settings(max_examples=50, deadline=None)
@given(TEXTS, TEXTS, TEXTS, SERIALS, st.integers(0, 5 * 365 * DAY // 1000 - 1))
def test_a_leaf_comes_back(organisation: str, role: str, common_name: str, serial: int, length: int) -> None:
    subject = LeafSubject(organisation=organisation, role=role, common_name=common_name)
    leaf = A.issue(subject=subject, serial=serial, not_after=NOW - DAY + 1000 + 1000 * length)
    again = parse_certificate(leaf.der)
    assert again == leaf
    assert leaf_subject(again.subject) == subject
    assert again.serial == serial
    other = x509.load_der_x509_certificate(leaf.der)
    assert other.serial_number == serial
    assert [a.value for a in other.subject] == ["CN", organisation, role, common_name]
    assert int(other.not_valid_after_utc.timestamp()) * 1000 == leaf.not_after


@settings(max_examples=200, deadline=None)
@given(st.integers(0, len(A.leaf.der) - 1), st.integers(1, 255))
def test_no_changed_leaf_verifies(position: int, mask: int) -> None:
    data = bytearray(A.leaf.der)
    data[position] ^= mask
    try:
        leaf = parse_certificate(bytes(data))
        verify_chain(A.engine, leaf=leaf, intermediates=[A.issuing], roots=[A.root], at=NOW)
    except PkiError:
        return
    raise AssertionError(f"a leaf with octet {position} changed by {mask:02x} verifies")


MESSAGE = b"<declaration/>"
CMS = build_signed_data(
    content=None, signature=A.leaf_key.sign(MESSAGE), certificate=A.leaf, chain=[A.issuing]
)


@settings(max_examples=200, deadline=None)
@given(st.integers(0, len(CMS) - 1), st.integers(1, 255))
def test_no_changed_cms_verifies(position: int, mask: int) -> None:
    data = bytearray(CMS)
    data[position] ^= mask
    try:
        signed = verify_signed_data(A.engine, bytes(data), content=MESSAGE)
        verify_chain(A.engine, leaf=signed.signer, intermediates=signed.certificates, roots=[A.root], at=NOW)
    except PkiError:
        return
    raise AssertionError(f"a CMS with octet {position} changed by {mask:02x} verifies")


ENTRIES = st.lists(
    st.builds(
        Revoked,
        st.integers(1, (1 << 159) - 1),
        st.integers(0, NOW // 1000).map(lambda s: s * 1000),
        st.sampled_from(sorted(REASONS)),
    ),
    max_size=30,
    unique_by=lambda entry: entry.serial,
)


@settings(max_examples=50, deadline=None)
@given(ENTRIES, st.integers(0, (1 << 159) - 1))
def test_lists_come_back_and_agree_with_cryptography(entries: list[Revoked], number: int) -> None:
    data = A.crl(tuple(entries), number=number)
    crl = parse_crl(data)
    assert crl.revoked == {entry.serial: entry for entry in entries}
    other = x509.load_der_x509_crl(data)
    assert other.extensions.get_extension_for_class(x509.CRLNumber).value.crl_number == number
    assert {e.serial_number for e in other} == set(crl.revoked)
    for entry in other:
        assert int(entry.revocation_date_utc.timestamp()) * 1000 == crl.revoked[entry.serial_number].at


@given(st.text())
def test_the_name_rule_never_lets_control_characters_through(text: str) -> None:
    assume(fault("2.5.4.3", text) is None)
    assert not any(unicodedata.category(c) in {"Cc", "Cf", "Cs"} for c in text)
    assert text == text.strip()
