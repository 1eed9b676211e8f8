"""Makes the log's entry of a row. docs/log.md says what is in it, and what an outsider learns from it."""

import hashlib
from collections.abc import Callable, Mapping
from typing import Final, Protocol

from mshield.gm.sm3 import sm3
from mshield.pki.errors import LogFormError
from mshield.pki.signatures.display import display_bytes, read_pages
from mshield.pki.signatures.kept_display import read_display
from mshield.pki.signatures.signed_attributes import DIGEST_BYTES
from mshield.pki.tlog.entry import (
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
from mshield.services.log.findings import shown
from mshield.store.database.interface import Row
from mshield.store.log.log import ACTS, CHANGES, EVENTS, ISSUED, ISSUES, SIGNATURES, VIEWS, Source, SourceRow

_WITH_ASKER: Final = 2
_WITH_SHOWN: Final = 3
_WITH_HOLDER: Final = 4
_FORMS: Final = (1, _WITH_ASKER, _WITH_SHOWN, _WITH_HOLDER)
_HOLDER: Final = ("shield_number", "id_number_masked")
_ENDED: Final = frozenset({"revoked", "superseded"})


class Salts(Protocol):
    """Gives the salts of rows: the log's key derives them, or a file has them beside the rows."""

    def salt(self, kind: int, row_id: bytes, /) -> bytes:
        """The salt of a row, 32 bytes."""


def entry_of(row: SourceRow, key: Salts) -> bytes:
    """The entry, encoded. Raises LogFormError for a row that this service never writes."""
    try:
        return _ENTRIES[row.source](row.values, key)
    except (ValueError, TypeError, OverflowError, AttributeError, KeyError) as error:
        raise LogFormError(f"a row of {row.source.table} is not of its form: {shown(row.id)}") from error


def time_of(row: SourceRow) -> int:
    """When it happened, ms."""
    at: int = row.values["signed_at" if row.source is SIGNATURES else "at"]
    return at


def _signature(values: Row, key: Salts) -> bytes:
    sid, row = _exactly(values["sid"], SID_BYTES), _row(SIGNATURES.columns, values)
    form = _exactly_one(values["row_form"], _FORMS)
    if form >= _WITH_ASKER and values["request_id"] is not None:
        row += canonical(("asked",), (_asked(values),))
    if form == _WITH_SHOWN or (form == _WITH_HOLDER and values["shown"] is not None):
        row += canonical(("shown",), (_shown(values),))
    elif any(values[name] is not None for name in ("shown", "confirmed", "pages")):
        raise ValueError("what was shown, where nothing was told of it")
    if form == _WITH_HOLDER:
        row += _row(_HOLDER, values)
    elif any(values[name] is not None for name in _HOLDER):
        raise ValueError("whose shield it was, where nothing was told of it")
    return SignatureEntry(
        at=values["signed_at"],
        sid=sid,
        binding=binding(values["digest"], values["signature"]),
        row=commitment(key.salt(Kind.SIGNATURE, sid), row),
    ).encode()


def _shown(values: Row) -> bytes:
    """What the entry covers; the word that was confirmed has to give it, with the display."""
    digest, bound = _exactly(values["shown"], DIGEST_BYTES), read_display(values["display"]).bound
    pages = None if values["pages"] is None else read_pages(values["pages"])
    if bound is None or bound.shown(values["confirmed"], pages) != digest:
        raise ValueError("another word than was confirmed")
    return digest


def _asked(values: Row) -> bytes:
    kept = read_display(values["display"])
    held = values["content_size"]
    if held is None and values["size"] is None:  # M is the content
        held = values["message_size"]
    display = display_bytes(
        title=values["title"],
        media_type=values["media_type"],
        size=values["size"] if held is None else held,
        lines=kept.lines,
        drawing=kept.drawing,
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
    """An entry that shows nothing but the time. Ids are random, and the commitment names the columns."""
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


def _exactly_one(value: object, known: tuple[int, ...]) -> int:
    if type(value) is not int or value not in known:
        raise ValueError(value)
    return value


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
