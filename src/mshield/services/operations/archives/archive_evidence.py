"""Evidence for archived signatures, and finding them: what their rows said, from the file in place of the database."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from mshield.domain import errors
from mshield.gm.engine import Engine
from mshield.keys.authority import load_authorities
from mshield.keys.keyring import Keyring
from mshield.keys.secrets import load_lookup_key
from mshield.pki.tlog.entry import Holder
from mshield.services.operations.archives.archive import Archive
from mshield.services.publication.publisher import Publisher
from mshield.services.requests.evidence import MakeEvidence
from mshield.services.requests.secrets import RequestSecrets
from mshield.store.requests.archiving import Whole, WholeDocument
from mshield.store.requests.evidence import DocumentRow, SignatureRow
from mshield.store.requests.time_stamps import StampRow


@dataclass(frozen=True, slots=True)
class ArchivedEvidence:
    """Makes bundles of what is in an archive."""

    archive: Archive
    keyring: Keyring
    engine: Engine

    async def __call__(self, request_id: str, place: int, *, month: str | None = None, now: int) -> bytes:
        """The bundle of a document of a request. Raises NotFound, ArchiveError, and what evidence raises."""
        for one in [month] if month else self.archive.months():
            for whole in self.archive.requests(one):
                if whole.request["id"] == request_id:
                    document = next((doc for doc in whole.documents if doc.task["position"] == place), None)
                    if document is None:
                        raise errors.NotFound
                    return await self._made(
                        document_row(whole, document, self.archive.certificates(one)), document, now
                    )
        raise errors.NotFound

    async def _made(self, row: DocumentRow, document: WholeDocument, now: int) -> bytes:
        archive = self.archive
        authorities = await load_authorities(archive.db, self.keyring, self.engine)
        publisher = Publisher(archive.db, self.keyring, self.engine, archive.settings, authorities)
        secrets = RequestSecrets(await load_lookup_key(archive.db, self.keyring, now=now))
        make = MakeEvidence(archive.db, authorities, publisher, archive.log, secrets)
        bundle = await make.of_row(row, stamp_rows(document), now=now)
        return bundle.encode()


def search(archive: Archive, month: str, **wanted: str | None) -> Iterator[dict[str, object]]:
    """The signatures of a month for which each of these that is there holds."""
    for whole in archive.requests(month):
        for document in whole.documents:
            signature = document.signature
            if signature is None:
                continue
            line: dict[str, object] = {
                "month": month,
                "request": whole.request["id"],
                "document": document.task["position"],
                "sid": document.task["sid"].hex(),
                "client_id": whole.request["client_id"],
                "shield_number": signature["shield_number"],
                "signed_at": signature["signed_at"],
                "title": document.task["title"],
            }
            names = {"request_id": "request"}
            if all(value in (None, line[names.get(name, name)]) for name, value in wanted.items()):
                yield line


def document_row(
    whole: Whole, document: WholeDocument, certificates: Mapping[str, Mapping[str, Any]]
) -> DocumentRow:
    """A document as the database would give it; `certificates` are those of the file, by serial."""
    request, task, signature = whole.request, document.task, document.signature
    return DocumentRow(
        request_id=request["id"],
        kind=request["kind"],
        channel=request["channel"],
        client_id=request["client_id"],
        system_name=request["asker_name"],
        domain=request["asker_domain"],
        sid=task["sid"],
        title=task["title"],
        media_type=task["media_type"],
        format=task["format"],
        message=task["message"],
        content=task["content"],
        erased_digest=task["erased_digest"],
        is_erased=task["erased_at"] is not None,
        prepared=task["prepared"],
        size=task["size"],
        display=task["display"],
        state=task["state"],
        signed=None if signature is None else _signature(signature, certificates[signature["serial"]]),
    )


def _signature(row: Any, certificate: Any) -> SignatureRow:
    number = row["shield_number"]
    return SignatureRow(
        uid=row["uid"],
        signature=row["signature"],
        signed_at=row["signed_at"],
        serial=row["serial"],
        certificate=certificate["der"],
        log_index=row["log_index"],
        confirmed=row["confirmed"],
        pages=row["pages"],
        shield_number=certificate["shield_number"],
        holder=None if number is None else Holder(number, row["id_number_masked"]),
    )


def stamp_rows(document: WholeDocument) -> list[StampRow]:
    """Its time stamps, in the order in which bundles have them."""
    stamps = sorted(document.time_stamps, key=lambda stamp: (stamp["stamped_at"] or 0, stamp["id"]))
    return [_stamp(stamp) for stamp in stamps]


def _stamp(row: Any) -> StampRow:
    return StampRow(
        state=row["state"],
        token=row["token"],
        profile=row["profile"],
        stamped_at=row["stamped_at"],
        renews=row["renews"] is not None,
    )
