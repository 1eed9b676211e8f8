"""The formats of a document in a request of a business system: which are refused, and why.

The business system of the fixture `unshown` may request signatures on content that a phone can't show.
"""

import base64
from typing import Any

import pytest

from mshield.gm.sm3 import sm3
from mshield.server.content.pdf import MOST_OCTETS
from mshield.server.http.body import limit_of
from mshield.server.http.edge import bodies
from tests.support.application import Application
from tests.support.cases import cases
from tests.support.factories import REQUESTS, document_message
from tests.support.signed_data import attributes_of
from tests.support.unshown import let_ask_unshown

CONTENT = "<报关单/>".encode()
B64 = base64.b64encode(CONTENT).decode()
DIGEST = {"digest_sm3": sm3(CONTENT).hex(), "size": len(CONTENT)}
ATTRIBUTES = attributes_of(digest=sm3(b"x"), title="t", media_type="a/b", size=1, lines=()).encode()
LOGIN = rb' {"type": "mshield-login\/v1", "client_id": "another"}'


@pytest.fixture
async def unshown(application: Application) -> Application:
    await let_ask_unshown(application)
    return application


async def asked(application: Application, **changes: Any) -> tuple[int, str | None]:
    body = {"kind": "signature", "documents": [document_message(**changes)]}
    answer = await application.business("POST", REQUESTS, body)
    return answer.status_code, answer.json().get("code")


@cases(
    "changes",
    [
        {"content_b64": B64},
        {"content_b64": B64, "format": "raw"},
        {"content_b64": B64, "format": "cms"},
        {"content_b64": B64, "format": "cms_detached"},
        {"format": "cms_detached", **DIGEST},
        {"format": "cms_detached", **DIGEST, "size": 0},
        {"format": "gb35275_detached", **DIGEST},
        {"content_b64": B64, "format": "gb35275", "options": {}},
        {"content_b64": B64, "options": {"arc": "rfc"}},
        {
            "content_b64": base64.b64encode(ATTRIBUTES).decode(),
            "format": "cms",
            "media_type": "application/octet-stream",
        },
        {"content_b64": base64.b64encode(LOGIN).decode(), "format": "cms"},
        {"content_b64": base64.b64encode(b'{"type": "declaration"}').decode()},
        {"content_b64": base64.b64encode(b'{"type": ').decode()},
    ],
)
async def test_each_document_format_is_accepted(unshown: Application, changes: dict[str, Any]) -> None:
    assert await asked(unshown, **changes) == (201, None)


@cases(
    ("changes", "code"),
    [
        ({}, "invalid_request"),
        (DIGEST, "invalid_request"),
        ({"format": "cms", **DIGEST}, "invalid_request"),
        ({"format": "cms_detached", "size": 1}, "invalid_request"),
        ({"format": "cms_detached", "digest_sm3": DIGEST["digest_sm3"]}, "invalid_request"),
        ({"format": "cms_detached", "content_b64": B64, **DIGEST}, "invalid_request"),
        ({"content_b64": B64, "size": 1}, "invalid_request"),
        ({"content_b64": "!!!!", "format": "cms"}, "invalid_request"),
        ({"format": "cms_detached", **DIGEST, "size": -1}, "invalid_request"),
        ({"format": "cms_detached", **DIGEST, "digest_sm3": "00"}, "invalid_request"),
        ({"content_b64": B64, "format": "pades"}, "invalid_request"),
        ({"content_b64": base64.b64encode(ATTRIBUTES).decode()}, "signed_attributes_refused"),
        ({"content_b64": base64.b64encode(bytes(32)).decode()}, "ambiguous_content_refused"),
        ({"content_b64": base64.b64encode(LOGIN).decode()}, "internal_message_refused"),
        (
            {"content_b64": base64.b64encode(LOGIN[:-1] + b', "type": 1}').decode()},
            "internal_message_refused",
        ),
        *(
            (
                {"content_b64": base64.b64encode(each).decode(), "media_type": "application/octet-stream"},
                "internal_message_refused",
            )
            for each in (
                b"\xef\xbb\xbf" + LOGIN,
                LOGIN.decode().encode("utf-16"),
                LOGIN.decode().encode("utf-16-le"),
                LOGIN.decode().encode("utf-32-be"),
                b"[" + LOGIN + b"]",
                b'{"a":[' + LOGIN + b"]}",
            )
        ),
    ],
)
async def test_malformed_document_is_refused(
    unshown: Application, changes: dict[str, Any], code: str
) -> None:
    status, found = await asked(unshown, **changes)
    assert found == code
    assert status in {400, 422}


@cases(
    ("changes", "field"),
    [
        ({"format": "raw", "options": {"signature_algorithm": "501"}}, "options.signature_algorithm"),
        ({"format": "raw", "options": {"arc": "rfc", "parameters": "null"}}, "options.parameters"),
        ({"format": "raw", "options": {"arc": "gb", "attributes": False}}, "options.attributes"),
        ({"format": "cms", "options": {"arc": "gb"}}, "options.arc"),
        ({"format": "cms", "options": {"attributes": True}}, "options.attributes"),
        ({"format": "gb35275", "options": {"arc": "gb"}}, "options.arc"),
        (
            {"format": "gb35275", "options": {"attributes": False, "signing_time": True}},
            "options.signing_time",
        ),
        ({"format": "gb35275_digest", "options": {"attributes": True}}, "options.attributes"),
        ({"format": "gb35275_digest", "options": {"signing_time": True}}, "options.signing_time"),
        ({"format": "gb35275", "options": {"certificates": "all"}}, "documents[0].options.certificates"),
        ({"format": "gb35275", "options": {"display_oid": "2.999.1"}}, "documents[0].options.display_oid"),
        ({"format": "gb35275_digest", "content_b64": None, **DIGEST}, "content_b64"),
        (
            {"format": "gb35275_detached", "options": {"attributes": False}, "content_b64": None, **DIGEST},
            "content_b64",
        ),
        ({"format": "gb35275", "content_b64": None, **DIGEST}, "content_b64"),
    ],
)
async def test_misplaced_option_is_named(
    application: Application, changes: dict[str, Any], field: str
) -> None:
    document = document_message(**{"content_b64": B64, **changes})
    answer = await application.business("POST", REQUESTS, {"kind": "signature", "documents": [document]})
    assert answer.status_code == 422
    assert (answer.json()["code"], answer.json()["fields"]) == ("invalid_request", [field])


@cases("form", ["gb35275", "gb35275_detached"])
@cases(
    ("content", "code"),
    [
        (ATTRIBUTES, "signed_attributes_refused"),
        (bytes(32), "ambiguous_content_refused"),
        (b"<SignedInfo/>", "ambiguous_content_refused"),
        (LOGIN, "internal_message_refused"),
        (CONTENT, None),
    ],
)
async def test_without_attributes_content_is_refused_as_raw_is(
    unshown: Application, form: str, content: bytes, code: str | None
) -> None:
    changes: dict[str, Any] = {
        "content_b64": base64.b64encode(content).decode(),
        "media_type": "application/octet-stream",
        "format": form,
    }
    assert (await asked(unshown, **changes, options={"attributes": False}))[1] == code
    assert (await asked(unshown, **changes))[1] is None


_XML_IN_GBK = b'<?xml version="1.0" encoding="GBK"?><a>\xd7\xdc\xbc\xdb</a>'


@cases(
    ("media_type", "content", "form", "code"),
    [
        ("text/plain", "总价".encode(), "raw", None),
        ("text/plain; charset=UTF-8", "总价".encode(), "raw", None),
        ("text/plain;charset=us-ascii", b"total", "raw", None),
        ("text/plain; charset=gb18030", b"\xd7\xdc\xbc\xdb", "cms", None),
        ("text/plain; charset=GBK", b"\xd7\xdc\xbc\xdb", "cms_detached", None),
        ("application/xml", _XML_IN_GBK, "raw", None),
        ("application/xml; charset=gb18030", _XML_IN_GBK, "raw", None),
        ("application/octet-stream", b"\xff\xfe", "raw", None),
        # The media type isn't signed, so a charset other than UTF-8 there would not be part of what is
        # signed.
        ("text/plain; charset=gb18030", b"\xd7\xdc\xbc\xdb", "raw", "charset_refused"),
        ("application/xml; charset=utf-8", _XML_IN_GBK, "cms", "charset_refused"),
        ("application/xml", b'<?xml version="1.0" encoding="ISO-8859-1"?><a/>', "cms", "charset_refused"),
        ("text/plain", b"\xd7\xdc\xbc\xdb", "cms", "charset_refused"),
        ("text/plain; charset=us-ascii", "总价".encode(), "cms", "charset_refused"),
        ("text/plain; charset=utf-16", "总价".encode("utf-16"), "cms", "charset_refused"),
        ("text/plain", "总价".encode("utf-16"), "raw", "charset_refused"),
        ("text/plain; charset=x-user-defined", b"x", "raw", "charset_refused"),
        ("text/plain; charset=iso-8859-1", b"x", "cms", "charset_refused"),
        ("application/json; charset=gb18030", b"1", "cms", "charset_refused"),
        ("image/svg+xml; charset=big5", b"<svg/>", "cms", "charset_refused"),
    ],
)
async def test_text_charset_must_match_the_signed_bytes(
    unshown: Application, media_type: str, content: bytes, form: str, code: str | None
) -> None:
    encoded = base64.b64encode(content).decode()
    _, found = await asked(unshown, content_b64=encoded, media_type=media_type, format=form)
    assert found == code


async def test_charset_is_checked_for_a_digest_alone(unshown: Application) -> None:
    for media_type, code in (
        ("text/plain; charset=gbk", None),
        ("text/plain; charset=utf-7", "charset_refused"),
    ):
        changes = {"format": "cms_detached", "media_type": media_type, **DIGEST}
        assert (await asked(unshown, **changes))[1] == code


def test_a_request_has_room_for_the_longest_pdf() -> None:
    """The PDF is sent in base64, together with its description."""
    assert limit_of("createRequest", anonymous=False).most > MOST_OCTETS * 4 // 3 + 64 * 1024
    assert limit_of("createRequest", anonymous=False).most < bodies.KNOWN_HOLD // 4
