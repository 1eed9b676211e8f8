"""What tests of all kinds make in one way: requests and documents as a business system gives them."""

import base64
from typing import Any, Final

from tests.support.application import Application

REQUESTS: Final = "/api/business/requests"


def document_message(content: bytes | None = None, **more: Any) -> dict[str, Any]:
    """A document to be signed, as it goes over the wire: a declaration in XML, where nothing else is said.

    Without `content` where the test gives it otherwise, or none.
    """
    given = {"title": "报关单", "media_type": "application/xml", **more}
    return given if content is None else given | {"content_b64": base64.b64encode(content).decode()}


async def ask_login(application: Application, **more: Any) -> dict[str, Any]:
    """A login that the business system asks for; what it is told."""
    answer = await application.business("POST", REQUESTS, {"kind": "login", **more})
    assert answer.status_code == 201, answer.text
    asked: dict[str, Any] = answer.json()
    return asked
