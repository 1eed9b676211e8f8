"""What is never signed as it stands, by the vectors that the phone's TypeScript takes too."""

import base64
from typing import Any

import pytest

from mshield.client.errors import ProtocolError
from mshield.client.phone.document import read_document
from mshield.client.phone.messages import Task
from mshield.domain import errors
from mshield.pki.signatures.ambiguous import is_ambiguous
from mshield.pki.signatures.signed_attributes import is_like_attributes
from mshield.services.requests.document import Document, Drawn, task_of
from tests.vectors.files import FOLDER, load

RAW = [one for one in load("formats/index.json")["vectors"] if one["kind"] == "raw"]


@pytest.mark.parametrize("vector", RAW, ids=lambda vector: vector["reason"])
def test_content_as_it_stands(vector: dict[str, Any]) -> None:
    content = (FOLDER / "formats" / vector["file"]).read_bytes()
    document = Document("t", "application/octet-stream", content, ())
    task = Task(
        sid="",
        uid="",
        purpose="sign",
        message_b64=base64.b64encode(content).decode(),
        media_type=document.media_type,
        title="t",
    )
    if vector["expect"] == "accept":
        assert task_of(document, Drawn(), display_oid="2.999.1").message == content
        read_document(task)
        return
    refusal = (
        errors.SignedAttributesRefused if is_like_attributes(content) else errors.AmbiguousContentRefused
    )
    with pytest.raises(refusal):
        task_of(document, Drawn(), display_oid="2.999.1")
    with pytest.raises(ProtocolError, match="bad_task"):
        read_document(task)


@pytest.mark.parametrize(
    "content",
    [
        b"30" * 16 + b"ab" * 16 + b"\r\n",
        b"<SignedInfo\n",
        b"<a.b-c:SignedInfo>",
        bytes.fromhex("3082010002010030"),
        bytes.fromhex("3080a0030201"),
        bytes.fromhex("30819a020101300c06082a811ccf550183750500"),
    ],
)
def test_other_ways_of_writing(content: bytes) -> None:
    assert is_ambiguous(content)


@pytest.mark.parametrize(
    "content",
    [
        b"A" * 44,  # 33 octets
        b"A" * 43 + b"=\n\n",
        b"<a:b:SignedInfo>",
        b"< SignedInfo>",
        b"<SignedInfoX>",
        bytes.fromhex("300c020101300806062a8648ce3d04"),
    ],
)
def test_what_only_looks_alike(content: bytes) -> None:
    assert not is_ambiguous(content)
