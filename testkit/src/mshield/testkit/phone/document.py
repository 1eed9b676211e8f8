"""Checks that the message to be signed matches the display (protocol, "Documents"), and reports what was shown."""

import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Final, cast

import msgspec

from mshield.client.errors import PhoneError, ProtocolError
from mshield.client.signed_xml import reading_of
from mshield.gm.sm3 import sm3
from mshield.pki.asn1.arcs import DISPLAY_OID
from mshield.pki.certificates.certificate import parse_certificate_pem
from mshield.pki.errors import PkiError
from mshield.pki.signatures.ambiguous import is_ambiguous
from mshield.pki.signatures.display import BoundDisplay, Confirmed, Drawing, Wanted, display_bytes
from mshield.pki.signatures.formats import (
    PDF,
    XML,
    OptionRefused,
    complete,
    may_be_elsewhere,
    message_of,
    pdf_attributes,
    profile_of,
    signs_attributes,
    signs_content,
)
from mshield.pki.signatures.ofd_lists import is_ofd_list
from mshield.pki.signatures.pdf import covered_digest, gap_in
from mshield.pki.signatures.signed_attributes import is_like_attributes, parse_signed_attributes
from mshield.testkit.phone.messages import Task
from mshield.testkit.phone.state import StoredCertificate
from mshield.views import (
    Compared,
    Drawn,
    ReadContent,
    ViewError,
    Words,
    compare_words,
    draw,
    is_shown,
    read_content,
    read_view,
)
from mshield.views.limits import LINES
from mshield.wire.login_message import is_login_message
from mshield.wire.text_charset import is_xml

_OTHER_CHARSET: Final = re.compile(r'charset=(?!"?utf-?8\b)', re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Read:
    """A document as rendered by this phone, and its comparison with the requester's description; None if not available.

    `wants` is what the user must confirm before signing.
    """

    drawn: Drawn | None
    compared: Compared | None
    bound: BoundDisplay
    wants: Wanted | None


def read_document(task: Task, display_oids: Collection[str] = (DISPLAY_OID,)) -> Read:
    """Renders the document and checks that its message binds what is shown.

    `task.view_octets` must be the ones that this phone fetched; `display_oids` are the attributes that may
    bind the display. Raises: ProtocolError (`bad_task`).
    """
    _check_options(task, display_oids)
    drawing = _drawing(task)
    read = _read_xml(task) if task.format == XML else read_content
    drawn = drawn_lines(task, read)
    words = _compare(task, drawn, read)
    display = sm3(
        display_bytes(
            title=task.title,
            media_type=task.media_type,
            size=_size(task),
            lines=[(field.label, field.value) for field in task.display],
            drawing=drawing,
        )
    )
    digest = _check_message(task, display, display_oids)
    bound = BoundDisplay(content=digest, display=display, drawing=drawing, compared=words.digest)
    seen = is_shown(task.media_type, task.content, by_view=drawn is not None)
    wants: Wanted | None = "unread" if not seen else "mismatch" if words.differ or task.unproven else None
    return Read(drawn, words.compared, bound, wants)


def shown_item(task: Task, confirmed: Confirmed) -> dict[str, str]:
    """Returns the extra `finish` fields of a document; empty for a login, which isn't rendered.

    Raises: PhoneError (`confirmation_missing`: another confirmation is needed than was given).
    """
    if not task.is_drawn:
        return {}
    read = read_document(task, oids_of(task))
    if read.wants not in {None, confirmed}:
        why: dict[str, object] = {"confirm": read.wants, "sid": task.sid, "title": task.title}
        why |= {"lines": differing(read), "unproven": task.unproven}
        raise PhoneError("confirmation_missing", extra=why)
    return {"confirmed": confirmed, "shown": read.bound.shown(confirmed).hex()}


def differing(read: Read) -> list[dict[str, str | None]]:
    """Returns the lines that the content contradicts or lacks: label, value, and the content's own text if known."""
    lines: list[dict[str, Any]] = [] if read.compared is None else cast("Any", read.compared.answer["lines"])
    return [
        {"label": line["label"], "value": line["value"], "content": line["content"]}
        for line in lines
        if line["status"] in {"absent", "differs"}
    ]


def oids_of(task: Task) -> Collection[str]:
    """Returns the OID of the signed attribute that binds the display of this task; none if it signs no attributes."""
    oid = task.options.display_oid
    return () if oid is msgspec.UNSET else (oid,)


def own_certificate(stored: StoredCertificate | None) -> str | None:
    """Returns SM3 of this phone's certificate, in hex; None if it has none."""
    return None if stored is None else sm3(parse_certificate_pem(stored.pem).der).hex()


def _size(task: Task) -> int:
    content = task.content
    if content is not None:
        return len(content)
    if not may_be_elsewhere(task.format, task.options) or task.size is None:
        raise ProtocolError("bad_task", "the document has no content or size")
    return task.size


def _check_message(task: Task, display: bytes, display_oids: Collection[str]) -> bytes:
    """Checks the message and returns the content's digest; XML was checked when it was parsed."""
    content, message, options = task.content, task.message, task.options
    if content is not None and is_ofd_list(content):
        raise ProtocolError("bad_task", "the list by which an OFD is signed, whose pages are not here")
    if task.format == PDF:
        return _check_pdf(task, display)
    if signs_content(task.format, options):
        if is_like_attributes(message) or is_login_message(message):
            raise ProtocolError("bad_task", "signed attributes, or a login, as content")
        if is_ambiguous(message):
            raise ProtocolError("bad_task", "content whose signature could be used for something else")
        return sm3(message)
    if task.format == XML:
        return sm3(content or b"")
    if not signs_attributes(task.format, options):
        if content is None or message != sm3(content):
            raise ProtocolError("bad_task", "the digest doesn't match the content")
        return message
    return _check_attributes(task, display, display_oids)


def _check_attributes(task: Task, display: bytes, display_oids: Collection[str]) -> bytes:
    """Checks that the message equals the signed attributes of content and display, as built here."""
    content, message, options = task.content, task.message, task.options
    try:
        signed = parse_signed_attributes(message, display_oids=display_oids)
    except PkiError as error:
        raise ProtocolError("bad_task", f"not the signed attributes of a document: {error}") from error
    digest = signed.message_digest if content is None else sm3(content)
    whole = message_of(
        task.format,
        options,
        content=content,
        digest=digest,
        display=display,
        signing_time=task.attribute_time,
    )
    if message != whole:
        raise ProtocolError("bad_task", "the signed attributes belong to another document or display")
    return digest


def _read_xml(task: Task) -> ReadContent:
    """Returns the parser of canonical XML, after checking that the message is its SignedInfo."""
    content = task.content
    # The display is these octets as UTF-8, so the media type must not declare anything else.
    if content is None or not is_xml(task.media_type) or _OTHER_CHARSET.search(task.media_type):
        raise ProtocolError("bad_task", "XML without its content, or with another type or charset")
    try:
        return reading_of(content, task.message, profile_of(task.options))
    except PkiError as error:
        raise ProtocolError("bad_task", f"not the canonical XML that is signed: {error}") from error


def _check_pdf(task: Task, display: bytes) -> bytes:
    """Checks M against the file except its gap and this phone's certificate; returns the content's digest."""
    content = task.content
    update = task.update
    if content is None or update is None or task.media_type != "application/pdf":
        raise ProtocolError("bad_task", "a PDF without its content or its update")
    try:
        own = None if task.own_certificate is None else bytes.fromhex(task.own_certificate)
        whole = pdf_attributes(
            task.options, covered=covered_digest(content, update), display=display, certificate=own
        ).encode()
        gap = gap_in(content, update)
    except (PkiError, ValueError) as error:
        raise ProtocolError("bad_task", f"not a PDF that is ready to be signed: {error}") from error
    if task.message != whole or task.gap != gap:
        raise ProtocolError("bad_task", "the signed attributes belong to another file or display")
    return sm3(content)


def _check_options(task: Task, display_oids: Collection[str]) -> None:
    """Checks that the format's options are complete, and that the display uses an attribute that this phone knows."""
    options = task.options
    oid = None if options.display_oid is msgspec.UNSET else options.display_oid
    requested = msgspec.structs.replace(options, display_oid=msgspec.UNSET)
    try:
        whole = complete(task.format, requested, display_oid=oid)
    except OptionRefused as error:
        raise ProtocolError("bad_task", f"the option {error.field} is not allowed here") from error
    has_time = options.signing_time is True
    if whole != options or has_time != (task.signing_time is not msgspec.UNSET):
        raise ProtocolError("bad_task", "an option is missing, or there is an extra one")
    if oid is not None and oid not in display_oids:
        raise ProtocolError("bad_task", "the display is in an attribute that this phone doesn't know")


def _drawing(task: Task) -> Drawing:
    """Returns the rendering that the task claims. Raises: ProtocolError."""
    if not task.is_drawn:
        raise ProtocolError("bad_task", "a document without view and rendered lines, even if both are null")
    try:
        view = None if task.named_view is None else bytes.fromhex(task.named_view.digest)
        return Drawing(view, bytes.fromhex(task.drawn) if isinstance(task.drawn, str) else None)
    except ValueError as error:
        raise ProtocolError("malformed", "a digest that is not hex") from error


def drawn_lines(task: Task, read: ReadContent = read_content) -> Drawn | None:
    """Renders with exactly the view and digest that the task states; None if it states no view.

    Raises: ProtocolError (`bad_task`).
    """
    named = task.named_view
    if named is None:
        if isinstance(task.drawn, str):
            raise ProtocolError("bad_task", "no view draws the document")
        return None
    octets, content = task.view_octets, task.content
    if octets is None or content is None or sm3(octets).hex() != named.digest:
        raise ProtocolError("bad_task", "the view differs from the named one, or there is nothing to draw")
    try:
        view = read_view(octets)
        drawn = draw(view, content, read)
    except ViewError as error:
        raise ProtocolError("bad_task", f"the view doesn't draw it: {error}") from error
    if (view.octets, view.id, view.version) != (octets, named.id, named.version):
        raise ProtocolError("bad_task", "the view differs from the named one")
    if drawn.digest.hex() != task.drawn:
        raise ProtocolError("bad_task", "drawn differently than the service states")
    return drawn


def _compare(task: Task, drawn: Drawn | None, read: ReadContent) -> Words:
    lines = [(field.label, field.value) for field in task.display]
    if len(lines) > LINES:
        raise ProtocolError("bad_task", "more lines than can be compared")
    return compare_words(
        task.title, lines, content=task.content, media_type=task.media_type, drawn=drawn, read=read
    )
