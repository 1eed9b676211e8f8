"""The signed bytes for each format and its options: a phone computes the same, and accepts nothing else."""

import base64
from typing import Any

import msgspec
import pytest

from mshield.client.errors import ClientError
from mshield.pki.signatures.formats import signs_content
from mshield.testkit.phone.document import read_document
from mshield.testkit.phone.messages import Task
from tests.support.display_statement import phone_task
from tests.vectors.files import load

VECTORS = load("messages.json")
CASES: list[dict[str, Any]] = VECTORS["messages"]


def task_of(case: dict[str, Any], **changes: Any) -> Task:
    found = {
        "message_b64": base64.b64encode(bytes.fromhex(case["M"])).decode(),
        "media_type": VECTORS["media_type"],
        "title": VECTORS["title"],
        "display": VECTORS["display"],
        "format": case["format"],
        "content_b64": base64.b64encode(bytes.fromhex(VECTORS["content"])).decode(),
        "options": case["options"],
        "signing_time": case["signing_time"],
        "view": None,
        "drawn": None,
    }
    return phone_task(**(found | changes))


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case['format']} {case['options']}")
def test_message_matches_the_vector(case: dict[str, Any]) -> None:
    task = task_of(case)
    read_document(task)
    message = bytes.fromhex(case["M"])
    others: list[dict[str, Any]] = []
    if not signs_content(task.format, task.options):  # otherwise the message itself is displayed
        others += [
            {"message_b64": base64.b64encode(message + b"\0").decode()},
            {"content_b64": base64.b64encode(b"another").decode()},
            {"message_b64": base64.b64encode(message[:-1] + b"\0").decode()},
        ]
    if task.options.display_oid is not msgspec.UNSET:
        others += [{"title": "another"}, {"display": []}, {"signing_time": 1_000}]
    for other in others:
        with pytest.raises(ClientError, match="bad_task"):
            read_document(task_of(case, **other))


@pytest.mark.parametrize("refused", VECTORS["refused"], ids=lambda refused: refused["comment"])
def test_changed_options_are_refused(refused: dict[str, Any]) -> None:
    case = next(one for one in CASES if one["format"] == refused["format"] and one["signing_time"] is None)
    try:
        task = task_of(case, options=case["options"] | refused["changes"])
    except msgspec.ValidationError:
        return
    with pytest.raises(ClientError, match="bad_task"):
        read_document(task)
