"""A document that is to be signed, how it is drawn, and what its signature is over: content, or attributes for it."""

import secrets
from dataclasses import dataclass
from typing import Literal

from mshield.domain import errors
from mshield.domain.login_message import is_login_message
from mshield.domain.systems.text_charset import check_charset
from mshield.gm import transcript
from mshield.gm.sm3 import sm3
from mshield.pki.signatures.display import Bound, Drawing, Wanted, display_bytes
from mshield.pki.signatures.evidence import Format
from mshield.pki.signatures.kept_display import KeptDisplay, NamedView
from mshield.pki.signatures.signed_attributes import SignedAttributes, is_like_attributes
from mshield.store.requests.requests import NewTask


@dataclass(frozen=True, slots=True)
class AskedView:
    """The view (展示规则) that a document names: a version of it, or the newest in force where that is None."""

    id: str
    version: int | None = None


@dataclass(frozen=True, slots=True)
class Document:
    """What is to be signed; `display` are the lines (label, value) that the asker says of it.

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
    view: AskedView | None = None


@dataclass(frozen=True, slots=True)
class Drawn:
    """How a document is drawn, and SM3 of how the asker's words stand to its content; None where nothing is there.

    `wants` is what its signer has to confirm.
    """

    view: NamedView | None = None
    drawn: bytes | None = None
    compared: bytes | None = None
    wants: Wanted | None = None


def task_of(document: Document, drawn: Drawn) -> NewTask:
    """The document as it is kept until a phone signs it.

    Raises CharsetRefused; InternalMessageRefused, SignedAttributesRefused for raw content that would mean something
    else as message.
    """
    content = document.content
    kept = _kept(document, drawn)
    if document.format == "raw" and content is not None:
        message, apart = _raw(content), None
    else:
        message, apart = _attributes(kept), content
    check_charset(document.media_type, document.content, is_type_signed=document.format != "raw")
    return NewTask(
        secrets.token_bytes(16),
        document.purpose,
        message,
        document.media_type,
        document.title,
        kept.text(),
        format=document.format,
        content=apart,
        size=document.size if content is None else None,
    )


def _kept(document: Document, drawn: Drawn) -> KeptDisplay:
    content, view = document.content, drawn.view
    drawing = Drawing(None if view is None else view.digest, drawn.drawn)
    display = display_bytes(
        title=document.title,
        media_type=document.media_type,
        size=document.size if content is None else len(content),
        lines=document.display,
        drawing=drawing,
    )
    bound = Bound(
        content=document.digest if content is None else sm3(content),
        display=sm3(display),
        drawing=drawing,
        compared=drawn.compared,
    )
    return KeptDisplay(document.display, view, bound, drawn.wants)


def _raw(content: bytes) -> bytes:
    if transcript.is_internal_message(content) or is_login_message(content):
        raise errors.InternalMessageRefused
    if is_like_attributes(content):
        raise errors.SignedAttributesRefused
    return content


def _attributes(kept: KeptDisplay) -> bytes:
    bound = kept.bound
    assert bound is not None  # noqa: S101  # a new document is always drawn
    return SignedAttributes(bound.content, bound.display).encode()
