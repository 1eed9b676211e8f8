"""The format `xml` from request to result: refusals, the canonical form on the phone, the finished file."""

import base64
from typing import Any, Final

from mshield.gm.engine import load_engine
from mshield.gm.sm3 import sm3
from mshield.pki.foreign.xml import verify_xml
from mshield.pki.xml.making import signed_info
from mshield.wire.shield_number import PATTERN
from tests.requests.test_formats import message, scan
from tests.support.application import Application, Device
from tests.support.cases import cases
from tests.support.factories import REQUESTS, document_message
from tests.support.shield_over_http import Shield

NS: Final = "http://www.chinaport.gov.cn/ceb"
SENT: Final = (
    f'<?xml version="1.0" encoding="utf-8"?>\r\n<ceb:M version=\'1.0\' guid="4CDE" xmlns:ceb="{NS}">\r\n'
    "  <ceb:name>婴儿配方奶粉</ceb:name><ceb:note/>\r\n</ceb:M>\r\n"
).encode()
CANONICAL: Final = (
    f'<ceb:M xmlns:ceb="{NS}" guid="4CDE" version="1.0">\n'
    "  <ceb:name>婴儿配方奶粉</ceb:name><ceb:note></ceb:note>\n</ceb:M>"
).encode()


async def ask(application: Application, content: bytes = SENT, **more: Any) -> Any:
    one = {
        "format": "xml",
        "media_type": "application/xml",
        "content_b64": base64.b64encode(content).decode(),
    }
    body = {"kind": "signature", "documents": [document_message(**(one | more))]}
    return await application.business("POST", REQUESTS, body)


async def signed(application: Application, shield: Shield, device: Device, **more: Any) -> dict[str, Any]:
    answer = await ask(application, **more)
    assert answer.status_code == 201, answer.text
    (task,) = await scan(device, answer.json())
    await shield.sign([task])
    created: dict[str, Any] = answer.json()
    return created


async def result(application: Application, created: dict[str, Any], query: str = "") -> Any:
    return await application.business("GET", f"{REQUESTS}/{created['id']}/result{query}")


async def test_the_phone_gets_the_canonical_form_and_its_signed_info(
    application: Application, device: Device
) -> None:
    await Shield(application, device).enrol()
    (task,) = await scan(device, (await ask(application)).json())
    assert base64.b64decode(task["content_b64"]) == CANONICAL
    assert message(task) == signed_info(CANONICAL, sm3(CANONICAL))
    assert task["options"] == {"profile": "eport-2022", "key_name": "shield"}


async def test_the_result_is_the_finished_file(application: Application, device: Device) -> None:
    shield = Shield(application, device)
    await shield.enrol()
    created = await signed(application, shield, device)
    found = (await result(application, created)).json()
    (document,) = found["documents"]
    file = base64.b64decode(document["file_b64"])
    seen = verify_xml(load_engine(), file, number=PATTERN)
    assert (seen.content, seen.key_name) == (CANONICAL, found["signer"]["shield_number"])
    assert seen.message == base64.b64decode(document["message_b64"])
    assert (document["cms_b64"], document["signed_attributes_b64"]) == (None, None)
    assert base64.b64decode(document["signature_raw_b64"]) in base64.b64decode(
        file.partition(b"SignatureValue>")[2].partition(b"<")[0]
    )
    again = (await result(application, created, "?key_name=serial")).json()["documents"][0]
    by_serial = verify_xml(load_engine(), base64.b64decode(again["file_b64"]), number=PATTERN)
    assert int(by_serial.key_name, 16) == by_serial.certificate.serial
    assert again["signature_b64"] == document["signature_b64"]
    refused = await result(application, created, "?signature_value=raw")
    assert (refused.status_code, refused.json()["fields"]) == (422, ["query.signature_value"])
    refused = await result(application, created, "?profile=eport-2023")
    assert (refused.status_code, refused.json()["fields"]) == (422, ["query.profile"])


async def test_the_profile_of_2023_has_its_identifier(application: Application, device: Device) -> None:
    shield = Shield(application, device)
    await shield.enrol()
    created = await signed(
        application, shield, device, options={"profile": "eport-2023", "key_name": "serial"}
    )
    file = base64.b64decode((await result(application, created)).json()["documents"][0]["file_b64"])
    seen = verify_xml(load_engine(), file, number=PATTERN)
    assert (seen.method, seen.weak) == ("http://www.w3.org/2000/09/xmldsig#sm2-sm3", False)


@cases(
    ("content", "reason"),
    [
        (b"<a>", "not_well_formed"),
        (b"<a><!-- b --></a>", "comment"),
        (b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', "doctype"),
        (b"<a><?b?></a>", "instruction"),
        (b'<a xml:space="preserve"></a>', "xml_attribute"),
        (b'<a><Signature xmlns="http://www.w3.org/2000/09/xmldsig#"></Signature></a>', "signed"),
        (b"<a>" + b"<b>" * 64 + b"</b>" * 64 + b"</a>", "too_deep"),
        (b"<a>" + b"<b></b>" * 70_000 + b"<b/><?c?></a>", "instruction"),
    ],
)
async def test_xml_that_is_never_signed_is_refused_with_its_reason(
    application: Application, content: bytes, reason: str
) -> None:
    answer = await ask(application, content)
    problem = answer.json()
    assert (answer.status_code, problem["code"], problem["reason"], problem["document"]) == (
        422,
        "invalid_xml",
        reason,
        0,
    )


@cases(
    ("more", "field"),
    [
        ({"media_type": "text/plain"}, "media_type"),
        ({"options": {"attributes": False}}, "options.attributes"),
        ({"options": {"arc": "gb"}}, "options.arc"),
        ({"options": {"certificates": "none"}}, "options.certificates"),
        ({"format": "gb35275", "options": {"profile": "eport-2022"}}, "options.profile"),
        ({"format": "cms", "options": {"key_name": "serial"}}, "options.key_name"),
        ({"format": "raw", "options": {"key_name": "serial"}}, "options.key_name"),
    ],
)
async def test_misplaced_option_or_type_is_refused(
    application: Application, more: dict[str, Any], field: str
) -> None:
    answer = await ask(application, **more)
    assert (answer.status_code, answer.json()["fields"]) == (422, [field])


async def test_raw_signature_on_signed_info_is_refused(application: Application) -> None:
    info = signed_info(CANONICAL, sm3(CANONICAL))
    for options in ({"format": "raw"}, {"format": "gb35275", "options": {"attributes": False}}):
        answer = await ask(application, info, **options)
        assert (answer.status_code, answer.json()["code"]) == (422, "ambiguous_content_refused")
    # The same XML as a document is signed by its own digest, under another SignedInfo.
    assert (await ask(application, info)).status_code == 201
