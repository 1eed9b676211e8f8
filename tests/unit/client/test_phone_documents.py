"""The phone signs a document only if its message binds what is shown."""

import base64
from typing import Any

import msgspec
import pytest

from mshield.client.errors import ProtocolError
from mshield.client.phone.document import read_document
from mshield.client.phone.messages import Field, Task
from mshield.gm.sm3 import sm3
from mshield.pki.asn1 import der
from mshield.pki.signatures.signed_attributes import attributes_of

CONTENT = "<报关单/>".encode()
SHOWN: dict[str, Any] = {
    "title": "报关单",
    "media_type": "application/xml",
    "size": len(CONTENT),
    "lines": [("总价", "1")],
}
ATTRIBUTES = attributes_of(digest=sm3(CONTENT), **SHOWN)


def b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def task(**changes: Any) -> Task:
    """A good task of format `cms`."""
    good = Task(
        sid="00" * 16,
        uid="00" * 16,
        purpose="sign",
        message_b64=b64(ATTRIBUTES.encode()),
        media_type="application/xml",
        title="报关单",
        display=(Field(label="总价", value="1"),),
        format="cms",
        content_b64=b64(CONTENT),
    )
    return msgspec.structs.replace(good, **changes)


GOOD = [
    task(),
    task(format="cms_detached"),
    task(format="cms_detached", content_b64=None, size=len(CONTENT)),
    task(format="raw", message_b64=b64(CONTENT), content_b64=None),
]


@pytest.mark.parametrize("good", GOOD)
def test_what_is_shown_is_signed(good: Task) -> None:
    read_document(good)


@pytest.mark.parametrize(
    "bad",
    [
        task(title="其他"),
        task(media_type="text/plain"),
        task(display=()),
        task(display=(Field(label="总价", value="2"),)),
        task(content_b64=b64(CONTENT + b" ")),
        task(content_b64=None),
        task(content_b64=None, size=len(CONTENT)),
        task(format="cms_detached", content_b64=None),
        task(format="cms_detached", content_b64=None, size=len(CONTENT) + 1),
        task(format="raw"),
        task(format="raw", message_b64=b64(b'{"type":"mshield-login/v1"}')),
        task(message_b64=b64(CONTENT)),
        task(message_b64=b64(ATTRIBUTES.encode() + b"\0")),
        task(message_b64=b64(der.set_of())),
        task(message_b64=""),
    ],
)
def test_anything_else_is_refused(bad: Task) -> None:
    with pytest.raises(ProtocolError) as error:
        read_document(bad)
    assert error.value.code == "bad_task"
