"""A document to sign: how it is displayed, and its message, which is the content or signed attributes."""

import os
from dataclasses import dataclass, replace
from typing import Final, Literal

from mshield.gm import transcript
from mshield.gm.sm3 import sm3
from mshield.pki.signatures.ambiguous import is_ambiguous
from mshield.pki.signatures.display import BoundDisplay, Drawing, Wanted, display_bytes
from mshield.pki.signatures.formats import (
    FORMATS,
    NO_OPTIONS,
    PDF,
    AskedOptions,
    Format,
    Options,
    complete,
    message_of,
    signs_attributes,
    signs_content,
)
from mshield.pki.signatures.ofd_lists import is_ofd_list
from mshield.pki.signatures.signed_attributes import is_like_attributes
from mshield.pki.signatures.stored_display import NamedView, StoredDisplay, read_display
from mshield.server.database.interface import Database
from mshield.server.requests.errors import (
    AmbiguousContentRefused,
    InternalMessageRefused,
    SignedAttributesRefused,
)
from mshield.server.requests.rows.requests import NewTask
from mshield.server.requests.rows.scans import ScannedRequest, Task, set_message
from mshield.server.requests.text_charset import check_charset
from mshield.wire.login_message import is_login_message

_TIMED: Final = '"signing_time":true'
"""Marker in a stored display whose document has a signing time."""


@dataclass(frozen=True, slots=True)
class RequestedView:
    """The view (展示规则) named by a document: one version of it, or the newest valid one if `version` is None."""

    id: str
    version: int | None = None


@dataclass(frozen=True, slots=True)
class Document:
    """A document to sign; `display` are the lines (label, value) with which the business system describes it.

    A `consent` has an effect inside this service; business systems can't request one. For a detached format
    with signed attributes the content may be None: then `digest` is its SM3 and `size` its length in bytes.
    `options` are those that were requested for the format.
    """

    title: str
    media_type: str
    content: bytes | None
    display: tuple[tuple[str, str], ...]
    format: Format = "raw"
    digest: bytes = b""
    size: int = 0
    purpose: Literal["sign", "consent"] = "sign"
    view: RequestedView | None = None
    options: AskedOptions = NO_OPTIONS


@dataclass(frozen=True, slots=True)
class DrawnDocument:
    """Display of a document, and the SM3 of the comparison between the system's description and the content.

    `drawn` is the SM3 of `drawing`, the lines that the view drew as canonical octets. `wants` is what the
    signer must confirm. Fields are None where they don't apply.
    """

    view: NamedView | None = None
    drawn: bytes | None = None
    compared: bytes | None = None
    wants: Wanted | None = None
    drawing: bytes | None = None


def task_of(document: Document, drawn: DrawnDocument, *, display_oid: str) -> NewTask:
    """Builds the task to store until a phone signs it; `display_oid` identifies its signed display.

    If the message contains a signing time, it is built again when a phone takes it.

    Raises: CharsetRefused, AmbiguousContentRefused (also an OFD's list of parts, in every format), and for
    content that is signed unchanged and could be mistaken for another kind of message:
    InternalMessageRefused, SignedAttributesRefused.
    """
    content, name = document.content, document.format
    options = complete(name, document.options, display_oid=display_oid)
    kept, apart = _kept(document, drawn, options), content
    # The message of a PDF is only known once it is prepared. Until then it is empty, and no key signs an
    # empty message.
    message = b"" if name == PDF else message_for(name, kept, content)
    if signs_content(name, options):
        message, apart = _as_it_stands(message), None
    check_charset(document.media_type, content, is_type_signed=signs_attributes(name, options))
    if content is not None and is_ofd_list(content):
        raise AmbiguousContentRefused
    return NewTask(
        os.urandom(16),
        document.purpose,
        message,
        document.media_type,
        document.title,
        kept.text(),
        format=document.format,
        content=apart,
        size=document.size if content is None else None,
        drawing=drawn.drawing,
    )


def message_for(
    name: Format, kept: StoredDisplay, content: bytes | None, *, signing_time: int | None = None
) -> bytes:
    """Returns the message M of a displayed document; `signing_time` (ms) is the time of the scan, None before."""
    bound = kept.bound
    assert bound is not None  # noqa: S101  # a new document always has a display
    return message_of(
        name,
        kept.options,
        content=content,
        digest=bound.content,
        display=bound.display,
        signing_time=signing_time,
    )


async def with_times(db: Database, request: ScannedRequest, *, now: int) -> ScannedRequest:
    """Sets the signing time `now` in the messages that carry one, when a phone has taken the request.

    A message that already has its time keeps it, so that a phone that accepts the request again gets the same
    message.
    """
    if not any(_TIMED in task.display for task in request.tasks):
        return request
    return replace(request, tasks=tuple([await _with_time(db, task, now=now) for task in request.tasks]))


async def _with_time(db: Database, task: Task, *, now: int) -> Task:
    kept, name = read_display(task.display), FORMATS[task.format]
    attributes = kept.attributes(name, task.message)
    if kept.options.signing_time is not True or attributes is None or attributes.signing_time is not None:
        return task
    message = message_for(name, kept, task.content, signing_time=now - now % 1000)
    return await set_message(db, task, message)


def _kept(document: Document, drawn: DrawnDocument, options: Options) -> StoredDisplay:
    content, view = document.content, drawn.view
    drawing = Drawing(None if view is None else view.digest, drawn.drawn)
    display = display_bytes(
        title=document.title,
        media_type=document.media_type,
        size=document.size if content is None else len(content),
        lines=document.display,
        drawing=drawing,
    )
    bound = BoundDisplay(
        content=document.digest if content is None else sm3(content),
        display=sm3(display),
        drawing=drawing,
        compared=drawn.compared,
    )
    return StoredDisplay(document.display, view, bound, options, drawn.wants)


def _as_it_stands(content: bytes) -> bytes:
    if transcript.is_internal_message(content) or is_login_message(content):
        raise InternalMessageRefused
    if is_like_attributes(content):
        raise SignedAttributesRefused
    if is_ambiguous(content):
        raise AmbiguousContentRefused
    return content
