"""A document that is to be signed, and what its signature is over: the content, or attributes that bind it."""

import json
import secrets
from dataclasses import dataclass
from typing import Literal

from mshield.domain import errors
from mshield.domain.login_message import is_login_message
from mshield.domain.systems.text_charset import check_charset
from mshield.gm import transcript
from mshield.gm.sm3 import sm3
from mshield.pki.signatures.evidence import Format
from mshield.pki.signatures.signed_attributes import attributes_of, is_like_attributes
from mshield.store.requests.requests import NewTask


@dataclass(frozen=True, slots=True)
class Document:
    """What is to be signed; `display` are the lines (label, value) that the phone shows.

    A `consent` has an effect of the service's own: no business system can ask for it.
    Of a `cms_detached` the content may be None: then `digest` is its SM3 and `size` its length in bytes.
    """

    title: str
    media_type: str
    content: bytes | None
    display: tuple[tuple[str, str], ...]
    format: Format = "raw"
    digest: bytes = b""
    size: int = 0
    purpose: Literal["sign", "consent"] = "sign"


def task_of(document: Document) -> NewTask:
    """The document as it is kept until a phone signs it.

    Raises CharsetRefused; InternalMessageRefused, SignedAttributesRefused for raw content that would mean something
    else as message.
    """
    display = json.dumps(
        [{"label": label, "value": value} for label, value in document.display], ensure_ascii=False
    )
    content = document.content
    if document.format == "raw" and content is not None:
        message, apart = _raw(content), None
    else:
        message, apart = _attributes(document), content
    check_charset(document.media_type, document.content, is_type_signed=document.format != "raw")
    return NewTask(
        secrets.token_bytes(16),
        document.purpose,
        message,
        document.media_type,
        document.title,
        display,
        format=document.format,
        content=apart,
        size=document.size if content is None else None,
    )


def _raw(content: bytes) -> bytes:
    if transcript.is_internal_message(content) or is_login_message(content):
        raise errors.InternalMessageRefused
    if is_like_attributes(content):
        raise errors.SignedAttributesRefused
    return content


def _attributes(document: Document) -> bytes:
    content = document.content
    return attributes_of(
        digest=document.digest if content is None else sm3(content),
        title=document.title,
        media_type=document.media_type,
        size=document.size if content is None else len(content),
        lines=document.display,
    ).encode()
