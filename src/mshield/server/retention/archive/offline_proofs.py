"""Reads the proofs in an archive without database, service or manifest.

The file isn't trusted: evidence and proofs built from it are verified like any others.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec

from mshield.pki.certificates.certificate import Certificate, parse_certificate
from mshield.pki.errors import PkiError
from mshield.pki.signatures.evidence import (
    Evidence,
    EvidenceEntry,
    EvidenceLog,
    EvidenceStatus,
    EvidenceTimeStamp,
)
from mshield.pki.signatures.stored_display import read_display
from mshield.pki.tlog.act_proof import ActProof, ProvenAct
from mshield.pki.tlog.entry import parse_entry
from mshield.pki.tlog.merkle import leaf_hash
from mshield.pki.tlog.note import VerifierKey, open_checkpoint
from mshield.pki.tlog.tile_set import TileSet, tiles_above
from mshield.server.errors import NotFound
from mshield.server.log.entries import entry_of
from mshield.server.log.rows.log import ACTS
from mshield.server.requests.errors import EvidenceOver
from mshield.server.requests.evidence import Proven, bundle_of
from mshield.server.retention.archive.evidence import document_row, stamp_rows
from mshield.server.retention.archive.files import (
    NO_FORM,
    ArchiveError,
    Line,
    digest_of,
    read_archive,
    read_manifest,
)
from mshield.server.retention.archive.logged_rows import rows_of
from mshield.server.retention.rows.archiving import WholeDocument

Values = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class CheckedAlone:
    """Result of checking a file: kind, month, number of rows, and size of the log in which they are proven."""

    kind: str
    month: str
    rows: int
    size: int


@dataclass(slots=True)
class _File:
    """Contents of a file read so far. Only tiles above `places` are kept; None: all."""

    places: list[int] | None = None
    head: Values = field(default_factory=dict)
    certificates: dict[str, Values] = field(default_factory=dict)
    authorities: dict[bytes, Values] = field(default_factory=dict)
    views: dict[bytes, bytes] = field(default_factory=dict)
    log: Values = field(default_factory=dict)
    tiles: TileSet | None = None
    _kept: frozenset[tuple[int, int]] | None = None

    def read(self, file: Path, take: Callable[[Line], None]) -> TileSet:
        """Reads the file to its end and passes each request, act and events line to `take`. Raises: ArchiveError."""
        try:
            for line in read_archive(file):
                if line.name in {"request", "act", "events"}:
                    take(line)
                else:
                    self._take(line.name, line.values)
        except (PkiError, *NO_FORM) as error:
            raise ArchiveError("archive_changed", f"{file.name}: {error}") from error
        if self.tiles is None:
            raise ArchiveError("archive_changed", file.name)
        return self.tiles

    def _take(self, name: str, values: Values) -> None:
        match name:
            case "head":
                self.head = values
            case "certificate":
                self.certificates[values["serial"]] = values
            case "authority":
                self.authorities[values["key_id"]] = values
            case "view":
                self.views[values["digest"]] = values["octets"]
            case "log":
                self._begin(values)
            case "tile":
                self._tile(values)

    def _begin(self, values: Values) -> None:
        """Uses the key named in the archive; verifiers of the evidence decide whether they trust it."""
        size = open_checkpoint(values["checkpoint"], VerifierKey.parse(values["key"])).size
        self.log, self.tiles = values, TileSet(values["checkpoint"], size)
        if self.places is not None:
            self._kept = frozenset([(tile.level, tile.number) for tile in tiles_above(self.places, size)])

    def _tile(self, values: Values) -> None:
        place = values["level"], values["number"]
        if self.tiles is not None and (self._kept is None or place in self._kept):
            self.tiles.put(*place, values["hashes"])


def require_manifest(file: Path) -> None:
    """Raises ArchiveError if there is a manifest next to the file and it belongs to another file."""
    manifest = file.with_name(file.name.removesuffix(".jsonl.gz") + ".manifest.json")
    if manifest.exists() and read_manifest(manifest).sha256 != digest_of(file):
        raise ArchiveError("archive_changed", file.name)


def bundle_alone(file: Path, request_id: str, place: int) -> Evidence:
    """Builds the evidence bundle of a request's document.

    Raises: NotFound, EvidenceOver (the CA had expired when it was archived), ContentErased, ArchiveError.
    """
    places: list[int] = []
    read, chosen = _File(places), []

    def take(line: Line) -> None:
        if line.whole is None or line.whole.request["id"] != request_id:
            return
        for document, proof in zip(line.whole.documents, line.proofs, strict=True):
            if document.task["position"] == place and document.signature is not None and proof is not None:
                chosen.append((line.whole, document, proof))
                places.append(document.signature["log_index"])
                if proof["view"] is not None:
                    places.append(proof["view"]["index"])

    tiles = read.read(file, take)
    if not chosen:
        raise NotFound
    whole, document, proof = chosen[0]
    try:
        row = document_row(whole, document, read.certificates)
        if row.signed is None:
            raise NotFound
        chain, status = _authority(read, parse_certificate(row.signed.certificate), row.signed.serial)
        view = read_display(row.display).view
        octets = None if view is None else read.views[view.digest]
        proven = Proven(chain, status, _log(read.log, tiles, document, proof), octets)
        return bundle_of(row, row.signed, stamp_rows(document), proven)
    except (PkiError, *NO_FORM) as error:
        raise ArchiveError("archive_changed", f"{file.name}: {error}") from error


def act_alone(file: Path, act_id: str) -> ActProof:
    """Builds the proof of an act from an archive of acts. Raises: NotFound, ArchiveError."""
    places: list[int] = []
    chosen: list[Values] = []

    def take(line: Line) -> None:
        if line.name == "act" and line.values["row"]["id"] == act_id:
            chosen.append(line.values)
            places.append(line.values["row"]["log_index"])

    tiles = _File(places).read(file, take)
    if not chosen:
        raise NotFound
    try:
        (values,) = chosen
        act = ProvenAct(**{name: values["row"][name] for name in ACTS.columns})
        return ActProof(act, values["salt"], tiles.prove(values["entry"], values["row"]["log_index"]))
    except (PkiError, *NO_FORM) as error:
        raise ArchiveError("archive_changed", f"{file.name}: {error}") from error


def check_alone(file: Path, log_key: VerifierKey) -> CheckedAlone:
    """Recomputes each row's entry with the salt stored beside it, and checks it against the checkpoint's tree.

    Uses about 100 bytes of memory per row. Raises: ArchiveError, LogError.
    """
    read, leaves = _File(), dict[int, bytes]()

    def take(line: Line) -> None:
        for row, salt in rows_of(line):
            index = row.values["log_index"]
            if index in leaves:
                raise ArchiveError("archive_changed", file.name)
            try:
                leaves[index] = leaf_hash(entry_of(row, _Salted(salt)))
            except (PkiError, *NO_FORM) as error:
                raise ArchiveError("archive_row_changed", f"{index}") from error

    tiles = read.read(file, take)
    try:
        checkpoint = tiles.check(log_key, leaves)
    except NO_FORM as error:
        raise ArchiveError("archive_changed", f"{file.name}: {error}") from error
    return CheckedAlone(read.head["kind"], read.head["month"], len(leaves), checkpoint.size)


@dataclass(frozen=True, slots=True)
class _Salted:
    """Stand-in for the service's salt key: returns the salt stored with the row."""

    of_row: bytes

    def salt(self, _kind: int, _row_id: bytes) -> bytes:
        return self.of_row


def _authority(
    read: _File, certificate: Certificate, serial: str
) -> tuple[tuple[Certificate, Certificate], EvidenceStatus]:
    above, ocsp = read.authorities[certificate.aki or b""], read.certificates[serial]["ocsp"]
    if ocsp is None or above["ocsp"] is None:
        raise EvidenceOver
    chain = parse_certificate(above["issuing"]), parse_certificate(above["root"])
    return chain, EvidenceStatus(ocsp=ocsp, ca_ocsp=above["ocsp"])


def _log(values: Values, tiles: TileSet, document: WholeDocument, proof: Values) -> EvidenceLog:
    assert document.signature is not None  # noqa: S101  # chosen because it has one
    own = tiles.prove(proof["entry"], document.signature["log_index"])
    stamps = tuple([EvidenceTimeStamp(**stamp) for stamp in values["time_stamps"]])
    return EvidenceLog(
        key=values["key"],
        uid=document.signature["uid"].hex(),
        salt=proof["salt"],
        entry=own.entry,
        index=own.index,
        hashes=own.hashes,
        checkpoint=own.checkpoint,
        view=_view(tiles, proof["view"], document.signature["signed_at"]),
        time_stamps=stamps or msgspec.UNSET,
    )


def _view(tiles: TileSet, view: Values | None, signed_at: int) -> EvidenceEntry | msgspec.UnsetType:
    """Returns the view's entry; unset if clocks dated it after the signature, as in the service's own bundles."""
    if view is None or parse_entry(view["entry"]).at > signed_at:
        return msgspec.UNSET
    proof = tiles.prove(view["entry"], view["index"])
    return EvidenceEntry(entry=proof.entry, index=proof.index, hashes=proof.hashes)
