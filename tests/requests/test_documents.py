"""The formats of a document as a business system asks for them: what is refused, and why."""

import base64
from typing import Any

import pytest

from mshield.gm.sm3 import sm3
from mshield.pki.signatures.signed_attributes import attributes_of
from tests.support.application import Application
from tests.support.factories import REQUESTS, document_message

CONTENT = "<报关单/>".encode()
B64 = base64.b64encode(CONTENT).decode()
DIGEST = {"digest_sm3": sm3(CONTENT).hex(), "size": len(CONTENT)}
ATTRIBUTES = attributes_of(digest=sm3(b"x"), title="t", media_type="a/b", size=1, lines=()).encode()
LOGIN = rb' {"type": "mshield-login\/v1", "client_id": "another"}'


async def asked(application: Application, **changes: Any) -> tuple[int, str | None]:
    body = {"kind": "signature", "documents": [document_message(**changes)]}
    answer = await application.business("POST", REQUESTS, body)
    return answer.status_code, answer.json().get("code")


@pytest.mark.parametrize(
    "changes",
    [
        {"content_b64": B64},
        {"content_b64": B64, "format": "raw"},
        {"content_b64": B64, "format": "cms"},
        {"content_b64": B64, "format": "cms_detached"},
        {"format": "cms_detached", **DIGEST},
        {"format": "cms_detached", **DIGEST, "size": 0},
        {"content_b64": base64.b64encode(ATTRIBUTES).decode(), "format": "cms"},
        {"content_b64": base64.b64encode(LOGIN).decode(), "format": "cms"},
        {"content_b64": base64.b64encode(b'{"type": "declaration"}').decode()},
        {"content_b64": base64.b64encode(b'{"type": ').decode()},
    ],
)
async def test_a_document_in_any_form_is_taken(application: Application, changes: dict[str, Any]) -> None:
    assert await asked(application, **changes) == (201, None)


@pytest.mark.parametrize(
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
        ({"content_b64": base64.b64encode(LOGIN).decode()}, "internal_message_refused"),
        (
            {"content_b64": base64.b64encode(LOGIN[:-1] + b', "type": 1}').decode()},
            "internal_message_refused",
        ),
    ],
)
async def test_a_document_out_of_form_is_refused(
    application: Application, changes: dict[str, Any], code: str
) -> None:
    status, found = await asked(application, **changes)
    assert found == code
    assert status in {400, 422}
