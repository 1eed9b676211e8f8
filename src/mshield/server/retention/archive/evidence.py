"""Evidence for archived signatures, and searching them: reads rows from the file instead of the database."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from mshield.gm.engine import Engine
from mshield.pki.tlog.entry import Holder
from mshield.server.authorities.authority import load_authorities
from mshield.server.authorities.chains import Chains
from mshield.server.errors import NotFound
from mshield.server.keys.keyring import Keyring
from mshield.server.keys.secrets import load_lookup_key
from mshield.server.publication.publisher import Publisher
from mshield.server.requests.evidence import MakeEvidence
from mshield.server.requests.rows.evidence import DocumentRow, SignatureRow
from mshield.server.requests.rows.time_stamps import StampRow
from mshield.server.requests.secrets import RequestSecrets
from mshield.server.retention.archive.write import Archive
from mshield.server.retention.rows.archiving import Whole, WholeDocument


@dataclass(frozen=True, slots=True)
class ArchivedEvidence:
    """Builder of evidence bundles for archived documents."""

    archive: Archive
    keyring: Keyring
    engine: Engine

    async def __call__(self, request_id: str, place: int, *, month: str | None = None, now: int) -> bytes:
        """Builds the bundle of a request's document. Raises: NotFound, ArchiveError, and as `MakeEvidence`."""
        for archived_month in [month] if month else self.archive.months():
            for whole in self.archive.requests(archived_month):
                if whole.request["id"] == request_id:
                    document = next((doc for doc in whole.documents if doc.task["position"] == place), None)
                    if document is None:
                        raise NotFound
                    return await self._made(
                        document_row(whole, document, self.archive.certificates(archived_month)),
                        document,
                        now,
                    )
        raise NotFound

    async def _made(self, row: DocumentRow, document: WholeDocument, now: int) -> bytes:
        archive = self.archive
        authorities = await load_authorities(archive.db, self.keyring, self.engine)
        publisher = Publisher(archive.db, self.keyring, self.engine, archive.settings, authorities)
        secrets = RequestSecrets(await load_lookup_key(archive.db, self.keyring, now=now))
        make = MakeEvidence(archive.db, Chains(archive.db, authorities), publisher, archive.log, secrets)
        bundle = await make.of_row(row, stamp_rows(document), now=now)
        return bundle.encode()


def search(archive: Archive, month: str, **wanted: str | None) -> Iterator[dict[str, object]]:
    """Yields the signatures of a month that match all given conditions; None matches everything."""
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
    """Returns a document row as the database would; `certificates` are those of the file, by serial."""
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
        holder=Holder(row["shield_number"], row["id_number_masked"]),
    )


def stamp_rows(document: WholeDocument) -> list[StampRow]:
    """Returns the document's time stamps in the order of evidence bundles."""
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
