"""A shield's key doesn't sign what another protocol would take for its own message."""

import base64
import json
from pathlib import Path
from typing import Any, Final

import pytest

from mshield.client.errors import ProtocolError
from mshield.testkit.phone.document import read_document
from tests.support.application import Application
from tests.support.display_statement import phone_task
from tests.support.factories import REQUESTS, document_message
from tests.support.unshown import let_ask_unshown

VECTORS: Final = Path(__file__).parents[3] / "vectors"
LISTS: Final = json.loads((VECTORS / "ofd-lists.json").read_text(encoding="utf-8"))
LIST: Final = bytes.fromhex(LISTS["content"])
ORACLES: Final = (
    "cmp-protected-part",
    "crmf-request-1",
    "crmf-request-1000",
    "ses-tbs-sign",
    "ses-seal-info",
    "ocsp-request",
)


async def asked(application: Application, content: bytes, **more: Any) -> tuple[int, str | None]:
    body = {"kind": "signature", "documents": [document_message(content, **more)]}
    answer = await application.business("POST", REQUESTS, body)
    return answer.status_code, answer.json().get("code")


@pytest.mark.parametrize("name", ORACLES)
async def test_message_of_another_protocol_is_refused_without_attributes(
    application: Application, name: str
) -> None:
    await let_ask_unshown(application)
    content = (VECTORS / "formats" / "raw" / f"{name}.bin").read_bytes()
    bare = {"media_type": "application/octet-stream"}
    assert await asked(application, content, **bare) == (422, "ambiguous_content_refused")
    plain = {"format": "gb35275", "options": {"attributes": False}}
    assert await asked(application, content, **bare, **plain) == (422, "ambiguous_content_refused")
    assert (await asked(application, content, **bare, format="cms"))[0] == 201


@pytest.mark.parametrize("one", LISTS["messages"], ids=lambda one: f"{one['format']} {one['options']}")
async def test_ofd_list_is_refused_in_every_format(application: Application, one: dict[str, Any]) -> None:
    """Its signature makes an OFD whole whose pages nobody saw."""
    options = {
        name: value
        for name, value in one["options"].items()
        if name != "display_oid" and (one["format"], name) != ("gb35275_digest", "attributes")
    }
    if one["format"] == "gb35275_digest":
        options.pop("signing_time", None)
    found = await asked(
        application, LIST, media_type=LISTS["media_type"], format=one["format"], options=options
    )
    assert found == (422, "ambiguous_content_refused")
    fields = {name: LISTS[name] for name in ("title", "media_type", "display")}
    fields |= {name: one[name] for name in ("format", "options", "signing_time")}
    task = phone_task(
        **fields,
        message_b64=base64.b64encode(bytes.fromhex(one["M"])).decode(),
        content_b64=base64.b64encode(LIST).decode(),
    )
    with pytest.raises(ProtocolError, match="bad_task"):
        read_document(task)


async def test_other_xml_is_signed_in_every_format(application: Application) -> None:
    other = LIST.replace(b"http://www.ofdspec.org/2016", b"urn:example:signatures-of-a-contract")
    for name in ("raw", "cms", "cms_detached", "gb35275", "gb35275_digest", "xml"):
        assert await asked(application, other, media_type="application/xml", format=name) == (201, None)
