"""A business system's description against the signed content: other amounts, hidden goods, omissions, odd files."""

import json
from pathlib import Path
from typing import Any, Final

import pytest

from mshield.views import Compared, ViewError, compare, compare_words, draw, read_view

VECTORS: Final = Path(__file__).parents[3] / "vectors" / "views"
DECLARATION: Final = (VECTORS / "real-declaration.content").read_bytes()
VIEW: Final = read_view((VECTORS / "real-declaration.view.json").read_bytes())


def lines_of(compared: Compared) -> Any:
    return compared.answer["lines"]


def statuses(compared: Compared) -> list[str]:
    return [line["status"] for line in lines_of(compared)]


def said(value: str, label: str = "总价", content: bytes = DECLARATION) -> Compared:
    return compare("进口货物报关单", [(label, value)], content, kind="xml")


def test_summary_with_another_amount_is_a_mismatch() -> None:
    """Otherwise 100.00 is shown in large type beside a lock, while USD 1000000.00 is signed."""
    contract = b"<contract><total>1000000.00</total><currency>USD</currency></contract>"
    lie = said("美元 100.00", "合同金额", contract)
    assert lie.mismatch
    assert statuses(lie)[1] == "absent"
    assert not said("美元 1000000.00", "合同金额", contract).mismatch
    drawn = compare("进口货物报关单", [("总价", "100.00 欧元")], DECLARATION, view=VIEW, kind="xml")
    assert drawn.mismatch
    assert "126,000.00" in lines_of(drawn)[1]["content"]


@pytest.mark.parametrize(
    "value", ["欧元 12600.00", "1260000 欧元", "126,000.01 欧元", "美元 126000.00", "-126000.00 欧元"]
)
def test_nearly_equal_amount_is_a_mismatch(value: str) -> None:
    assert said(value).mismatch


def test_other_scripts_digits_do_not_evade_the_comparison() -> None:
    assert not said("１２６，０００．００ 欧元").mismatch  # the same amount
    assert (
        statuses(said("١٠٠.٠٠ 欧元"))[1] == "unchecked"
    )  # not a number by our rules: marked, and never reported as checked
    assert said("总价 100.00\u200b 欧元").mismatch


def drawn_case(name: str) -> Any:
    """Returns the rendered lines of a case of the vectors."""
    view, content = ((VECTORS / f"{name}.{part}").read_bytes() for part in ("view.json", "content"))
    return draw(read_view(view), content).answer


def test_goods_under_another_name_are_shown_as_unlisted() -> None:
    assert len(drawn_case("real-hidden-goods")["rest"]) > len(drawn_case("real-declaration")["rest"]) == 0


def test_omissions_of_a_view_are_listed_by_name() -> None:
    view = json.loads((VECTORS / "real-declaration.view.json").read_bytes())
    table = next(number for number, part in enumerate(view["body"]) if "table" in part)
    path = view["body"].pop(table)["table"]
    view.pop("checks", None)
    view["ignore"] = [*view.get("ignore", []), path]
    if view["amount"]["path"].startswith(path):
        view.pop("amount")
    drawn: Any = draw(read_view(json.dumps(view).encode()), DECLARATION).answer
    assert any(
        entry["path"].startswith(path) or path.startswith(entry["path"]) for entry in drawn["not_shown"]
    )


def test_a_sum_that_is_not_the_declared_total_does_not_agree() -> None:
    assert False in [check["agrees"] for check in drawn_case("real-total-differs")["checks"]]


_TRICKS: Final[dict[str, bytes]] = {
    "an entity of its own": b'<!DOCTYPE a [<!ENTITY x "1">]><a>&x;</a>',
    "an instruction to a style sheet": b'<?xml-stylesheet href="x.xsl"?><a>1</a>',
    "text between elements": b"<a>100<b>1</b></a>",
    "an attribute twice": b'<a b="1" b="2"/>',
    "two roots": b"<a>1</a><a>2</a>",
    "another coding": "<?xml version='1.0' encoding='UTF-16'?><a>1</a>".encode("utf-16"),
    "deeper than anybody writes": b"<a>" * 65 + b"</a>" * 65,
}


@pytest.mark.parametrize("name", _TRICKS)
def test_ambiguous_xml_is_never_rendered(name: str) -> None:
    with pytest.raises(ViewError) as refused:
        draw(VIEW, _TRICKS[name])
    assert refused.value.code == "content"


@pytest.mark.parametrize(
    "content", [b'{"a":1,"a":2}', b'{"a":1,"\\u0061":2}', b'\xef\xbb\xbf{"a":1}', b'{"a":"\\ud800"}']
)
def test_ambiguous_json_is_never_rendered(content: bytes) -> None:
    view: dict[str, Any] = json.loads((VECTORS / "json-plain.view.json").read_bytes())
    with pytest.raises(ViewError) as refused:
        draw(read_view(json.dumps(view).encode()), content)
    assert refused.value.code == "content"


def test_limits_of_the_comparison_without_a_view() -> None:
    """A limit stated in docs/threat-model.md: true values in a wrong place."""
    for name in ("parties-swapped", "unit-price-as-total"):
        case = next(
            case
            for case in json.loads((VECTORS / "index.json").read_bytes())["cases"]
            if case["name"] == f"compare-{name}-without-view"
        )
        lines = [tuple(line) for line in case["summary"]["lines"]]
        content = (VECTORS / case["content"]).read_bytes()
        words = compare_words(
            case["summary"]["title"], lines, content=content, media_type="text/xml", drawn=None
        )
        assert words.compared is not None
        assert not words.compared.mismatch
        view = read_view(
            (VECTORS / case["content"].replace("without-view.content", "with-view.view.json")).read_bytes()
        )
        with_view = compare_words(
            case["summary"]["title"], lines, content=content, media_type="text/xml", drawn=draw(view, content)
        )
        assert with_view.compared is not None
        assert with_view.compared.mismatch
