"""Cases beside the vectors: limits, places outside the rules, and running time."""

import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mshield.views import ViewError, compare, draw, fitting, read_view
from mshield.views.comparing.facts import Facts


def _view(**members: object) -> bytes:
    view = {
        "type": "mshield-view/v1",
        "id": "t/x",
        "version": 1,
        "content": "xml",
        "root": "d",
        "title": "测试",
        "body": [{"label": "要点", "rows": [{"label": "甲", "path": "a"}]}],
    } | members
    return json.dumps({name: value for name, value in view.items() if value is not None}).encode()


JSON = {"content": "json", "root": None}


def _draws(content: str, /, **members: object) -> dict[str, object]:
    return draw(read_view(_view(**members)), content.encode()).answer


@pytest.mark.parametrize(
    "members",
    [
        {"version": 1000000000},
        {"root": "@d"},
        {"root": "."},
        {"root": "a/d"},
        {"amount": None, "unlisted": None, "title": None},
        {"namespaces": {"p": "u:1", "q": "u:1"}},
        {"namespaces": {"xmlp": "u:1"}},
        {"ignore": ["."]},
        {"ignore": ["a/b/#comment", "#comment/b"]},
        {"require": [{"path": "@v", "is": " "}]},
        {"body": [{"label": "x", "table": "a/@b", "columns": [{"label": "甲", "path": "."}]}]},
        {"body": [{"label": "x", "table": ".", "columns": [{"label": "甲", "path": "a"}]}]},
        {"body": [{"label": "x", "rows": [{"label": "甲", "path": "a", "list": "l"}]}], "lists": {"l": {"a": "b"}}},
        {"body": [{"label": "x", "rows": [{"label": "甲", "path": "a", "as": "date", "role": "party"}]}]},
        {"body": [{"label": "x", "rows": [{"label": str(n), "path": "a"} for n in range(100)]}] * 3
         + [{"label": "x", "rows": [{"label": "甲", "path": "a"}]}]},
        {"lists": {"l": {" a": "b"}}},
        JSON | {"namespaces": {"p": "u:1"}},
        JSON | {"body": [{"label": "x", "rows": [{"label": "甲", "path": "a~2"}]}]},
        JSON | {"body": [{"label": "x", "rows": [{"label": "甲", "path": "a//b"}]}]},
        JSON | {"body": [{"label": "x", "rows": [{"label": "甲", "path": "/".join("a" * 65)}]}]},
    ],
)  # fmt: skip
def test_views_that_break_a_rule_are_refused(members: dict[str, object]) -> None:
    with pytest.raises(ViewError, match="bad_view"):
        read_view(_view(**members))


@pytest.mark.parametrize(
    "content",
    [
        "<d xmlns:p=''><a>x</a></d>",
        "<d xmlns:xml='u:1'><a>x</a></d>",
        "<d xmlns='http://www.w3.org/XML/1998/namespace'><a>x</a></d>",
        "<d><a>x</a></d><!-- a -- b -->",
        "<d><a>x</a></d><!-- a --->",
        "<d><a>x]]></a></d>",
        "<d><a>&#x00000000041;</a></d>",
        "<d><a>&#X41;</a></d>",
        "<d><a>&#0;</a></d>",
        "<d><a>&unknown;</a></d>",
        "<d><a>x</a>&#x20;y</d>",
        "<d><a b='<'>x</a></d>",
        "<d><a b='1'c='2'>x</a></d>",
        "<d><a:1b xmlns:a='u'>x</a:1b></d>",
        "<d><a:b:c xmlns:a='u'>x</a:b:c></d>",
        "<d><a>x</a></d>&#32;",
        "<d><a>x</a></d><![CDATA[]]>",
        " <?xml version='1.0'?><d><a>x</a></d>",
        "<?xml version='1.1'?><d><a>x</a></d>",
        "<?xml version='1.0' encoding='utf8'?><d><a>x</a></d>",
        "<?xml version='1.0'encoding='utf-8'?><d><a>x</a></d>",
        f"<d><{'n' * 201}/><a>x</a></d>",
        "<d " + " ".join(f"a{n}='1'" for n in range(257)) + "><a>x</a></d>",
        "<d " + " ".join(f"xmlns:a{n}='u'" for n in range(99)) + "><a>x</a></d>",
        "",
    ],
)
def test_invalid_xml_is_refused(content: str) -> None:
    with pytest.raises(ViewError, match="content"):
        _draws(content)


def test_valid_xml_is_rendered_with_its_names() -> None:
    namespaces = {"": "u:1", "p": "u:2"}
    content = (
        "\ufeff<?xml version='1.0'  encoding=\"utf-8\" standalone='no' ?>\r\n<!-- one --><d xmlns='u:1' xmlns:q='u:2'>"
        "<a>x<![CDATA[<]]>y&#13;\r\n</a><q:b q:k='1' j='a\tb&#9;'/><c xmlns=''><e/></c></d ><!-- two -->"
    )
    answer = _draws(content, namespaces=namespaces, ignore=["#comment"])
    assert answer["body"] == [{"label": "要点", "rows": [{"label": "甲", "as": "text", "value": "x<y\r\n"}]}]
    assert answer["rest"] == [
        {"path": "p:b/@p:k", "value": "1"},
        {"path": "p:b/@j", "value": "a b\t"},
        {"path": "c/e", "value": ""},
    ]
    assert answer["not_shown"] == [{"path": "#comment", "count": 2}]
    assert _draws("<d " + " ".join(f"xmlns:a{n}='u'" for n in range(98)) + "><a>x</a></d>")


def test_json_members_may_be_called_like_anything() -> None:
    content = '{"a":"x",".":{"b":1},"#comment":2,"@c":3,"..":[[]],"\\ud83d\\ude00":4}'
    assert _draws(content, **JSON)["rest"] == [
        {"path": "./b", "value": "1"},
        {"path": "#comment", "value": "2"},
        {"path": "@c", "value": "3"},
        {"path": "..", "value": "[]"},
        {"path": "😀", "value": "4"},
    ]


@pytest.mark.parametrize(
    "content",
    [
        *(
            "[1,]",
            "01",
            "1.",
            "-",
            "NaN",
            "{'a':1}",
            '{"a":1,"\\u0061":2}',
            '"\t"',
            '"\\x"',
            "1 2",
            "[1}",
            '{"a"}',
        ),
        *('{"a":1 "b":2}', "", '{"":1}', "tru", "[" * 100_000),
    ],
)
def test_invalid_json_is_refused(content: str) -> None:
    with pytest.raises(ViewError, match="content"):
        _draws(content, **JSON)


def test_side_path_needs_exactly_one_leaf() -> None:
    """Currency paths beside an amount: no leaf, several, one with children, an empty one, one above the root."""
    row = {"label": "甲", "path": "a", "as": "amount", "currency": {"path": "../c"}}
    body = [{"label": "要点", "rows": [row]}]
    for currency, code in [
        ("", "missing"),
        ("<c/>", "missing"),
        ("<c>EUR</c><c/>", "duplicate"),
        ("<c><e>EUR</e></c>", "value"),
        ("<c>元</c>", "currency"),
    ]:
        with pytest.raises(ViewError) as refused:
            _draws(f"<d><a>1</a>{currency}</d>", body=body)
        assert refused.value.answer == {"at": "/body/0/rows/0", "error": code}
    row["currency"] = {"path": "../../../c"}
    with pytest.raises(ViewError, match="missing"):
        _draws("<d><a>1</a></d>", body=body)


def test_matching_views_are_found_without_rendering() -> None:
    asks = read_view(_view(require=[{"path": "@v", "is": "4.0"}]))
    other = read_view(_view(root="e"))
    of_json = read_view(_view(**JSON))
    assert fitting([asks, other, of_json], b"<d v=' 4.0 '/>") == [asks]
    assert fitting([asks, other, of_json], b"<d v='3'/>") == []
    assert fitting([asks, other, of_json], b"[]") == [of_json]
    assert fitting([asks, other, of_json], b"%PDF") == []


def test_incomparable_content_is_refused() -> None:
    with pytest.raises(ValueError, match="64"):
        compare("t", [("", "")] * 65, b"x", kind="text")
    with pytest.raises(ViewError, match="content"):
        compare("t", [], b"\xff", kind="xml")
    assert compare("t", [], b"<d>\nt", kind="xml").answer["lines"] == [
        {"label": "", "value": "t", "marks": [], "status": "agrees", "content": None}
    ]


def test_time_is_linear() -> None:
    """Rows whose side paths pass many nodes, prefixes at every element, long paths of unlisted nodes."""
    row = {"label": "甲", "path": "a", "as": "decimal", "many": True, "unit": {"path": "../b/c"}}
    many = "<d>" + "<a>1</a>" * 15_000 + "<b/>" * 15_000 + "<b><c>x</c></b></d>"
    prefixes = "".join(f" xmlns:p{n}='u'" for n in range(90))
    deep = "".join(f"<{'n' * 200}>" for _ in range(60)) + "<b/>" * 10_000 + f"</{'n' * 200}>" * 60
    started = time.process_time()
    _draws(many, body=[{"label": "要点", "rows": [row]}])
    _draws(f"<d{prefixes}><a>x</a>" + "<b xmlns:q='v'/>" * 15_000 + "</d>")
    with pytest.raises(ViewError, match="limit"):
        _draws(f"<d><a>x</a>{deep}</d>")
    assert time.process_time() - started < 10


@pytest.mark.parametrize(
    "unit", ["5甲元", "20260101t", "2026-1-1", "12:30:", "a-", "1,", "5 元 ", "Aa", "人 ", "、 "]
)
def test_comparing_is_linear(unit: str) -> None:
    """Repeated text that may begin a token must not make the rest of the text be scanned again."""
    text = f"5甲{unit * 40_000}"
    started = time.process_time()
    compare("9", [("总价", "7 元"), ("乙", text[:1000])], text.encode(), kind="text")
    assert time.process_time() - started < 5


@pytest.mark.parametrize(
    ("content", "status"),
    [("a\n元\nb", "agrees"), (" 元 \n5", "agrees"), ("a元\n5", "absent"), ("5\n元b", "absent")],
)
def test_yuan_is_a_currency_only_as_a_whole_text(content: str, status: str) -> None:
    """Texts are split in one pass, but each is still compared on its own."""
    lines = compare("a", [("币种", "CNY")], content.encode(), kind="text").answer["lines"]
    assert isinstance(lines, list)
    assert lines[1]["status"] == status


@given(
    texts=st.lists(st.text(alphabet="报关 单.a1-\n", max_size=8), max_size=3),
    words=st.text(alphabet="报关单a1", max_size=4),
)
def test_words_are_found_like_in_squashed_texts(texts: list[str], words: str) -> None:
    assert Facts(texts).say(words) == (words in Facts(texts).squashes)
