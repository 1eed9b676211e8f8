"""DER both ways: encoded values parse back, and every parsed value has only one form."""

from datetime import UTC, datetime

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature
from hypothesis import given
from hypothesis import strategies as st

from mshield.gm.curve import N
from mshield.gm.sm2 import Signature
from mshield.pki.asn1 import der
from mshield.pki.asn1.reader import Reader, check
from mshield.pki.errors import DerError

ARCS = st.lists(st.integers(0, 1 << 70), max_size=8)
OIDS = st.one_of(
    st.builds(
        lambda second, rest: (second[0], second[1], *rest),
        st.tuples(st.integers(0, 1), st.integers(0, 39)),
        ARCS,
    ),
    st.builds(lambda second, rest: (2, second, *rest), st.integers(0, 1 << 40), ARCS),
).map(lambda arcs: ".".join(map(str, arcs)))
MOMENTS = st.integers(-62_135_596_800, 253_402_300_799).map(lambda seconds: seconds * 1000)
PRIMITIVES = st.one_of(
    st.integers().map(der.integer),
    st.binary(max_size=300).map(der.octet_string),
    st.binary(max_size=40).map(der.bit_string),
    OIDS.map(der.oid),
    st.text(max_size=100).map(der.utf8),
    st.text(sorted(der.PRINTABLE), max_size=40).map(der.printable),
    st.just(der.TRUE),
    st.just(der.null()),
    MOMENTS.map(der.time),
    st.frozensets(st.integers(0, 40)).map(lambda bits: der.named_bits(*bits)),
)
VALUES = st.recursive(
    PRIMITIVES,
    lambda inner: st.one_of(
        st.lists(inner, max_size=5).map(lambda parts: der.sequence(*parts)),
        st.lists(inner, max_size=5).map(lambda parts: der.set_of(*parts)),
        st.tuples(st.integers(0, 30), inner).map(lambda pair: der.explicit(*pair)),
    ),
    max_leaves=20,
)


@given(st.integers())
def test_integers_round_trip(value: int) -> None:
    assert Reader(der.integer(value)).integer() == value


@given(OIDS)
def test_object_identifiers_round_trip(dotted: str) -> None:
    assert Reader(der.oid(dotted)).oid() == dotted


@given(MOMENTS)
def test_times_round_trip(ms: int) -> None:
    assert Reader(der.time(ms)).time() == ms
    assert Reader(der.generalized_time(ms)).generalized_time() == ms
    moment = datetime.fromtimestamp(ms // 1000, UTC)
    assert (der.time(ms)[0] == der.UTC_TIME) == (1950 <= moment.year <= 2049)


@given(st.frozensets(st.integers(0, 100)))
def test_named_bits_round_trip(bits: frozenset[int]) -> None:
    assert Reader(der.named_bits(*bits)).named_bits() == bits


@given(st.text())
def test_text_round_trips(text: str) -> None:
    assert Reader(der.utf8(text)).text() == (der.UTF8_STRING, text)


@given(VALUES)
def test_encoded_values_are_strict_der(data: bytes) -> None:
    check(data)


@given(VALUES, st.data())
def test_truncated_or_extended_value_is_refused(data: bytes, draw: st.DataObject) -> None:
    cut = draw.draw(st.integers(0, len(data) - 1))
    with pytest.raises(DerError):
        check(data[:cut])
    with pytest.raises(DerError):
        check(data + b"\x00")


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused_with_our_error(data: bytes) -> None:
    try:
        check(data)
    except DerError:
        return
    assert data


@given(st.binary(min_size=1, max_size=30))
def test_parsed_integer_has_one_form(content: bytes) -> None:
    data = der.tlv(der.INTEGER, content)
    try:
        value = Reader(data).integer()
    except DerError:
        assert der.integer(int.from_bytes(content, "big", signed=True)) != data
        return
    assert der.integer(value) == data


@given(st.binary(min_size=1, max_size=12))
def test_parsed_object_identifier_has_one_form(content: bytes) -> None:
    data = der.tlv(der.OID, content)
    try:
        dotted = Reader(data).oid()
    except DerError:
        return
    assert der.oid(dotted) == data


@given(st.integers(1, N - 1), st.integers(1, N - 1))
def test_signatures_agree_with_cryptography(r: int, s: int) -> None:
    encoded = Signature(r, s).to_der()
    assert encoded == encode_dss_signature(r, s) == der.sequence(der.integer(r), der.integer(s))
    assert decode_dss_signature(encoded) == (r, s)


@given(st.lists(st.sampled_from(["CN", "张伟", "公司 (深圳)", "a", "é"]), min_size=1, max_size=4))
def test_names_agree_with_cryptography(values: list[str]) -> None:
    kinds = (x509.NameOID.ORGANIZATION_NAME, x509.NameOID.ORGANIZATIONAL_UNIT_NAME, x509.NameOID.COMMON_NAME)
    attributes = [x509.NameAttribute(kinds[i % 3], value) for i, value in enumerate(values)]
    from mshield.pki.asn1.reader import Reader
    from mshield.pki.certificates.names import encode, read_name

    ours = encode(tuple((a.oid.dotted_string, str(a.value)) for a in attributes))
    assert ours == x509.Name(attributes).public_bytes()
    assert [value for _, value in read_name(Reader(ours)).attributes] == values
