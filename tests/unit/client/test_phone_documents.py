"""The phone signs a document only if its message binds the display."""

import base64
from typing import Any

import msgspec
import pytest

from mshield.client.errors import PhoneError, ProtocolError
from mshield.gm.sm3 import sm3
from mshield.pki.asn1 import der
from mshield.pki.asn1.arcs import DISPLAY_OID
from mshield.pki.signatures.display import Drawing
from mshield.pki.signatures.formats import NO_OPTIONS, AskedOptions, Options, complete
from mshield.pki.xml.making import signed_info
from mshield.testkit.phone.document import read_document, shown_item
from mshield.testkit.phone.messages import Task
from mshield.views import draw, read_view
from mshield.wire.phone.requests import DisplayLine, ViewMessage
from tests.support.display_statement import phone_task
from tests.support.signed_data import attributes_of
from tests.support.small_view import CONTENT as ORDER
from tests.support.small_view import VIEW_ID, small_view

CONTENT = "<报关单/>".encode()
SHOWN: dict[str, Any] = {
    "title": "报关单",
    "media_type": "application/xml",
    "size": len(CONTENT),
    "lines": [("总价", "1")],
    "drawing": Drawing(None, None),
}
CMS = Options(display_oid=DISPLAY_OID)
ATTRIBUTES = attributes_of(digest=sm3(CONTENT), **SHOWN)


def b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def task(**changes: Any) -> Task:
    """Returns a valid task of format `cms`."""
    good = phone_task(
        message_b64=b64(ATTRIBUTES.encode()),
        media_type="application/xml",
        title="报关单",
        display=(DisplayLine(label="总价", value="1"),),
        format="cms",
        options=CMS,
        content_b64=b64(CONTENT),
    )
    options = NO_OPTIONS if changes.get("format") == "raw" else CMS
    return msgspec.structs.replace(good, **({"options": options} | changes))


GOOD = [
    task(),
    task(format="cms_detached"),
    task(format="cms_detached", content_b64=None, size=len(CONTENT)),
    task(format="raw", message_b64=b64(CONTENT), content_b64=None),
]


@pytest.mark.parametrize("good", GOOD)
def test_displayed_document_is_signed(good: Task) -> None:
    read_document(good)


@pytest.mark.parametrize(
    "bad",
    [
        task(title="其他"),
        task(media_type="text/plain"),
        task(display=()),
        task(display=(DisplayLine(label="总价", value="2"),)),
        task(content_b64=b64(CONTENT + b" ")),
        task(content_b64=None),
        task(content_b64=None, size=len(CONTENT)),
        task(format="cms_detached", content_b64=None),
        task(format="cms_detached", content_b64=None, size=len(CONTENT) + 1),
        task(format="raw"),
        task(format="raw", message_b64=b64(b'{"type":"mshield-login/v1"}')),
        task(message_b64=b64(CONTENT)),
        task(message_b64=b64(ATTRIBUTES.encode() + b"\0")),
        task(message_b64=b64(der.set_of())),
        task(message_b64=""),
        task(view=msgspec.UNSET, drawn=msgspec.UNSET),
        task(format="raw", message_b64=b64(CONTENT), content_b64=None, drawn=msgspec.UNSET),
    ],
)
def test_anything_else_is_refused(bad: Task) -> None:
    with pytest.raises(ProtocolError) as error:
        read_document(bad)
    assert error.value.code == "bad_task"


def xml_task(content: bytes = b"<a>1</a>", **changes: Any) -> Task:
    """Returns a task of the format `xml`, whose message is the SignedInfo of this content."""
    message = signed_info(content, sm3(content))
    options = complete("xml", AskedOptions(), display_oid=None)
    made = {"format": "xml", "options": options, "content_b64": b64(content), "message_b64": b64(message)}
    return task(**(made | changes))


@pytest.mark.parametrize("media_type", ["application/xml", "text/xml; charset=UTF-8", "application/a+xml"])
def test_the_phone_makes_the_signed_info_itself(media_type: str) -> None:
    read_document(xml_task(media_type=media_type))


OF_2023 = signed_info(b"<a>1</a>", sm3(b"<a>1</a>"), "eport-2023")


@pytest.mark.parametrize(
    "bad",
    [
        *map(
            xml_task,
            (
                b"<a/>",
                b"<a>1</a>\n",
                b'<?xml version="1.0"?><a>1</a>',
                b"<a>1</a><!-- 2 -->",
                b"<a><?b c?></a>",
                b"<a b='1'></a>",
                b'<a b="1" a="2"></a>',
                b'<a xml:lang="zh"></a>',
                b'<a><Signature xmlns="http://www.w3.org/2000/09/xmldsig#"></Signature></a>',
                b"<a>" * 65 + b"</a>" * 65,
                b"",
                b"text",
            ),
        ),
        xml_task(content_b64=None),
        xml_task(content_b64=b64(b"<a>2</a>")),
        xml_task(message_b64=b64(OF_2023)),
        xml_task(message_b64=b64(b"<a>1</a>")),
        xml_task(media_type="text/plain"),
        xml_task(media_type="application/xml; charset=gbk"),
        xml_task(options=NO_OPTIONS),
    ],
)
def test_signed_info_of_other_content_is_refused(bad: Task) -> None:
    with pytest.raises(ProtocolError) as error:
        read_document(bad)
    assert error.value.code == "bad_task"


def drawn_task(**changes: Any) -> Task:
    """Returns a valid task with a view, and the view's bytes as this phone fetched them."""
    view = read_view(small_view())
    lines = draw(view, ORDER)
    drawing = Drawing(view.digest, lines.digest)
    shown: dict[str, Any] = {
        "title": "订单",
        "media_type": "application/json",
        "size": len(ORDER),
        "lines": [],
    }
    good = phone_task(
        message_b64=b64(attributes_of(digest=sm3(ORDER), drawing=drawing, **shown).encode()),
        media_type="application/json",
        title="订单",
        format="cms",
        options=CMS,
        content_b64=b64(ORDER),
        view=ViewMessage(id=VIEW_ID, version=1, digest=view.digest.hex()),
        drawn=lines.digest.hex(),
        view_b64=b64(view.octets),
    )
    return msgspec.structs.replace(good, **changes)


def test_phone_renders_the_document_itself() -> None:
    """The phone reports its rendering as the protocol says; with another view or other lines, it signs nothing."""
    good = drawn_task()
    read = read_document(good)
    assert read.drawn is not None
    assert read.compared is not None
    assert (read.drawn.digest.hex(), read.compared.mismatch) == (good.drawn, False)
    assert shown_item(good, "unread") == {"confirmed": "unread", "shown": read.bound.shown("unread").hex()}
    assert shown_item(task(purpose="login", view=msgspec.UNSET, drawn=msgspec.UNSET), "none") == {}
    view, second = read_view(small_view()), read_view(small_view(2))
    for changes in (
        {"view_b64": None},
        {"view_b64": b64(second.octets)},
        {"view_b64": b64(small_view())},  # not canonical
        {"view": ViewMessage(id=VIEW_ID, version=2, digest=view.digest.hex())},
        {"view": ViewMessage(id="other", version=1, digest=view.digest.hex())},
        {
            "view": ViewMessage(id=VIEW_ID, version=2, digest=second.digest.hex()),
            "view_b64": b64(second.octets),
        },
        {"view": None},
        {"view": None, "drawn": None},
        {"view": msgspec.UNSET, "drawn": msgspec.UNSET},
        {"drawn": "00" * 32},
        {"drawn": None},
        {"content_b64": b64(b"{}")},
        {"display": (DisplayLine(label="", value=""),) * 65},
    ):
        with pytest.raises(ProtocolError) as error:
            read_document(drawn_task(**changes))
        assert error.value.code == "bad_task", changes


def test_contradicting_or_unshown_content_needs_a_confirmation() -> None:
    """No other confirmation is accepted, and the refusal lists the lines missing from the content."""
    lines = (DisplayLine(label="订单号", value="另一个"), DisplayLine(label="买方", value="海天贸易有限公司"))
    plain = Drawing(None, None)
    shown: dict[str, Any] = {"title": "订单", "media_type": "application/json", "size": len(ORDER)}
    said = attributes_of(
        digest=sm3(ORDER), drawing=plain, lines=[(each.label, each.value) for each in lines], **shown
    )
    differs = msgspec.structs.replace(
        drawn_task(), view=None, drawn=None, view_b64=None, display=lines, message_b64=b64(said.encode())
    )
    assert read_document(differs).wants == "mismatch"
    for confirmed in ("none", "unread"):
        with pytest.raises(PhoneError) as refused:
            shown_item(differs, confirmed)
        assert refused.value.code == "confirmation_missing"
        assert (refused.value.extra["confirm"], refused.value.extra["title"]) == ("mismatch", "订单")
        found = refused.value.extra["lines"]
        assert {"label": "买方", "value": "海天贸易有限公司", "content": None} in list(found)  # type: ignore[call-overload]  # JSON has no types
    assert shown_item(differs, "mismatch")["confirmed"] == "mismatch"

    hidden = attributes_of(
        digest=sm3(ORDER),
        drawing=plain,
        lines=[],
        title="订单",
        media_type="application/zip",
        size=len(ORDER),
    )
    unshown = msgspec.structs.replace(
        differs, display=(), media_type="application/zip", message_b64=b64(hidden.encode())
    )
    assert read_document(unshown).wants == "unread"
    with pytest.raises(PhoneError):
        shown_item(unshown, "none")
    assert shown_item(unshown, "unread")["confirmed"] == "unread"
    assert read_document(drawn_task()).wants is None
