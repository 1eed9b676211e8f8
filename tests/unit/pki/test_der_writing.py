"""Known answers of the DER writer, from X.690 and RFC 5280 or worked out by hand."""

import pytest

from mshield.pki.asn1 import der
from mshield.pki.errors import DerError


@pytest.mark.parametrize(
    ("value", "encoded"),
    [
        (0, "020100"),
        (127, "02017f"),
        (128, "02020080"),
        (255, "020200ff"),
        (256, "02020100"),
        (-1, "0201ff"),
        (-128, "020180"),
        (-129, "0202ff7f"),
        (1 << 159, "0215" + "00" + "80" + "00" * 19),
    ],
)
def test_integers_are_minimal_twos_complement(value: int, encoded: str) -> None:
    assert der.integer(value).hex() == encoded


@pytest.mark.parametrize(
    ("length", "header"), [(0, "0400"), (127, "047f"), (128, "048180"), (255, "0481ff"), (256, "04820100")]
)
def test_lengths_are_minimal(length: int, header: str) -> None:
    assert der.octet_string(bytes(length)).hex() == header + "00" * length


@pytest.mark.parametrize(
    ("dotted", "encoded"),
    [
        ("1.2.156.10197.1.501", "06082a811ccf55018375"),
        ("1.2.156.10197.1.401", "06082a811ccf55018311"),
        ("2.5.29.15", "0603551d0f"),
        ("2.999.3", "0603883703"),
        ("0.0", "060100"),
    ],
)
def test_object_identifiers_are_encoded_as_expected(dotted: str, encoded: str) -> None:
    assert der.oid(dotted).hex() == encoded


@pytest.mark.parametrize("dotted", ["", "1", "3.1", "1.40", "1.2.", "1.02", "1.-2", "a.b", "1.2.٣"])
def test_invalid_object_identifier_is_refused(dotted: str) -> None:
    with pytest.raises(DerError):
        der.oid(dotted)


@pytest.mark.parametrize(
    ("bits", "encoded"),
    [((), "030100"), ((0,), "03020780"), ((0, 1), "030206c0"), ((5, 6), "03020106"), ((8,), "0303070080")],
)
def test_named_bits_drop_trailing_zeros(bits: tuple[int, ...], encoded: str) -> None:
    assert der.named_bits(*bits).hex() == encoded


def test_sets_are_sorted() -> None:
    assert (
        der.set_of(der.integer(300), der.integer(2), der.integer(1)).hex()
        == "310a" + "020101" + "020102" + "0202012c"
    )


@pytest.mark.parametrize(
    ("ms", "encoded"),
    [
        (0, b"\x17\x0d700101000000Z"),
        (-1, b"\x17\x0d691231235959Z"),
        (1_767_225_600_999, b"\x17\x0d260101000000Z"),
        (2_524_607_999_999, b"\x17\x0d491231235959Z"),
        (2_524_608_000_000, b"\x18\x0f20500101000000Z"),
        (-631_152_000_001, b"\x18\x0f19491231235959Z"),
        (253_402_300_799_000, b"\x18\x0f99991231235959Z"),
    ],
)
def test_times_are_utctime_until_2049(ms: int, encoded: bytes) -> None:
    assert der.time(ms) == encoded


def test_times_beyond_the_calendar_are_refused() -> None:
    with pytest.raises(DerError):
        der.time(253_402_300_800_000)


@pytest.mark.parametrize("text", ["张", "a@b", "a_b", "a*"])
def test_printable_strings_have_few_characters(text: str) -> None:
    with pytest.raises(DerError):
        der.printable(text)


def test_text_must_be_encodable() -> None:
    with pytest.raises(DerError):
        der.utf8("\ud800")
