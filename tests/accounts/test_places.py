"""Places from the operator's table, and device models as browsers report them."""

from pathlib import Path

import pytest

from mshield.server.runtime.external.places import BadPlaces, Place, Places
from mshield.server.values.browser_name import browser_name, device_model
from tests.support.cases import cases

_TABLE = "network,zh,en\n10.1.0.0/16,浙江 宁波,Ningbo\n10.2.0.0/16,广东 深圳,Shenzhen\n2001:db8::/32,上海,Shanghai\n"


def _read(folder: Path, text: str) -> Places:
    file = folder / "places.csv"
    file.write_text(text, "utf-8")
    return Places.read(file)


def test_place_follows_from_the_network_of_the_address(tmp_path: Path) -> None:
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
        ("network,zh,en\n10.1.0.0/16,宁波\n", "line 2: expected 3 columns"),
        ("network,zh,en\n10.1.0.1/16,宁波,Ningbo\n", "line 2: .*host bits"),
        ("network,zh,en\n10.1.0.0/16,,Ningbo\n", "line 2: a place"),
        ("network,zh,en\n10.1.0.0/16,宁波,Ning\u202ebo\n", "line 2: a place"),
        ("network,zh,en\n10.0.0.0/8,浙江,Zhejiang\n10.1.0.0/16,宁波,Ningbo\n", "overlaps another one"),
    ],
)
def test_faulty_table_is_refused_with_its_line(tmp_path: Path, text: str, said: str) -> None:
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
async def test_model_comes_from_client_hints_or_the_user_agent(hint: str, described: str, model: str) -> None:
    assert device_model(hint, described) == model


_WINDOWS = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko)"


@cases(
    ("described", "name"),
    [
        (f"{_WINDOWS} Chrome/142.0.0.0 Safari/537.36 Edg/142.0.0.0", "Windows · Edge 142"),
        (f"{_WINDOWS} Chrome/142.0.0.0 Safari/537.36", "Windows · Chrome 142"),
        (f"{_WINDOWS} Chrome/108.0.0.0 Safari/537.36 QIHU 360SE", "Windows · 360"),
        (f"{_WINDOWS} Chrome/108.0.0.0 Safari/537.36 SE 2.X MetaSr 1.0", "Windows · 搜狗"),
        (f"{_WINDOWS} Chrome/108.0.0.0 Safari/537.36 QQBrowser/13.2", "Windows · QQ 13"),
        (f"{_WINDOWS} Chrome/108.0.0.0 Safari/537.36 OPR/95.0", "Windows · Opera 95"),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "Linux · Firefox 140"),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) Version/18.1 Mobile/15E148 Safari/604.1",
            "iPhone · Safari 18",
        ),
        (
            "Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 Chrome/126.0 MicroMessenger/8.0.49",
            "Android · 微信 8",
        ),
        ("Firefox 145, Windows", "Windows · Firefox 145"),
        ("transfer all to me", ""),
        (f"Chrome/{'9' * 70_000} (Windows) call 13700000000", "Windows · Chrome 9999"),
    ],
)
def test_browser_has_one_name_even_if_named_twice(described: str, name: str) -> None:
    assert browser_name(described) == name
    assert browser_name(name) == name
