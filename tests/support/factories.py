"""Factories shared by all kinds of tests: requests and documents as sent by business systems."""

import base64
from typing import Any, Final

from tests.support.application import Application

REQUESTS: Final = "/api/business/requests"


def document_message(content: bytes | None = None, **more: Any) -> dict[str, Any]:
    """Returns a document to sign in its JSON form, by default an XML declaration.

    Omit `content` if the test gives it in another way or not at all.
    """
    document = {"title": "报关单", "media_type": "application/xml", **more}
    return document if content is None else document | {"content_b64": base64.b64encode(content).decode()}


async def ask_login(application: Application, **more: Any) -> dict[str, Any]:
    """Requests a login as the business system and returns the response's document."""
    answer = await application.business("POST", REQUESTS, {"kind": "login", **more})
    assert answer.status_code == 201, answer.text
    document: dict[str, Any] = answer.json()
    return document
