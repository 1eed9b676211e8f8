"""XML signed in canonical form is rendered and compared by the parser that checked it, and by no other."""

import base64
import re
from functools import partial
from pathlib import Path
from typing import Any, Final

import pytest

from mshield.client.signed_xml import document_tree, reading_of
from mshield.gm.sm3 import sm3
from mshield.pki.errors import XmlError
from mshield.pki.signatures.formats import AskedOptions, complete
from mshield.pki.xml import canonical
from mshield.pki.xml.canonical import require_canonical
from mshield.pki.xml.making import canonical_content, signed_info
from mshield.pki.xml.reader import Document, read_xml
from mshield.testkit.phone.document import read_document
from mshield.testkit.phone.messages import Task
from mshield.views import ViewError, compare_words, draw, drawing, read_view
from mshield.views.content.tree import Node
from mshield.views.content.xml_text import xml_tree
from mshield.wire.phone.requests import DisplayLine, ViewMessage
from tests.support.display_statement import phone_task

_SHIPPED: Final = Path(__file__).parents[3] / "vectors/views/shipped"
_NAMES: Final = ["declaration", "single-window-export", "single-window-import"]
_SAID: Final = (DisplayLine(label="总价", value="1"),)


def _without_comments(name: str) -> bytes:
    return canonical_content(re.sub(rb"<!--.*?-->", b"", (_SHIPPED / f"contents/{name}.xml").read_bytes()))


def _task(content: bytes, view: bytes | None) -> Task:
    named = None if view is None else read_view(view)
    made: dict[str, Any] = {}
    if named is not None:
        view_named = ViewMessage(id=named.id, version=named.version, digest=named.digest.hex())
        octets = base64.b64encode(named.octets).decode()
        made = {"view": view_named, "view_b64": octets, "drawn": draw(named, content).digest.hex()}
    return phone_task(
        message_b64=base64.b64encode(signed_info(content, sm3(content))).decode(),
        media_type="application/xml",
        title="报关单",
        display=_SAID,
        format="xml",
        options=complete("xml", AskedOptions(), display_oid=None),
        content_b64=base64.b64encode(content).decode(),
        **made,
    )


def _told(node: Node) -> tuple[object, ...]:
    """Returns all data of a tree."""
    return (
        node.name,
        node.text,
        [_told(one) for one in node.attributes],
        [_told(one) for one in node.children],
    )


@pytest.mark.parametrize("name", _NAMES)
@pytest.mark.parametrize("by", ["view", "text"])
def test_a_phone_reads_it_once(name: str, by: str, monkeypatch: pytest.MonkeyPatch) -> None:
    content = _without_comments(name)
    view = (_SHIPPED / f"{name}.view.json").read_bytes() if by == "view" else None
    task = _task(content, view)
    drawn = None if view is None else draw(read_view(view), content)
    words = compare_words(
        "报关单", [("总价", "1")], content=content, media_type="application/xml", drawn=drawn
    )
    calls: list[bytes] = []

    def counted(octets: bytes) -> Document:
        calls.append(octets)
        return read_xml(octets)

    monkeypatch.setattr(canonical, "read_xml", counted)
    monkeypatch.setattr(drawing, "xml_tree", None)
    seen = read_document(task)
    assert calls == [content]
    assert seen.drawn == drawn
    assert seen.bound.compared == words.digest


def _many(count: int, form: str) -> str:
    return "".join(form.format(f"{n:04}") for n in range(count))


@pytest.mark.parametrize(
    "content",
    [
        '<a xmlns="urn:a" xmlns:b="urn:b" c="1" b:d="&quot;&#x9;"><b:e> &amp;&lt;&gt;&#xD;</b:e><f xmlns=""></f>\n</a>',
        '<a>\n <b xmlns:x="urn:x"><x:c></x:c></b>\n <b xmlns:x="urn:y"><x:c x:d="1"></x:c></b>\n</a>',
        "<a>text<b></b></a>",
        "<a><b></b>text</a>",
        f"<{'n' * 201}></{'n' * 201}>",
        f'<a {"n" * 201}="1"></a>',
        f'<a xmlns:{"n" * 194}="urn:a"></a>',
        f'<a xmlns:{"n" * 195}="urn:a"></a>',
        f'<a xmlns="urn:{"n" * 197}"></a>',
        "<a{}></a>".format(_many(256, ' a{}="1"')),
        "<a{}></a>".format(_many(257, ' a{}="1"')),
        "<a{}></a>".format(_many(98, ' xmlns:a{}="urn:a"')),
        "<a{}></a>".format(_many(99, ' xmlns:a{}="urn:a"')),
        '<a xmlns="urn:a"{}></a>'.format(_many(98, ' xmlns:a{}="urn:a"')),
        "<xml:a></xml:a>",
        "<a>" * 64 + "</a>" * 64,
        "<a>{}</a>".format("<b></b>" * 199_999),
        "<a>{}</a>".format("<b></b>" * 200_000),
    ],
)
def test_both_readers_give_one_tree_or_refuse(content: str) -> None:
    octets = content.encode()
    document = require_canonical(octets)
    trees = []
    for tree in (partial(document_tree, document), partial(xml_tree, octets)):
        try:
            trees.append(_told(tree()))
        except ViewError:
            trees.append(())
    assert trees[0] == trees[1]


@pytest.mark.parametrize(
    "content", [b"<a/>", b"<a b='1'></a>", b"<a></a>\n", b"<a><!-- --></a>", b"<a>1</a>"]
)
def test_unsigned_content_has_no_reading(content: bytes) -> None:
    with pytest.raises(XmlError):
        reading_of(content, signed_info(b"<a></a>", sm3(b"<a></a>")), "eport-2022")
