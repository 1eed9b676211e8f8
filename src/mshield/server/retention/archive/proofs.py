"""Proofs in an archive besides its rows, for verification without the service: salts, entries, statuses, tiles.

A certificate's status is signed while its month is written, long after all its signatures. One checkpoint
proves all rows: the first stamped or cosigned one that includes the last of them, otherwise the log's newest.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from mshield.gm.engine import Engine
from mshield.pki.certificates.certificate import Certificate, parse_certificate
from mshield.pki.signatures.stored_display import read_display
from mshield.pki.tlog.entry import Kind
from mshield.pki.tlog.note import open_checkpoint
from mshield.pki.tlog.tile_set import tiles_above
from mshield.pki.tlog.tiles import HEIGHT, WIDTH, split_bundle
from mshield.server.authorities.authority import Authorities, load_authorities
from mshield.server.keys.errors import NoAuthority
from mshield.server.keys.keyring import Keyring
from mshield.server.log.damage import NotLogged
from mshield.server.log.open_log import Log
from mshield.server.log.read import read_tile
from mshield.server.log.rows.log import find_bundle, view_position
from mshield.server.publication.publisher import CaEnded, Publisher
from mshield.server.requests.checkpoint_stamps import checkpoint_for
from mshield.server.retention.archive.files import ArchiveError, ArchiveWriter, encoded
from mshield.server.retention.rows.archiving import Whole, WholeDocument
from mshield.server.settings.settings import Settings
from mshield.server.systems.rows import views

Proof = Mapping[str, Any]
"""Proof of a document: `salt` and `entry` of its signature; `view` has `index` and `entry` of its view, or is None."""

_NOTHING: Final[Mapping[str, Any] | None] = None


@dataclass(slots=True)
class Prover:
    """Writer of the proofs of one file. Only the service can run it: it needs the CA keys to sign statuses."""

    log: Log
    ca: tuple[Authorities, Publisher] | None
    """None if there is no CA yet; then there are only acts to archive."""

    _put: set[tuple[str, str | bytes]] = field(default_factory=set)
    _places: list[int] = field(default_factory=list)

    @classmethod
    async def of(cls, log: Log, keyring: Keyring, engine: Engine, settings: Settings) -> "Prover":
        """Creates the prover of one file. Raises: KeysError, StoreError."""
        try:
            authorities = await load_authorities(log.db, keyring, engine)
        except NoAuthority:
            return cls(log, None)
        return cls(log, (authorities, Publisher(log.db, keyring, engine, settings, authorities)))

    async def certificate(self, writer: ArchiveWriter, row: Mapping[str, Any], *, now: int) -> None:
        """Writes a certificate with its status, preceded by its issuing CA; each only once.

        Raises: NoAuthority.
        """
        if self.ca is None:
            raise NoAuthority("没有这张证书的签发机构", "the CA of this certificate is missing")
        authorities, publisher = self.ca
        if self._is_new("certificate", row["serial"]):
            certificate = parse_certificate(row["der"])
            await self._authority(writer, certificate, authorities, publisher, now=now)
            try:
                # The service never answers for the status of another CA's certificates.
                own = authorities.issued(certificate)
                ocsp = await publisher.ocsp_for(row["serial"], now=now) if own else None
            except CaEnded:
                ocsp = None
            writer.put({"certificate": encoded({**row, "ocsp": ocsp})})

    async def request(self, writer: ArchiveWriter, whole: Whole, entries: Mapping[bytes, bytes]) -> None:
        """Writes a request; `entries` are the log entries of its signatures, by sid."""
        proofs = [
            None
            if document.signature is None
            else await self._proof(writer, whole, document, entries[document.task["sid"]])
            for document in whole.documents
        ]
        writer.request(whole, proofs)

    async def end(self, writer: ArchiveWriter, *, now: int) -> None:
        """Writes the checkpoint and tiles after all rows. Raises: ArchiveError."""
        places = [*writer.places, *self._places]
        try:
            note, stamps = await checkpoint_for(self.log, index=max(places), now=now)
        except NotLogged as error:
            raise ArchiveError("archive_not_logged") from error
        size = open_checkpoint(note, self.log.key.verifier).size
        time_stamps = [{"token": stamp.token, "profile": stamp.profile, "at": stamp.at} for stamp in stamps]
        writer.put(
            {
                "log": encoded(
                    {"key": str(self.log.key.verifier), "checkpoint": note, "time_stamps": time_stamps}
                )
            }
        )
        for tile in tiles_above(places, size):
            hashes = await read_tile(self.log, tile)
            if hashes is None:
                raise ArchiveError("archive_not_logged", tile.path)
            writer.put({"tile": encoded({"level": tile.level, "number": tile.number, "hashes": hashes})})

    async def _authority(
        self,
        writer: ArchiveWriter,
        certificate: Certificate,
        authorities: Authorities,
        publisher: Publisher,
        *,
        now: int,
    ) -> None:
        if certificate.aki is None or not self._is_new("authority", certificate.aki):
            return
        try:
            issuing, root = authorities.chain_of(certificate)
        except NoAuthority:
            return
        try:
            ocsp = await publisher.ocsp_for_ca(issuing, now=now, since=0)
        except CaEnded:
            ocsp = None
        writer.put(
            {
                "authority": encoded(
                    {"key_id": issuing.ski, "issuing": issuing.der, "root": root.der, "ocsp": ocsp}
                )
            }
        )

    async def _proof(
        self, writer: ArchiveWriter, whole: Whole, document: WholeDocument, entry: bytes
    ) -> Proof:
        salt = self.log.key.salt(Kind.SIGNATURE, document.task["sid"])
        view = read_display(document.task["display"]).view
        return {
            "salt": salt,
            "entry": entry,
            "view": _NOTHING if view is None else await self._view(writer, whole, view.digest),
        }

    async def _view(self, writer: ArchiveWriter, whole: Whole, digest: bytes) -> Mapping[str, Any] | None:
        """Returns index and entry of the view's registration for the business system; None if it isn't logged."""
        if self._is_new("view", digest):
            octets = await views.octets_of(self.log.db, digest=digest)
            writer.put({"view": encoded({"digest": digest, "octets": octets})})
        index = await view_position(self.log.db, client_id=whole.request["client_id"], digest=digest)
        bundle = None if index is None else await find_bundle(self.log.db, number=index >> HEIGHT)
        if index is None or bundle is None:
            return None
        self._places.append(index)
        return {"index": index, "entry": split_bundle(bundle.content)[index % WIDTH]}

    def _is_new(self, kind: str, key: str | bytes) -> bool:
        if (kind, key) in self._put:
            return False
        self._put.add((kind, key))
        return True
