"""The signed bytes of a PDF with an embedded signature: a phone computes the same, and accepts nothing else."""

import base64
from typing import Any

import pytest

from mshield.client.errors import ClientError
from mshield.pki.signatures.pdf import finished, fits
from mshield.testkit.phone.document import read_document
from mshield.testkit.phone.messages import Task
from tests.support.display_statement import phone_task
from tests.vectors.files import load

VECTORS = load("pdf.json")
CASES: list[dict[str, Any]] = VECTORS["messages"]
CONTENT, UPDATE = bytes.fromhex(VECTORS["content"]), bytes.fromhex(VECTORS["update"])


def b64(octets: bytes) -> str:
    return base64.b64encode(octets).decode()


def task_of(case: dict[str, Any], **changes: Any) -> Task:
    found = {
        "message_b64": b64(bytes.fromhex(case["M"])),
        "media_type": VECTORS["media_type"],
        "title": VECTORS["title"],
        "display": VECTORS["display"],
        "format": "pdf",
        "content_b64": b64(CONTENT),
        "update_b64": b64(UPDATE),
        "gap": VECTORS["gap"],
        "own_certificate": VECTORS["certificate"],
        "options": case["options"],
        "view": None,
        "drawn": None,
    }
    return phone_task(**(found | changes))


@pytest.mark.parametrize("case", CASES, ids=lambda case: str(case["options"]))
def test_message_matches_the_vector(case: dict[str, Any]) -> None:
    read_document(task_of(case))
    message, (start, end) = bytes.fromhex(case["M"]), VECTORS["gap"]
    others: list[dict[str, Any]] = [
        {"message_b64": b64(message + b"\0")},
        {"message_b64": b64(b"")},
        {"content_b64": b64(CONTENT.replace(b"100.00", b"900.00"))},
        {"content_b64": None},
        {"update_b64": None},
        {"gap": [start, end - 2]},
        {"gap": None},
        {"media_type": "application/xml"},
        {"signing_time": 1_000},
        *({"options": other["options"]} for other in CASES if other != case),
    ]
    if case["options"]["bind_display"]:
        others += [{"title": "another"}, {"display": []}]
    if case["options"]["pdf_signature"] == "cades":
        others += [{"own_certificate": "00" * 32}, {"own_certificate": None}]
    for other in others:
        with pytest.raises(ClientError, match="bad_task"):
            read_document(task_of(case, **other))


@pytest.mark.parametrize("refused", VECTORS["refused"], ids=lambda refused: refused["comment"])
def test_changed_update_is_refused(refused: dict[str, Any]) -> None:
    update = UPDATE[: refused["from"]] + bytes.fromhex(refused["put"]) + UPDATE[refused["to"] :]
    with pytest.raises(ClientError, match="bad_task"):
        read_document(task_of(CASES[0], update_b64=b64(update)))


def test_signature_fills_only_the_gap() -> None:
    start, end = VECTORS["gap"]
    room = (end - start - 2) // 2
    for length in (1, room):
        file = finished(CONTENT, UPDATE, b"\xab" * length)
        assert (file[:start], file[end:]) == (
            CONTENT + UPDATE[: start - len(CONTENT)],
            (CONTENT + UPDATE)[end:],
        )
        assert bytes.fromhex(file[start + 1 : end - 1].decode()) == b"\xab" * length + bytes(room - length)
    assert fits(CONTENT, UPDATE, bytes(room))
    assert not fits(CONTENT, UPDATE, bytes(room + 1))
