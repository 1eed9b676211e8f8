"""Builds the evidence bundle of one signed document: signature, chain, later certificate statuses, log proof."""

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

from mshield.gm.sm2 import Signature
from mshield.gm.sm3 import sm3
from mshield.pki.certificates.certificate import Certificate, parse_certificate
from mshield.pki.signatures import cms
from mshield.pki.signatures.belonging import belonging
from mshield.pki.signatures.display import BoundDisplay, Confirmed, read_pages
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
from mshield.pki.signatures.stored_display import NamedView, StoredDisplay, read_display
from mshield.pki.tlog.entry import Kind as EntryKind
from mshield.pki.tlog.entry import parse_entry
from mshield.pki.tlog.proof import InclusionProof
from mshield.server.accounts.session import PhoneLogin
from mshield.server.authorities.chains import Chains
from mshield.server.database.interface import Database
from mshield.server.errors import NotFound
from mshield.server.log.damage import NotLogged
from mshield.server.log.open_log import Log
from mshield.server.log.read import prove_under
from mshield.server.log.rows.log import view_position
from mshield.server.publication.publisher import CaEnded, Publisher
from mshield.server.requests.checkpoint_stamps import checkpoint_for
from mshield.server.requests.errors import (
    CaStatusUnavailable,
    ContentErased,
    EvidenceOver,
    NotLoggedYet,
    NotSigned,
)
from mshield.server.requests.rows.evidence import DocumentRow, SignatureRow, find_document
from mshield.server.requests.rows.my_signatures import place_of
from mshield.server.requests.rows.time_stamps import StampRow
from mshield.server.requests.rows.time_stamps import of_signature as stamps_of_signature
from mshield.server.requests.secrets import RequestSecrets
from mshield.server.requests.xml_contents import xml_file
from mshield.server.systems.rows import views as store_views
from mshield.server.systems.rows.systems import BusinessSystem
from mshield.server.values.ids import require_id


@dataclass(frozen=True, slots=True)
class MakeEvidence:
    """Builds evidence bundles."""

    db: Database
    chains: Chains
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
        """Returns the bundle of the request's document at this position, from 0.

        Raises: NotFound, NotSigned, WrongReturnCode, NotLoggedYet, EvidenceOver, ContentErased, SealBroken.
        """
        require_id(request_id)
        row = await find_document(self.db, id=request_id, client_id=system.client_id, position=document)
        if row is None:
            raise NotFound
        if row.signed is None:
            raise NotSigned(state=row.state)
        self.secrets.require_way_back(row.request_id, row.channel, return_code)
        return await self.of_row(row, await stamps_of_signature(self.db, row.sid), now=now)

    async def of_own(self, login: PhoneLogin, sid: bytes, *, now: int) -> Evidence:
        """Returns the bundle of a document that this phone signed. Raises: NotFound, and as the call."""
        place = await place_of(self.db, sid=sid, device_id=login.device_id, account_id=login.account_id)
        if place is None:
            raise NotFound
        client_id, request_id, position = place
        row = await find_document(self.db, id=request_id, client_id=client_id, position=position)
        if row is None:
            raise NotFound
        return await self.of_row(row, await stamps_of_signature(self.db, row.sid), now=now)

    async def of_row(self, row: DocumentRow, rows: Sequence[StampRow], *, now: int) -> Evidence:
        """Returns the bundle of a document row with its time stamps. Raises: as the call."""
        signed = row.signed
        if signed is None:
            raise NotSigned(state=row.state)
        _require_content(row)
        view = read_display(row.display).view
        logged = await self._logged(row, signed, view, now=now)
        certificate = parse_certificate(signed.certificate)
        if not self.chains.is_own(certificate):
            raise CaStatusUnavailable
        chain = self.chains.authorities.chain_of(certificate)
        octets = None if view is None else await store_views.octets_of(self.db, digest=view.digest)
        status = await self._status(chain[0], signed, now=now)
        return self._bound(bundle_of(row, signed, rows, Proven(chain, status, logged, octets)))

    def _bound(self, bundle: Evidence) -> Evidence:
        """Returns the bundle with the log's note about what belongs to it."""
        note = self.log.key.sign_text(belonging(bundle))
        return msgspec.structs.replace(bundle, log=msgspec.structs.replace(bundle.log, belongs=note))

    async def _status(self, issuing: Certificate, signed: SignatureRow, *, now: int) -> EvidenceStatus:
        try:
            return EvidenceStatus(
                ocsp=await self.publisher.ocsp_for(signed.serial, now=now, since=signed.signed_at),
                ca_ocsp=await self.publisher.ocsp_for_ca(issuing, now=now, since=signed.signed_at),
            )
        except CaEnded as error:
            raise EvidenceOver from error

    async def _logged(
        self, row: DocumentRow, signed: SignatureRow, view: NamedView | None, *, now: int
    ) -> EvidenceLog:
        """Returns proofs of the signature's entry and of the view's, under a stamped checkpoint if there is one."""
        if signed.log_index is None:
            raise NotLoggedYet
        place = await self._view_place(row, view)
        last = max(signed.log_index, -1 if place is None else place)
        try:
            note, stamps = await checkpoint_for(self.log, index=last, now=now)
            proof = await prove_under(self.log, note, index=signed.log_index)
            registered = None if place is None else await prove_under(self.log, note, index=place)
        except NotLogged as error:
            raise NotLoggedYet from error
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
        """Returns the log index of the view's registration for the business system.

        None if no view drew the document or its registration isn't logged yet.
        """
        if view is None:
            return None
        return await view_position(self.db, client_id=row.client_id, digest=view.digest)


@dataclass(frozen=True, slots=True)
class Proven:
    """Proof data in addition to the row: chain (issuing CA, root), statuses, log proof, bytes of the view."""

    chain: tuple[Certificate, Certificate]
    status: EvidenceStatus
    log: EvidenceLog
    view: bytes | None


def bundle_of(row: DocumentRow, signed: SignatureRow, rows: Sequence[StampRow], proven: Proven) -> Evidence:
    """Builds the bundle of a signed document. Raises: ContentErased."""
    _require_content(row)
    display, chain = read_display(row.display), proven.chain
    certificate = parse_certificate(signed.certificate)
    name = FORMATS[row.format]
    attributes = display.attributes(name, row.message)
    signature = Signature.from_raw(signed.signature)
    stamps, on_it = _completed(rows)
    bound = display.bound
    digest = _digest(row, display)
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
            shown=_display(bound, signed),
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
        holder=EvidenceHolder(
            shield_number=signed.holder.shield_number, id_number_masked=signed.holder.id_number_masked
        ),
    )


def _require_content(row: DocumentRow) -> None:
    if row.is_erased and row.format in {XML, PDF}:  # Their proof is the finished file.
        raise ContentErased


def _digest(row: DocumentRow, display: StoredDisplay) -> bytes:
    """Returns the SM3 of the content; a login's is its message."""
    if display.bound is not None:
        return display.bound.content
    return row.erased_digest or sm3(row.message)


def _completed(rows: Sequence[StampRow]) -> tuple[tuple[EvidenceTimeStamp, ...], list[bytes]]:
    """Returns the completed time stamps, and the tokens of those that are on the signature itself."""
    completed = [row for row in rows if row.token is not None]
    return tuple(map(_stamp, completed)), [row.token for row in completed if row.token and not row.renews]


def _stamp(row: StampRow) -> EvidenceTimeStamp:
    assert row.token is not None  # noqa: S101  # only completed stamps come here
    return EvidenceTimeStamp(
        token=row.token, profile="p256" if row.profile == "p256" else "sm2", at=row.stamped_at or 0
    )


def _entry(proof: InclusionProof, signed: SignatureRow) -> EvidenceEntry | msgspec.UnsetType:
    """Returns the view's entry.

    Unset if its time is after the signature's because of clock differences, since it would prove nothing
    then.
    """
    if parse_entry(proof.entry).at > signed.signed_at:
        return msgspec.UNSET
    return EvidenceEntry(entry=proof.entry, index=proof.index, hashes=proof.hashes)


def _display(bound: BoundDisplay | None, signed: SignatureRow) -> EvidenceShown | None:
    if bound is None or signed.confirmed is None:
        return None
    return EvidenceShown(
        compared=None if bound.compared is None else bound.compared.hex(),
        confirmed=msgspec.convert(signed.confirmed, Confirmed),
        pages=msgspec.UNSET if signed.pages is None else read_pages(signed.pages),
    )
