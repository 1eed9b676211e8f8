"""Log entry of a row; docs/log.md lists its content and what an outsider can learn from it."""

import hashlib
from collections.abc import Callable, Mapping
from typing import Final, Protocol

from mshield.gm.sm3 import sm3
from mshield.pki.errors import LogFormError
from mshield.pki.signatures.display import display_bytes, read_pages
from mshield.pki.signatures.signed_attributes import DIGEST_BYTES
from mshield.pki.signatures.stored_display import read_display
from mshield.pki.tlog.entry import (
    BELONGS,
    NO_CERTIFICATE,
    SERIAL_BYTES,
    SID_BYTES,
    ActEntry,
    CertificateEntry,
    Kind,
    Published,
    SignatureEntry,
    ViewEntry,
    asked_by,
    binding,
    canonical,
    commitment,
    hashed_person,
)
from mshield.server.database.interface import Row
from mshield.server.log.findings import shown
from mshield.server.log.rows.log import (
    ACTS,
    CHANGES,
    EVENTS,
    ISSUED,
    ISSUES,
    SIGNATURES,
    VIEWS,
    Source,
    SourceRow,
)

_SHOWN: Final = ("shown", "confirmed", "pages")
_HOLDER: Final = ("shield_number", "id_number_masked")
_ENDED: Final = frozenset({"revoked", "superseded"})


class Salts(Protocol):
    """Source of row salts: derived by the log's key, or stored beside the rows in a file."""

    def salt(self, kind: int, row_id: bytes, /) -> bytes:
        """Returns the salt of a row, 32 bytes."""


def entry_of(row: SourceRow, key: Salts) -> bytes:
    """Returns the encoded entry. Raises: LogFormError (a row that this service never writes)."""
    try:
        return _ENTRIES[row.source](row.values, key)
    except (ValueError, TypeError, OverflowError, AttributeError, KeyError) as error:
        raise LogFormError(f"a row of {row.source.table} is malformed: {shown(row.id)}") from error


def time_of(row: SourceRow) -> int:
    """Returns the time of the event, ms."""
    at: int = row.values["signed_at" if row.source is SIGNATURES else "at"]
    return at


def _signature(values: Row, key: Salts) -> bytes:
    sid, row = _exactly(values["sid"], SID_BYTES), _row(SIGNATURES.columns, values)
    if values["request_id"] is not None:
        row += _requested(values)
    elif any(values[name] is not None for name in (*_SHOWN, *_HOLDER)):
        raise ValueError("a display or a shield of a document without a request")
    return SignatureEntry(
        at=values["signed_at"],
        sid=sid,
        binding=binding(values["digest"], values["signature"]),
        row=commitment(key.salt(Kind.SIGNATURE, sid), row),
    ).encode()


def _requested(values: Row) -> bytes:
    """Returns the additional columns for a document that a business system requested.

    A login has none about its display.
    """
    if values["shield_number"] is None:
        raise ValueError("a requested signature without a shield number")
    row = canonical(("asked",), (_requester_digest(values),))
    if values["shown"] is not None:
        row += canonical(("shown",), (_display_digest(values),))
    elif values["confirmed"] is not None or values["pages"] is not None:
        raise ValueError("a confirmation or pages without a display")
    return row + _row(_HOLDER, values) + canonical(tuple(BELONGS), tuple(BELONGS.values()))


def _display_digest(values: Row) -> bytes:
    """Returns the digest of the displayed content, which must follow from display, confirmed word and pages."""
    digest, bound = _exactly(values["shown"], DIGEST_BYTES), read_display(values["display"]).bound
    pages = None if values["pages"] is None else read_pages(values["pages"])
    if bound is None or bound.shown(values["confirmed"], pages) != digest:
        raise ValueError("a word other than the confirmed one")
    return digest


def _requester_digest(values: Row) -> bytes:
    stored = read_display(values["display"])
    content_size = values["content_size"]
    if content_size is None and values["size"] is None:  # the message itself is the content
        content_size = values["message_size"]
    display = display_bytes(
        title=values["title"],
        media_type=values["media_type"],
        size=values["size"] if content_size is None else content_size,
        lines=stored.lines,
        drawing=stored.drawing,
    )
    return asked_by(
        client_id=values["client_id"],
        name=values["asker_name"],
        domain=values["asker_domain"],
        display=display,
    )


def _event(values: Row, key: Salts) -> bytes:
    row, certificate = _row(EVENTS.columns, values), NO_CERTIFICATE
    if values["event"] in ISSUES and values["der"] is not None:
        row += _row(ISSUED, values)
        certificate = hashlib.sha256(values["der"]).digest()
    return CertificateEntry(
        at=values["at"],
        serial=_exactly(bytes.fromhex(values["serial"]), SERIAL_BYTES),
        status=_published(values),
        certificate=certificate,
        row=commitment(key.salt(Kind.CERTIFICATE, values["id"].encode()), row),
    ).encode()


def _act(values: Row, key: Salts) -> bytes:
    return _hidden(ACTS, values, key)


def _change(values: Row, key: Salts) -> bytes:
    return _hidden(CHANGES, values, key)


def _hidden(source: Source, values: Row, key: Salts) -> bytes:
    """Encodes an entry that reveals only the time: ids are random, and the commitment includes the column names."""
    salt = key.salt(Kind.ACT, values["id"].encode())
    return ActEntry(at=values["at"], row=commitment(salt, _row(source.columns, values))).encode()


def _view(values: Row, key: Salts) -> bytes:
    if sm3(values["octets"]) != values["digest"]:
        raise ValueError(values["digest"])
    salt = key.salt(Kind.VIEW, values["id"].encode())
    return ViewEntry(
        at=values["at"],
        client_id=values["client_id"],
        view_id=values["view_id"],
        version=values["version"],
        digest=values["digest"],
        asked_by=hashed_person(values["asked_by"]),
        approved_by=hashed_person(values["approved_by"]),
        row=commitment(salt, _row(VIEWS.columns, values)),
    ).encode()


def _row(columns: tuple[str, ...], values: Row) -> bytes:
    return canonical(columns, [values[name] for name in columns])


def _exactly(value: bytes, length: int) -> bytes:
    if len(value) != length:
        raise ValueError(length)
    return value


def _published(values: Row) -> Published:
    if values["state"] in _ENDED:
        return Published.REVOKED
    return Published.ON_HOLD if values["holds"] else Published.GOOD


_ENTRIES: Final[Mapping[Source, Callable[[Row, Salts], bytes]]] = {
    SIGNATURES: _signature,
    EVENTS: _event,
    ACTS: _act,
    CHANGES: _change,
    VIEWS: _view,
}
