"""A PDF with an embedded signature: prepared once, at the scan and not before, and completed in the result."""

import base64
from typing import Any

import pytest

from mshield.pki.foreign.pdf import verify_pdf
from mshield.pki.signatures.pdf import covered_digest, gap_in, parse_pdf_attributes
from mshield.server.requests.prepare import PreparePdfs
from mshield.server.requests.rows.scans import ScannedRequest
from tests.support import shield_over_http
from tests.support.application import Application, Device, qr_of
from tests.support.factories import REQUESTS, document_message
from tests.support.pdfs import contract
from tests.support.shield_over_http import Shield

CONTENT = contract(1)
DOCUMENT = {
    "content_b64": base64.b64encode(CONTENT).decode(),
    "media_type": "application/pdf",
    "format": "pdf",
}


async def ask(application: Application, **more: Any) -> Any:
    body = {"kind": "signature", "documents": [document_message(**DOCUMENT | more)]}
    return await application.business("POST", REQUESTS, body)


async def scan(device: Device, created: dict[str, Any]) -> dict[str, Any]:
    answer = await device.call("POST", "/api/phone/scans", {"code": qr_of(created)})
    assert answer.status_code == 200, answer.text
    (task,) = answer.json()["tasks"]
    assert isinstance(task, dict)
    return task


async def test_it_is_made_ready_at_the_scan_and_finished_by_the_result(
    application: Application, device: Device
) -> None:
    shield = Shield(application, device)
    await shield.enrol()
    created = (await ask(application)).json()
    application.clock.now += 5_000
    task = await scan(device, created)
    update = base64.b64decode(task["update_b64"])
    assert base64.b64decode(task["content_b64"]) == CONTENT
    assert tuple(task["gap"]) == gap_in(CONTENT, update)
    message = base64.b64decode(task["message_b64"])
    attributes = parse_pdf_attributes(message, "rfc", display_oids=())
    assert attributes.message_digest == covered_digest(CONTENT, update)
    assert task["options"] == {"pdf_signature": "rfc", "bind_display": False}
    application.clock.now += 3_000
    assert await scan(device, created) == task  # prepared once, with the time of the first scan
    await shield.sign([task])
    result = await application.business("GET", f"{REQUESTS}/{created['id']}/result")
    (document,) = result.json()["documents"]
    file = base64.b64decode(document["file_b64"])
    assert file.startswith(CONTENT)
    assert verify_pdf(shield.engine, file).p7.message == message
    again = await application.business("GET", f"{REQUESTS}/{created['id']}/result?signature_algorithm=501")
    assert (again.status_code, again.json()["fields"]) == (422, ["query.signature_algorithm"])


async def test_title_may_be_a_pdf_keyword(application: Application, device: Device) -> None:
    """`startxref` in a title must not be read as the format's keyword, or no phone gets the request."""
    shield = Shield(application, device)
    await shield.enrol()
    created = (await ask(application, title="startxref")).json()
    await shield.sign([await scan(device, created)])
    result = (await application.business("GET", f"{REQUESTS}/{created['id']}/result")).json()
    verify_pdf(shield.engine, base64.b64decode(result["documents"][0]["file_b64"]))


async def test_unprepared_pdf_is_not_signed(
    application: Application, device: Device, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After a crash between the scan and the preparation, the next scan prepares the PDF."""
    shield = Shield(application, device)
    await shield.enrol()
    created = (await ask(application)).json()

    async def crashed(_: PreparePdfs, request: ScannedRequest, *, now: int) -> ScannedRequest:
        return request

    with monkeypatch.context() as meanwhile:
        meanwhile.setattr(PreparePdfs, "__call__", crashed)
        task = await scan(device, created)
        meanwhile.setattr(shield_over_http, "display_statement", lambda _: {})  # which also refuses it
        _, opened = await shield.open([task])
    assert "update_b64" not in task
    assert task["message_b64"] == ""
    assert (opened.status_code, opened.json()["code"]) == (409, "task_closed")
    await shield.sign([await scan(device, created)])


async def test_invalid_pdf_or_pdf_without_update_is_refused(application: Application) -> None:
    refused = await ask(application, media_type="application/xml")
    assert (refused.status_code, refused.json()["fields"]) == (422, ["media_type"])
    for options, field in (
        ({"pdf_signature": "raw"}, "documents[0].options.pdf_signature"),
        ({"signing_time": True}, "options.signing_time"),
        ({"arc": "gb"}, "options.arc"),
    ):
        refused = await ask(application, options=options)
        assert (refused.status_code, refused.json()["fields"][0].endswith(field.rpartition(".")[2])) == (
            422,
            True,
        )
    refused = await ask(application, format="cms", options={"bind_display": True})
    assert refused.status_code == 422
    refused = await ask(application, content_b64=None, digest_sm3="00" * 32, size=9)
    assert refused.status_code == 422
