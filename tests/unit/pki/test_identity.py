"""The identity extensions: the form in which Chinese certificates carry them."""

import hmac

import pytest

from mshield.pki.asn1 import der
from mshield.pki.certificates.identity import (
    HASH_PREFIX,
    identify_code,
    organisation_code,
    read_identify_code,
    read_organisation_code,
)
from mshield.pki.errors import BadName, DerError

NUMBER = "11010519491231002X"


def test_id_number_is_an_explicitly_tagged_printable_string() -> None:
    extension = identify_code(NUMBER)
    assert (extension.oid, extension.critical) == ("1.2.156.10260.4.1.1", False)
    # Existing readers skip the four bytes A0 14 13 12 and read the rest as the number.
    assert extension.value == bytes.fromhex("a0141312") + NUMBER.encode()
    assert read_identify_code(extension.value) == ("resident", NUMBER)


def test_passport_has_tag_two() -> None:
    assert identify_code("E12345678", "passport").value.hex() == "a20b1309" + b"E12345678".hex()
    assert read_identify_code(identify_code("E12345678", "passport").value) == ("passport", "E12345678")


def test_organisation_code_is_a_printable_string() -> None:
    extension = organisation_code("91440300MA5EXAMPL6")
    assert (extension.oid, extension.critical) == ("1.2.156.10260.4.1.4", False)
    assert extension.value == bytes.fromhex("1312") + b"91440300MA5EXAMPL6"
    assert read_organisation_code(extension.value) == "91440300MA5EXAMPL6"


def test_the_keyed_hash_fits_the_extension() -> None:
    hashed = HASH_PREFIX + hmac.new(bytes(range(32)), NUMBER.encode(), "sm3").hexdigest()
    assert read_identify_code(identify_code(hashed).value) == ("resident", hashed)


@pytest.mark.parametrize("number", ["", " 1", "身份", "a@b", "1" * 129])
def test_unencodable_numbers_are_refused(number: str) -> None:
    with pytest.raises(BadName):
        identify_code(number)
    with pytest.raises(BadName):
        organisation_code(number)


@pytest.mark.parametrize(
    "value",
    [
        der.printable(NUMBER),
        der.implicit(0, NUMBER.encode()),
        der.explicit(1, der.utf8("军字第1号")),
        der.explicit(3, der.printable(NUMBER)),
        der.explicit(0, der.utf8(NUMBER)),
        der.explicit(0, der.printable(NUMBER) * 2),
        b"",
    ],
)
def test_other_forms_are_refused(value: bytes) -> None:
    with pytest.raises(DerError):
        read_identify_code(value)


def test_organisation_code_of_another_type_is_refused() -> None:
    with pytest.raises(DerError):
        read_organisation_code(der.utf8("91440300MA5EXAMPL6"))
