"""Content that is never signed as it is, by the vectors that the phone's TypeScript uses too."""

import base64
from typing import Any

import pytest

from mshield.client.errors import ProtocolError
from mshield.pki.signatures.ambiguous import is_ambiguous
from mshield.pki.signatures.signed_attributes import is_like_attributes
from mshield.server.requests.document import Document, DrawnDocument, task_of
from mshield.server.requests.errors import AmbiguousContentRefused, SignedAttributesRefused
from mshield.testkit.phone.document import read_document
from tests.support.display_statement import phone_task
from tests.vectors.files import FOLDER, load

RAW = [one for one in load("formats/index.json")["vectors"] if one["kind"] == "raw"]


@pytest.mark.parametrize("vector", RAW, ids=lambda vector: vector["reason"])
def test_raw_content_is_accepted_or_refused_as_listed(vector: dict[str, Any]) -> None:
    content = (FOLDER / "formats" / vector["file"]).read_bytes()
    document = Document("t", "application/octet-stream", content, ())
    task = phone_task(
        message_b64=base64.b64encode(content).decode(),
        media_type=document.media_type,
        title="t",
    )
    if vector["expect"] == "accept":
        assert task_of(document, DrawnDocument(), display_oid="2.999.1").message == content
        read_document(task)
        return
    refusal = SignedAttributesRefused if is_like_attributes(content) else AmbiguousContentRefused
    with pytest.raises(refusal):
        task_of(document, DrawnDocument(), display_oid="2.999.1")
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
def test_other_encodings_are_ambiguous_too(content: bytes) -> None:
    assert is_ambiguous(content)


@pytest.mark.parametrize(
    "content",
    [
        b"A" * 44,  # 33 bytes
        b"A" * 43 + b"=\n\n",
        b"<a:b:SignedInfo>",
        b"< SignedInfo>",
        b"<SignedInfoX>",
        bytes.fromhex("300c020101310806062a8648ce3d04"),
    ],
)
def test_similar_content_is_not_ambiguous(content: bytes) -> None:
    assert not is_ambiguous(content)
