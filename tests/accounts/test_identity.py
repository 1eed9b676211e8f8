"""Names, id documents, credit codes, phone numbers."""

import pytest

from mshield.server.identity.errors import InvalidCreditCode, InvalidIdNumber, InvalidName, InvalidPhone
from mshield.server.values.names import (
    ID_TYPE_NAMES,
    IdType,
    check_credit_code,
    check_id_number,
    check_phone,
    mask_id_number,
    mask_phone,
    normalise_id_number,
    normalise_name,
    same_name,
)
from mshield.wire.identity import ROLE_NAMES, Role

RESIDENT, PASSPORT, HK, TAIWAN, FOREIGN = IdType


def test_r2_the_five_id_types_in_the_order_of_the_picker() -> None:
    assert [ID_TYPE_NAMES[kind][0] for kind in IdType] == [
        "居民身份证",
        "护照",
        "港澳居民来往内地通行证",
        "台湾居民来往大陆通行证",
        "外国人永久居留身份证",
    ]
    assert [ROLE_NAMES[role][0] for role in Role] == ["法人", "操作员"]


@pytest.mark.parametrize(
    ("kind", "text", "number"),
    [
        (RESIDENT, "11010519491231002X", "11010519491231002X"),
        (RESIDENT, "11010519491231002x", "11010519491231002X"),
        (RESIDENT, " 110105 19491231 002x ", "11010519491231002X"),
        (RESIDENT, "１１０１０５１９４９１２３１００２Ｘ", "11010519491231002X"),
        (PASSPORT, "e12345678", "E12345678"),
        (PASSPORT, "EA1234567", "EA1234567"),
        (PASSPORT, "C01X00T47", "C01X00T47"),
        (HK, "H01234567", "H01234567"),
        (HK, "m0123456701", "M0123456701"),
        (TAIWAN, "06573218", "06573218"),
        (TAIWAN, "0657321801(B)", "0657321801B"),
        (TAIWAN, "0657321801（B）", "0657321801B"),
        (FOREIGN, "USA110182010112", "USA110182010112"),
        (FOREIGN, "937276198604090027", "937276198604090027"),
    ],
)
def test_valid_id_numbers_have_one_form(kind: IdType, text: str, number: str) -> None:
    assert check_id_number(kind, text) == number
    assert normalise_id_number(text) == number


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        (RESIDENT, ""),
        (RESIDENT, "110105194912310021"),  # wrong check digit
        (RESIDENT, "110105491231002"),  # 15 digits, used before 1999
        (RESIDENT, "11010519490230002X"),  # 30 February and a wrong check digit
        (RESIDENT, "110105194902300026"),  # 30 February with the right check digit
        (RESIDENT, "937276198604090027"),  # a foreigner's number
        (RESIDENT, "1101051949123100２X0"),
        (RESIDENT, "H01234567"),
        (RESIDENT, "１１０１０５１９４９１２３１００２Ｙ"),
        (PASSPORT, "ABCDEFGH"),
        (PASSPORT, "E1"),
        (PASSPORT, "E12345678'; --"),
        (PASSPORT, "Е12345678"),  # a Cyrillic letter
        (HK, "X01234567"),
        (HK, "H0123456"),
        (HK, "H012345678"),
        (TAIWAN, "0657321"),
        (TAIWAN, "06573218B"),
        (FOREIGN, "USA110182130112"),  # month 13
        (FOREIGN, "937276198604090028"),  # wrong check digit
        (FOREIGN, "11010519491231002X"),  # a citizen's number
        (FOREIGN, "٩٣٧٢٧٦١٩٨٦٠٤٠٩٠٠٢٧"),
    ],
)
def test_invalid_id_numbers_are_refused(kind: IdType, text: str) -> None:
    with pytest.raises(InvalidIdNumber):
        check_id_number(kind, text)


def test_a_wrong_date_with_the_right_check_digit_is_refused_for_the_date() -> None:
    from stdnum.cn import ric

    body = "11010519490230002"
    number = body + ric.calc_check_digit(body + "0")
    with pytest.raises(InvalidIdNumber):
        check_id_number(RESIDENT, number)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("91330206MA2XB7C1TW", "91330206MA2XB7C1TW"),
        ("91330206ma2xb7c1tw", "91330206MA2XB7C1TW"),
        (" 9133 0206 MA2X B7C1 TW", "91330206MA2XB7C1TW"),
        ("９１３３０２０６ＭＡ２ＸＢ７Ｃ１ＴＷ", "91330206MA2XB7C1TW"),
        ("91110000600037341L", "91110000600037341L"),
    ],
)
def test_valid_credit_codes_have_one_form(text: str, code: str) -> None:
    assert check_credit_code(text) == code


@pytest.mark.parametrize(
    "text",
    ["", "91330206MA2XB7C1TX", "91330206MA2XB7C1T", "91330206MA2XB7C1TWW", "91330206MAOXB7C1TW", "企业"],
)
def test_invalid_credit_codes_are_refused(text: str) -> None:
    with pytest.raises(InvalidCreditCode):
        check_credit_code(text)


@pytest.mark.parametrize(
    "text",
    [
        "13800006027",
        " 138 0000 6027",
        "138-0000-6027",
        "+8613800006027",
        "0086 138 0000 6027",
        "１３８００００６０２７",
    ],
)
def test_valid_phone_numbers_have_one_form(text: str) -> None:
    assert check_phone(text) == "13800006027"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "12800006027",
        "1380000602",
        "138000060270",
        "+8513800006027",
        "86138000060",
        "0574-5550180",
        "1380000602a",
        "٠1380000602",
    ],
)
def test_invalid_phone_numbers_are_refused(text: str) -> None:
    with pytest.raises(InvalidPhone):
        check_phone(text)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("林知远", "林知远"),
        ("  林知远\u3000", "林知远"),
        ("阿依夏木•买买提", "阿依夏木·买买提"),
        ("阿依夏木 ・ 买买提", "阿依夏木·买买提"),
        ("Anna  Maria\tKeller", "Anna Maria Keller"),
        ("ＣＨＡＮ Ｔａｉ Ｍａｎ", "CHAN Tai Man"),
        ("O'Neill-Smith Jr.", "O'Neill-Smith Jr."),
        ("𠮷田", "𠮷田"),
    ],
)
def test_valid_names_have_one_form(text: str, name: str) -> None:
    assert normalise_name(text) == name


@pytest.mark.parametrize(
    "text",
    [
        "",
        "   ",
        "=1+1",
        "-cmd",
        "@SUM",
        "林<b>",
        "林1",
        "·",
        "林\x00",
        "林\u202e远",
        "\ue000",
        "长" * 65,
        "\ud800",
    ],
)
def test_invalid_names_are_refused(text: str) -> None:
    with pytest.raises(InvalidName):
        normalise_name(text)


def test_latin_names_compare_in_either_case() -> None:
    assert same_name("CHAN Tai Man", "Chan Tai Man")
    assert not same_name("林知远", "林知元")


def test_phone_and_id_numbers_are_masked() -> None:
    assert mask_phone("13800006027") == "138****6027"
    assert mask_id_number("330206199001014218") == "330206********4218"
    assert mask_id_number("H01234567") == "H0*****67"
    assert mask_id_number("E1234") == "E****"
