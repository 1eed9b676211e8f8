"""The bundle of evidence for one signed document: signature, chain, statuses made after it, the log's proof."""

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

from mshield.domain import errors
from mshield.domain.ids import require_id
from mshield.gm.sm2 import Signature
from mshield.gm.sm3 import sm3
from mshield.keys.authority import Authorities
from mshield.pki.certificates.certificate import Certificate, parse_certificate
from mshield.pki.signatures import cms
from mshield.pki.signatures.display import Bound, Confirmed, read_pages
from mshield.pki.signatures.evidence import (
    TYPE,
    Evidence,
    EvidenceDocument,
    EvidenceEntry,
    EvidenceHolder,
    EvidenceLine,
    EvidenceLog,
    EvidenceRequest,
    EvidenceShown,
    EvidenceSignature,
    EvidenceStatus,
    EvidenceSystem,
    EvidenceTimeStamp,
)
from mshield.pki.signatures.formats import FORMATS, NO_OPTIONS, PDF, XML, inside, wrapper_of
from mshield.pki.signatures.kept_display import KeptDisplay, NamedView, read_display
from mshield.pki.signatures.pdf import PdfAttributes
from mshield.pki.signatures.signed_attributes import SignedAttributes
from mshield.pki.tlog.entry import Holder, parse_entry
from mshield.pki.tlog.entry import Kind as EntryKind
from mshield.pki.tlog.proof import InclusionProof
from mshield.services.accounts.session import PhoneLogin
from mshield.services.log.errors import NotLogged
from mshield.services.log.open_log import Log
from mshield.services.log.read import prove_under
from mshield.services.publication.publisher import CaEnded, Publisher
from mshield.services.requests.checkpoint_stamps import checkpoint_for
from mshield.services.requests.secrets import RequestSecrets
from mshield.services.requests.xml_contents import xml_file
from mshield.store.database.interface import Database
from mshield.store.log.log import view_position
from mshield.store.requests.evidence import DocumentRow, SignatureRow, find_document
from mshield.store.requests.my_signatures import place_of
from mshield.store.requests.time_stamps import StampRow
from mshield.store.requests.time_stamps import of_signature as stamps_of_signature
from mshield.store.systems import views as store_views
from mshield.store.systems.systems import BusinessSystem


@dataclass(frozen=True, slots=True)
class MakeEvidence:
    """Puts the bundle together."""

    db: Database
    authorities: Authorities
    publisher: Publisher
    log: Log
    secrets: RequestSecrets

    async def __call__(
        self,
        system: BusinessSystem,
        request_id: str,
        document: int,
        *,
        return_code: str | None = None,
        now: int,
    ) -> Evidence:
        """The bundle of the document at this place, from 0.

        Raises NotFound, NotSigned, WrongReturnCode, NotLoggedYet, EvidenceOver, ContentErased.
        """
        require_id(request_id)
        row = await find_document(self.db, id=request_id, client_id=system.client_id, position=document)
        if row is None:
            raise errors.NotFound
        if row.signed is None:
            raise errors.NotSigned(state=row.state)
        self.secrets.require_way_back(row.request_id, row.channel, return_code)
        return await self.of_row(row, await stamps_of_signature(self.db, row.sid), now=now)

    async def of_own(self, login: PhoneLogin, sid: bytes, *, now: int) -> Evidence:
        """The bundle of a document that this phone signed, for its owner. Raises NotFound, and as the call does."""
        place = await place_of(self.db, sid=sid, device_id=login.device_id, account_id=login.account_id)
        if place is None:
            raise errors.NotFound
        client_id, request_id, position = place
        row = await find_document(self.db, id=request_id, client_id=client_id, position=position)
        if row is None:
            raise errors.NotFound
        return await self.of_row(row, await stamps_of_signature(self.db, row.sid), now=now)

    async def of_row(self, row: DocumentRow, rows: Sequence[StampRow], *, now: int) -> Evidence:
        """The bundle of a document as it was read, with its time stamps. Raises as the call itself does."""
        signed = row.signed
        if signed is None:
            raise errors.NotSigned(state=row.state)
        _require_content(row)
        view = read_display(row.display).view
        logged = await self._logged(row, signed, view, now=now)
        chain = self.authorities.chain_of(parse_certificate(signed.certificate))
        octets = None if view is None else await store_views.octets_of(self.db, digest=view.digest)
        status = await self._status(chain[0], signed, now=now)
        return bundle_of(row, signed, rows, Proven(chain, status, logged, octets))

    async def _status(self, issuing: Certificate, signed: SignatureRow, *, now: int) -> EvidenceStatus:
        try:
            return EvidenceStatus(
                ocsp=await self.publisher.ocsp_for(signed.serial, now=now, since=signed.signed_at),
                ca_ocsp=await self.publisher.ocsp_for_ca(issuing, now=now, since=signed.signed_at),
            )
        except CaEnded as error:
            raise errors.EvidenceOver from error

    async def _logged(
        self, row: DocumentRow, signed: SignatureRow, view: NamedView | None, *, now: int
    ) -> EvidenceLog:
        """The proof of the signature's entry, and of the view's, under a checkpoint that was stamped, if any was."""
        if signed.log_index is None:
            raise errors.NotLoggedYet
        place = await self._view_place(row, view)
        last = max(signed.log_index, -1 if place is None else place)
        try:
            note, stamps = await checkpoint_for(self.log, index=last, now=now)
            proof = await prove_under(self.log, note, index=signed.log_index)
            registered = None if place is None else await prove_under(self.log, note, index=place)
        except NotLogged as error:
            raise errors.NotLoggedYet from error
        return EvidenceLog(
            key=str(self.log.key.verifier),
            uid=signed.uid.hex(),
            salt=self.log.key.salt(EntryKind.SIGNATURE, row.sid),
            entry=proof.entry,
            index=proof.index,
            hashes=proof.hashes,
            checkpoint=proof.checkpoint,
            view=msgspec.UNSET if registered is None else _entry(registered, signed),
            time_stamps=stamps or msgspec.UNSET,
        )

    async def _view_place(self, row: DocumentRow, view: NamedView | None) -> int | None:
        """Where the log has the view's registration for who asked; None where no view drew it, or it has none yet."""
        if view is None:
            return None
        return await view_position(self.db, client_id=row.client_id, digest=view.digest)


@dataclass(frozen=True, slots=True)
class Proven:
    """What proves a document beside its row: chain (issuing CA, root), statuses, the log's proof, its view's octets."""

    chain: tuple[Certificate, Certificate]
    status: EvidenceStatus
    log: EvidenceLog
    view: bytes | None


def bundle_of(row: DocumentRow, signed: SignatureRow, rows: Sequence[StampRow], proven: Proven) -> Evidence:
    """The bundle of a document that was signed so. Raises ContentErased."""
    _require_content(row)
    display, chain = read_display(row.display), proven.chain
    certificate = parse_certificate(signed.certificate)
    name = FORMATS[row.format]
    attributes = display.attributes(name, row.message)
    signature = Signature.from_raw(signed.signature)
    stamps, on_it = _done(rows)
    bound = display.bound
    digest = _digest(row, display, attributes)
    return Evidence(
        type=TYPE,
        request=EvidenceRequest(
            id=row.request_id,
            kind="login" if row.kind == "login" else "signature",
            business_system=EvidenceSystem(client_id=row.client_id, name=row.system_name, domain=row.domain),
        ),
        document=EvidenceDocument(
            sid=row.sid.hex(),
            title=row.title,
            media_type=row.media_type,
            format=name,
            size=row.size,
            digest_sm3=digest.hex(),
            content=row.content,
            display=tuple(EvidenceLine(label=label, value=value) for label, value in display.lines),
            view=proven.view,
            drawn=None if bound is None or bound.drawing.drawn is None else bound.drawing.drawn.hex(),
            shown=_shown(bound, signed),
            options=msgspec.UNSET if display.options == NO_OPTIONS else display.options,
            update=msgspec.UNSET if row.prepared is None else row.prepared,
        ),
        signature=EvidenceSignature(
            signed_at=signed.signed_at,
            value=signature.to_der(),
            attributes=None if attributes is None else row.message,
            cms=b""
            if name == XML
            else cms.build_signed_data(
                content=inside(name, content=row.content, digest=digest),
                signature=signature,
                certificate=certificate,
                chain=chain,
                attributes=attributes,
                time_stamps=on_it,
                options=wrapper_of(name, display.options),
            ),
            file=b""
            if name != XML
            else xml_file(
                content=row.content or b"",
                digest=digest,
                options=display.options,
                signature=signature,
                certificate=certificate,
                shield_number=signed.shield_number,
            ),
        ),
        certificate_pem=certificate.pem(),
        chain_pem=(chain[0].pem(), chain[1].pem()),
        status=proven.status,
        log=proven.log,
        time_stamps=stamps,
        holder=msgspec.UNSET if signed.holder is None else _holder(signed.holder),
    )


def _require_content(row: DocumentRow) -> None:
    if row.is_erased and row.format in {XML, PDF}:  # whose proof is the finished file
        raise errors.ContentErased


def _digest(
    row: DocumentRow, display: KeptDisplay, attributes: SignedAttributes | PdfAttributes | None
) -> bytes:
    """SM3 of the content, also of what is older than views."""
    if display.bound is not None:
        return display.bound.content
    if row.erased_digest is not None:
        return row.erased_digest
    return sm3(row.message) if attributes is None else attributes.message_digest


def _done(rows: Sequence[StampRow]) -> tuple[tuple[EvidenceTimeStamp, ...], list[bytes]]:
    """Those that are done, and the tokens of those on the signature itself."""
    done = [row for row in rows if row.token is not None]
    return tuple(map(_stamp, done)), [row.token for row in done if row.token and not row.renews]


def _stamp(row: StampRow) -> EvidenceTimeStamp:
    assert row.token is not None  # noqa: S101  # it is done
    return EvidenceTimeStamp(
        token=row.token, profile="p256" if row.profile == "p256" else "sm2", at=row.stamped_at or 0
    )


def _entry(proof: InclusionProof, signed: SignatureRow) -> EvidenceEntry | msgspec.UnsetType:
    """None of one that clocks put behind the signature: it would prove nothing."""
    if parse_entry(proof.entry).at > signed.signed_at:
        return msgspec.UNSET
    return EvidenceEntry(entry=proof.entry, index=proof.index, hashes=proof.hashes)


def _holder(holder: Holder) -> EvidenceHolder:
    return EvidenceHolder(shield_number=holder.shield_number, id_number_masked=holder.id_number_masked)


def _shown(bound: Bound | None, signed: SignatureRow) -> EvidenceShown | None:
    if bound is None or signed.confirmed is None:
        return None
    return EvidenceShown(
        compared=None if bound.compared is None else bound.compared.hex(),
        confirmed=msgspec.convert(signed.confirmed, Confirmed),
        pages=msgspec.UNSET if signed.pages is None else read_pages(signed.pages),
    )
