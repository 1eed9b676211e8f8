"""Formats with options from request to result: M at the scan, other wrappers of the result, older requests."""

import base64
from typing import Any

from mshield.pki.asn1 import oids
from mshield.pki.asn1.arcs import DEFAULT_ARC, display_oid
from mshield.pki.signatures.signed_attributes import parse_signed_attributes
from tests.support.application import Application, Device, qr_of
from tests.support.factories import REQUESTS, document_message
from tests.support.shield_over_http import Shield

CONTENT = "<报关单/>".encode()
B64 = base64.b64encode(CONTENT).decode()


async def ask(application: Application, *documents: dict[str, Any]) -> dict[str, Any]:
    body = {"kind": "signature", "documents": [document_message(content_b64=B64, **one) for one in documents]}
    answer = await application.business("POST", REQUESTS, body)
    assert answer.status_code == 201, answer.text
    created: dict[str, Any] = answer.json()
    return created


async def scan(device: Device, created: dict[str, Any]) -> list[dict[str, Any]]:
    answer = await device.call("POST", "/api/phone/scans", {"code": qr_of(created)})
    assert answer.status_code == 200, answer.text
    tasks: list[dict[str, Any]] = answer.json()["tasks"]
    return tasks


def message(task: dict[str, Any]) -> bytes:
    return base64.b64decode(task["message_b64"])


async def test_the_time_is_that_of_the_scan_and_stays(application: Application, device: Device) -> None:
    shield = Shield(application, device)
    await shield.enrol()
    created = await ask(application, {"format": "gb35275", "options": {"signing_time": True}})
    application.clock.now += 5_000
    (task,) = await scan(device, created)
    at = application.clock.now // 1000 * 1000
    signed = parse_signed_attributes(message(task))
    assert (signed.signing_time, task["signing_time"]) == (at, at)
    assert signed.content_type == oids.GB_DATA
    application.clock.now += 1_000
    await shield.sign([task])
    application.clock.now += 7_000
    result = await application.business("GET", f"{REQUESTS}/{created['id']}/result")
    assert base64.b64decode(result.json()["documents"][0]["signed_attributes_b64"]) == message(task)


async def test_repeated_scan_returns_the_same_message(application: Application, device: Device) -> None:
    await Shield(application, device).enrol()
    created = await ask(application, {"format": "gb35275", "options": {"signing_time": True}})
    first = await scan(device, created)
    application.clock.now += 2_000
    assert await scan(device, created) == first
    answer = await device.call("GET", f"/api/phone/tasks/{first[0]['sid']}")
    assert answer.json()["message_b64"] == first[0]["message_b64"]


async def test_the_result_comes_in_another_wrapper(application: Application, device: Device) -> None:
    shield = Shield(application, device)
    await shield.enrol()
    created = await ask(application, {"format": "gb35275"}, {"format": "cms"}, {"format": "raw"})
    await shield.sign(await scan(device, created))

    async def result(query: str) -> Any:
        return await application.business("GET", f"{REQUESTS}/{created['id']}/result{query}")

    gb, cms, raw = (await result("")).json()["documents"]
    assert raw["options"] == {}
    assert cms["options"] == {"display_oid": display_oid(DEFAULT_ARC)}
    for each in (gb, cms, raw):
        assert len(base64.b64decode(each["signature_raw_b64"])) == 64
    other = (await result("?signature_algorithm=501&parameters=absent")).json()["documents"]
    assert other[0]["options"] == {**gb["options"], "signature_algorithm": "501", "parameters": "absent"}
    assert other[0]["cms_b64"] != gb["cms_b64"]
    assert other[1:] == [cms, raw]
    assert [each["signature_b64"] for each in other] == [each["signature_b64"] for each in (gb, cms, raw)]
    wrapped = (await result("?arc=gb&signature_value=raw")).json()["documents"][2]
    assert wrapped["options"]["signature_value"] == "raw"
    assert base64.b64decode(raw["signature_raw_b64"]) in base64.b64decode(wrapped["cms_b64"])
    for query, field in (
        ("?signature_algorithm=sm2", "query.signature_algorithm"),
        ("?attributes=false", "query.attributes"),
        ("?signing_time=true", "query.signing_time"),
        ("?more=1", "query.more"),
    ):
        refused = await result(query)
        assert (refused.status_code, refused.json()["fields"]) == (422, [field])


async def test_option_unused_by_any_document_is_refused(application: Application, device: Device) -> None:
    shield = Shield(application, device)
    await shield.enrol()
    created = await ask(application, {"format": "cms"})
    await shield.sign(await scan(device, created))
    answer = await application.business("GET", f"{REQUESTS}/{created['id']}/result?signature_algorithm=501")
    assert (answer.status_code, answer.json()["fields"]) == (422, ["query.signature_algorithm"])
