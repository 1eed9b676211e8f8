"""Places by the operator's table, and models as browsers say them."""

from pathlib import Path

import pytest

from mshield.domain.browser_name import device_model
from mshield.gateways.local.places import BadPlaces, Place, Places
from tests.support.cases import cases

_TABLE = "network,zh,en\n10.1.0.0/16,浙江 宁波,Ningbo\n10.2.0.0/16,广东 深圳,Shenzhen\n2001:db8::/32,上海,Shanghai\n"


def _read(folder: Path, text: str) -> Places:
    file = folder / "places.csv"
    file.write_text(text, "utf-8")
    return Places.read(file)


def test_the_network_that_an_address_is_in_says_its_place(tmp_path: Path) -> None:
    places = _read(tmp_path, _TABLE)
    ningbo = Place("浙江 宁波", "Ningbo")
    known = {
        "10.1.0.0": ningbo,
        "10.1.255.255": ningbo,
        "::ffff:10.1.2.3": ningbo,
        "2001:db8::1": Place("上海", "Shanghai"),
    }
    assert {address: places.of(address) for address in known} == known
    assert [places.of(address) for address in ("10.3.0.1", "9.255.255.255", "2001:db9::", "", None, "x")] == [
        None
    ] * 6
    assert Places.read(None).of("10.1.0.1") is None


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "first line"),
        ("zh,en,network\n", "first line"),
        ("network,zh,en\n10.1.0.0/16,宁波\n", "line 2: 3 columns"),
        ("network,zh,en\n10.1.0.1/16,宁波,Ningbo\n", "line 2: .*host bits"),
        ("network,zh,en\n10.1.0.0/16,,Ningbo\n", "line 2: a place"),
        ("network,zh,en\n10.1.0.0/16,宁波,Ning\u202ebo\n", "line 2: a place"),
        ("network,zh,en\n10.0.0.0/8,浙江,Zhejiang\n10.1.0.0/16,宁波,Ningbo\n", "part of another"),
    ],
)
def test_a_faulty_table_is_refused_and_says_where(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(BadPlaces, match=said):
        _read(tmp_path, text)


@cases(
    ("hint", "described", "model"),
    [
        ('"Pixel 7"', "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36", "Pixel 7"),
        ("", "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36", ""),
        ("", "Mozilla/5.0 (Linux; Android 12; ALN-AL00 Build/HUAWEIALN; wv) AppleWebKit", "ALN-AL00"),
        ("", "Mozilla/5.0 (Linux; U; Android 13; zh-cn; 23049RAD8C Build/TKQ1) AppleWebKit", "23049RAD8C"),
        ("", "Mozilla/5.0 (Android 14; Mobile; rv:132.0) Gecko/132.0 Firefox/132.0", ""),
        ("", "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit", ""),
        ('""', "", ""),
        ('"' + "x" * 60 + '"', "", ""),
        ('"a\u202eb"', "", ""),
    ],
)
async def test_the_model_is_the_browsers_answer_or_stands_in_its_description(
    hint: str, described: str, model: str
) -> None:
    assert device_model(hint, described) == model
