"""Names: order, string types, limits, and parsing from DER."""

import pytest

from mshield.pki.asn1 import der, oids
from mshield.pki.asn1.reader import Reader
from mshield.pki.certificates.names import LeafSubject, encode, leaf_name, leaf_subject, make_name, read_name
from mshield.pki.errors import BadName, DerError

SUBJECT = LeafSubject(organisation="深圳市蓝海报关有限公司", role="法人", common_name="欧阳娜娜")


def test_a_leaf_name_has_c_o_ou_cn_and_comes_back() -> None:
    name = leaf_name(SUBJECT)
    assert [kind for kind, _ in name.attributes] == [
        oids.COUNTRY,
        oids.ORGANISATION,
        oids.ORGANISATIONAL_UNIT,
        oids.COMMON_NAME,
    ]
    assert leaf_subject(read_name(Reader(name.der))) == SUBJECT
    assert der.printable("CN") in name.der
    assert der.utf8("法人") in name.der
    assert (name.common_name, name.organisation) == ("欧阳娜娜", "深圳市蓝海报关有限公司")


@pytest.mark.parametrize(
    "value", ["", " 张伟", "张伟 ", "张\n伟", "张\u200b伟", "张\u202e伟", "a" * 65, "\ue000", "\ud800"]
)
def test_bad_text_is_refused(value: str) -> None:
    with pytest.raises(BadName):
        make_name(country="CN", common_name=value)


@pytest.mark.parametrize("country", ["", "C", "cn", "CHN", "中国", "C1"])
def test_country_is_two_capital_letters(country: str) -> None:
    with pytest.raises(BadName):
        make_name(country=country, common_name="张伟")


def test_sixty_four_characters_fit() -> None:
    assert make_name(organisation="司" * 64).organisation == "司" * 64


def test_a_name_may_not_be_empty() -> None:
    with pytest.raises(BadName):
        make_name()


@pytest.mark.parametrize(
    "attributes",
    [
        (),
        ((oids.COUNTRY, "CN"), (oids.ORGANISATION, "A"), (oids.COMMON_NAME, "B")),
        (
            (oids.ORGANISATION, "A"),
            (oids.COUNTRY, "CN"),
            (oids.ORGANISATIONAL_UNIT, "C"),
            (oids.COMMON_NAME, "B"),
        ),
    ],
)
def test_name_of_another_shape_is_no_leaf_name(attributes: tuple[tuple[str, str], ...]) -> None:
    with pytest.raises(BadName):
        leaf_subject(read_name(Reader(encode(attributes))))


def test_another_string_type_is_no_leaf_name() -> None:
    printable = leaf_name(LeafSubject(organisation="A", role="B", common_name="C")).der.replace(
        der.utf8("C"), der.printable("C")
    )
    with pytest.raises(BadName):
        leaf_subject(read_name(Reader(printable)))


def test_a_level_with_two_attributes_is_refused() -> None:
    pairs = [der.sequence(der.oid(oids.COMMON_NAME), der.utf8(text)) for text in "ab"]
    with pytest.raises(DerError):
        read_name(Reader(der.sequence(der.set_of(*pairs))))
