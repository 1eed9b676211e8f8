"""Refusals of the strict reader: each input has one fault."""

from collections.abc import Callable

import pytest

from mshield.pki.asn1 import der
from mshield.pki.asn1.reader import MAX_DEPTH, Reader, check
from mshield.pki.errors import DerError

Read = Callable[[Reader], object]
INTEGER: Read = Reader.integer
BOOLEAN: Read = Reader.boolean
OID: Read = Reader.oid
BITS: Read = Reader.bits
NAMED: Read = Reader.named_bits
TEXT: Read = Reader.text
TIME: Read = Reader.time
SET: Read = lambda reader: list(reader.set_of())  # noqa: E731  # a table entry


@pytest.mark.parametrize(
    ("read", "encoded"),
    [
        pytest.param(INTEGER, "", id="nothing"),
        pytest.param(INTEGER, "02", id="no length"),
        pytest.param(INTEGER, "0200", id="empty integer"),
        pytest.param(INTEGER, "02020001", id="integer with a leading zero"),
        pytest.param(INTEGER, "0202ffff", id="negative integer with a leading ff"),
        pytest.param(INTEGER, "02820401" + "55" * 1025, id="integer too long"),
        pytest.param(INTEGER, "02810101", id="long form for a short length"),
        pytest.param(INTEGER, "0282000101", id="length with a leading zero"),
        pytest.param(INTEGER, "02800101", id="indefinite length"),
        pytest.param(INTEGER, "0285000000000101", id="length of five octets"),
        pytest.param(INTEGER, "0282", id="length cut short"),
        pytest.param(INTEGER, "020201", id="content cut short"),
        pytest.param(INTEGER, "040101", id="another type"),
        pytest.param(INTEGER, "1f0101", id="high tag number"),
        pytest.param(BOOLEAN, "010101", id="boolean that is neither 00 nor ff"),
        pytest.param(BOOLEAN, "0102ffff", id="boolean of two octets"),
        pytest.param(Reader.default_false, "010100", id="encoded default"),
        pytest.param(Reader.null, "050100", id="null with content"),
        pytest.param(OID, "0600", id="empty object identifier"),
        pytest.param(OID, "06022a86", id="object identifier cut short"),
        pytest.param(OID, "068181" + "ff" * 128 + "7f", id="object identifier too long"),
        pytest.param(OID, "06032a8001", id="object identifier not minimal"),
        pytest.param(BITS, "0300", id="bit string without its first octet"),
        pytest.param(BITS, "030207ff", id="bit string that is not of whole octets"),
        pytest.param(NAMED, "03020700", id="named bits without a bit"),
        pytest.param(NAMED, "030206c1", id="named bits with padding set"),
        pytest.param(NAMED, "030205c0", id="named bits with a trailing zero"),
        pytest.param(NAMED, "031200" + "ff" * 17, id="more named bits than anything has"),
        pytest.param(NAMED, "03020880", id="eight unused bits"),
        pytest.param(NAMED, "030101", id="unused bits of nothing"),
        pytest.param(TEXT, "0c01ff", id="not utf-8"),
        pytest.param(TEXT, "0c03eda080", id="surrogate in utf-8"),
        pytest.param(TEXT, "130140", id="at sign in a printable string"),
        pytest.param(TEXT, "1601e9", id="not ascii"),
        pytest.param(TEXT, "1e02004d", id="bmp string"),
        pytest.param(TIME, b"\x17\x0b2601010000Z".hex(), id="utc time without seconds"),
        pytest.param(TIME, b"\x17\x112601010000+0800".hex(), id="utc time with an offset"),
        pytest.param(TIME, b"\x17\x0d261301000000Z".hex(), id="month 13"),
        pytest.param(TIME, b"\x17\x0d260101000060Z".hex(), id="second 60"),
        pytest.param(TIME, b"\x18\x0f20260101000000Z".hex(), id="generalized time before 2050"),
        pytest.param(TIME, b"\x18\x1120500101000000.5Z".hex(), id="fraction of a second"),
        pytest.param(TIME, b"\x17\x0d2601010000\xd9\xa1Z".hex(), id="digits that are not ascii"),
        pytest.param(SET, "3106020102020101", id="set not sorted"),
        pytest.param(Reader.enter, "310102", id="set where a sequence belongs"),
    ],
)
def test_reader_refuses_invalid_der(read: Read, encoded: str) -> None:
    with pytest.raises(DerError):
        read(Reader(bytes.fromhex(encoded)))


def test_trailing_bytes_are_refused() -> None:
    reader = Reader(der.integer(1) + b"\x00")
    reader.integer()
    with pytest.raises(DerError, match="trailing"):
        reader.end()


def test_inner_values_may_not_reach_past_their_container() -> None:
    inside = Reader(bytes.fromhex("3003020201") + b"\x01").enter()
    with pytest.raises(DerError):
        inside.integer()


def test_depth_is_limited() -> None:
    data = der.null()
    for _ in range(MAX_DEPTH + 1):
        data = der.sequence(data)
    with pytest.raises(DerError, match="deep"):
        check(data)
    check(data[2:] if data[1] < 0x80 else data[3:])


@pytest.mark.parametrize(
    "encoded", ["3000", "020101", "31060201010201 02", "a0030101ff", "13024142", "1e02004d", "3003020101"]
)
def test_check_accepts_der(encoded: str) -> None:
    check(bytes.fromhex(encoded))


@pytest.mark.parametrize(
    "encoded",
    ["", "300302010100", "30040202 0001", "3106020102020101", "1000", "a003010101", "3003060180", "0c01ff"],
)
def test_check_refuses_other_encodings(encoded: str) -> None:
    with pytest.raises(DerError):
        check(bytes.fromhex(encoded))
