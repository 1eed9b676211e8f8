"""Reads what an archive proves by itself: no database, no service, no manifest, only what its reader trusts.

Nothing in the file is believed: bundles and proofs that are made of it are verified as anybody's are.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec

from mshield.domain import errors
from mshield.pki.certificates.certificate import Certificate, parse_certificate
from mshield.pki.errors import PkiError
from mshield.pki.signatures.evidence import (
    Evidence,
    EvidenceEntry,
    EvidenceLog,
    EvidenceStatus,
    EvidenceTimeStamp,
)
from mshield.pki.signatures.kept_display import read_display
from mshield.pki.tlog.act_proof import ActProof, ProvenAct
from mshield.pki.tlog.entry import parse_entry
from mshield.pki.tlog.merkle import leaf_hash
from mshield.pki.tlog.note import VerifierKey, open_checkpoint
from mshield.pki.tlog.tile_set import TileSet, tiles_above
from mshield.services.log.entries import entry_of
from mshield.services.operations.archives.archive_evidence import document_row, stamp_rows
from mshield.services.operations.archives.archive_files import (
    NO_FORM,
    ArchiveError,
    Line,
    digest_of,
    read_archive,
    read_manifest,
)
from mshield.services.operations.archives.logged_rows import rows_of
from mshield.services.requests.evidence import Proven, bundle_of
from mshield.store.log.log import ACTS
from mshield.store.requests.archiving import WholeDocument

Values = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class CheckedAlone:
    """What a check of a file saw: its kind and month, how many rows, and the size of the log that proves them."""

    kind: str
    month: str
    rows: int
    size: int


@dataclass(slots=True)
class _File:
    """What a file was read for so far. `places` are those whose tiles are kept, None: all."""

    places: list[int] | None = None
    head: Values = field(default_factory=dict)
    certificates: dict[str, Values] = field(default_factory=dict)
    authorities: dict[bytes, Values] = field(default_factory=dict)
    views: dict[bytes, bytes] = field(default_factory=dict)
    log: Values = field(default_factory=dict)
    tiles: TileSet | None = None
    _kept: frozenset[tuple[int, int]] | None = None

    def read(self, file: Path, take: Callable[[Line], None]) -> TileSet:
        """Reads it to its end; `take` gets each request, act and certificate's events. Raises ArchiveError."""
        try:
            for line in read_archive(file):
                if line.name in {"request", "act", "events"}:
                    take(line)
                else:
                    self._take(line.name, line.values, file)
        except (PkiError, *NO_FORM) as error:
            raise ArchiveError("archive_changed", f"{file.name}: {error}") from error
        if self.tiles is None:
            raise ArchiveError("archive_changed", file.name)
        return self.tiles

    def _take(self, name: str, values: Values, file: Path) -> None:
        match name:
            case "head":
                if not values["proven"]:
                    raise ArchiveError("archive_not_proven", file.name)
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
        """Takes the key that the archive names: whoever verifies the evidence says which they trust."""
        size = open_checkpoint(values["checkpoint"], VerifierKey.parse(values["key"])).size
        self.log, self.tiles = values, TileSet(values["checkpoint"], size)
        if self.places is not None:
            self._kept = frozenset([(tile.level, tile.number) for tile in tiles_above(self.places, size)])

    def _tile(self, values: Values) -> None:
        place = values["level"], values["number"]
        if self.tiles is not None and (self._kept is None or place in self._kept):
            self.tiles.put(*place, values["hashes"])


def require_manifest(file: Path) -> None:
    """Raises ArchiveError where a manifest lies beside a file, and isn't this one's; without one nothing is asked."""
    manifest = file.with_name(file.name.removesuffix(".jsonl.gz") + ".manifest.json")
    if manifest.exists() and read_manifest(manifest).sha256 != digest_of(file):
        raise ArchiveError("archive_changed", file.name)


def bundle_alone(file: Path, request_id: str, place: int) -> Evidence:
    """The bundle of a document of a request.

    Raises NotFound; EvidenceOver where the CA was over when it was archived; ContentErased; ArchiveError.
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
        raise errors.NotFound
    whole, document, proof = chosen[0]
    try:
        row = document_row(whole, document, read.certificates)
        if row.signed is None:
            raise errors.NotFound
        chain, status = _authority(read, parse_certificate(row.signed.certificate), row.signed.serial)
        view = read_display(row.display).view
        octets = None if view is None else read.views[view.digest]
        proven = Proven(chain, status, _log(read.log, tiles, document, proof), octets)
        return bundle_of(row, row.signed, stamp_rows(document), proven)
    except (PkiError, *NO_FORM) as error:
        raise ArchiveError("archive_changed", f"{file.name}: {error}") from error


def act_alone(file: Path, act_id: str) -> ActProof:
    """The proof of an act in an archive of acts. Raises NotFound, ArchiveError."""
    places: list[int] = []
    chosen: list[Values] = []

    def take(line: Line) -> None:
        if line.name == "act" and line.values["row"]["id"] == act_id:
            chosen.append(line.values)
            places.append(line.values["row"]["log_index"])

    tiles = _File(places).read(file, take)
    if not chosen:
        raise errors.NotFound
    try:
        (values,) = chosen
        act = ProvenAct(**{name: values["row"][name] for name in ACTS.columns})
        return ActProof(act, values["salt"], tiles.prove(values["entry"], values["row"]["log_index"]))
    except (PkiError, *NO_FORM) as error:
        raise ArchiveError("archive_changed", f"{file.name}: {error}") from error


def check_alone(file: Path, log_key: VerifierKey) -> CheckedAlone:
    """Each row's entry is made anew with the salt beside it, and has to stand in the tree of the checkpoint.

    Memory: some 100 octets for each row. Raises ArchiveError, LogError.
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
    """Stands for the key by which the service makes salts: here a row brings its own."""

    of_row: bytes

    def salt(self, _kind: int, _row_id: bytes) -> bytes:
        return self.of_row


def _authority(
    read: _File, certificate: Certificate, serial: str
) -> tuple[tuple[Certificate, Certificate], EvidenceStatus]:
    above, ocsp = read.authorities[certificate.aki or b""], read.certificates[serial]["ocsp"]
    if ocsp is None or above["ocsp"] is None:
        raise errors.EvidenceOver
    chain = parse_certificate(above["issuing"]), parse_certificate(above["root"])
    return chain, EvidenceStatus(ocsp=ocsp, ca_ocsp=above["ocsp"])


def _log(values: Values, tiles: TileSet, document: WholeDocument, proof: Values) -> EvidenceLog:
    assert document.signature is not None  # noqa: S101  # it was chosen for having one
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
    """As in the service's own bundle: one that clocks put behind the signature proves nothing."""
    if view is None or parse_entry(view["entry"]).at > signed_at:
        return msgspec.UNSET
    proof = tiles.prove(view["entry"], view["index"])
    return EvidenceEntry(entry=proof.entry, index=proof.index, hashes=proof.hashes)
