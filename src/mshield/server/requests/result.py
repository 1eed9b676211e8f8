"""Result of a request for the business system: signatures, CMS, certificate chain, OCSP response."""

import binascii
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial

import msgspec

from mshield.gm.sm2 import Signature
from mshield.pki.certificates.certificate import Certificate, parse_certificate
from mshield.pki.signatures import cms
from mshield.pki.signatures.formats import (
    FORMATS,
    NO_OPTIONS,
    XML,
    AskedOptions,
    Format,
    OptionRefused,
    Options,
    inside,
    rewrap,
    signs_content,
    wrapper_of,
)
from mshield.pki.signatures.pdf import finished, fits
from mshield.pki.signatures.stored_display import StoredDisplay, read_display
from mshield.server.authorities.chains import Chains
from mshield.server.errors import InvalidRequest
from mshield.server.publication.publisher import CaEnded, Publisher
from mshield.server.requests.ask import Ask
from mshield.server.requests.rows import requests as store
from mshield.server.requests.rows.requests import DeclinedDocument, Signer
from mshield.server.requests.rows.time_stamps import StampRow
from mshield.server.requests.rows.time_stamps import of_request as stamps_of_request
from mshield.server.requests.time_stamps import state_of
from mshield.server.requests.xml_contents import xml_file
from mshield.server.retention.rows.sweep import note_fetch
from mshield.server.settings.time_stamps import TimeStampSettings
from mshield.server.systems.rows.systems import BusinessSystem
from mshield.wire.business import ResultMessage, SignedDocumentMessage, SignerMessage, ViewMessage
from mshield.wire.times import DAY_MS


@dataclass(frozen=True, slots=True)
class MakeResult:
    """Builds results."""

    ask: Ask
    chains: Chains
    publisher: Publisher
    settings: TimeStampSettings

    async def __call__(
        self,
        system: BusinessSystem,
        request_id: str,
        *,
        return_code: str | None = None,
        options: AskedOptions = NO_OPTIONS,
        now: int,
    ) -> ResultMessage:
        """Returns the result; `options` of the wrapper replace those requested originally.

        Raises: NotFound, NotSigned, WrongReturnCode, InvalidRequest (none of the documents accepts an
        option).
        """
        result = await self.ask.result(system, request_id, return_code=return_code)
        await self._note_late(result, now=now)
        signer = result.signer
        assert signer is not None  # noqa: S101  # `ask.result` refuses a request without
        certificate, certificate_pem = _parsed(signer.certificate)
        chain = await self.chains.chain_of(certificate)
        stamps = await self._stamps(result.id)
        documents: list[SignedDocumentMessage] = []
        signed_documents = result.signed
        displays = [read_display(document.display) for document in signed_documents]
        wrapped = zip(displays, _rewrapped(signed_documents, displays, options), strict=True)
        for place, document in enumerate(result.documents):
            if isinstance(document, DeclinedDocument):
                documents.append(_declined(document))
                continue
            own, (display, chosen) = stamps.get(place, []), next(wrapped)
            name = FORMATS[document.format]
            attributes = display.attributes(name, document.message)
            signature = Signature.from_raw(document.signature)
            signed, file = None, None
            if name != XML:
                make = partial(
                    cms.build_signed_data,
                    content=_content_inside(name, display, document),
                    signature=signature,
                    certificate=certificate,
                    chain=chain,
                    attributes=attributes,
                    options=wrapper_of(name, chosen),
                )
                signed, file = _cms(document, make, own)
            elif (
                not document.is_erased
            ):  # The file would contain the content, so an erased document has none.
                file = _signed_xml(
                    document, display, chosen, certificate=certificate, shield_number=signer.shield_number
                )
            state = state_of(own, self.settings, signed_at=document.signed_at, now=now)
            message = _encoded(document.message)
            view = display.view
            drawn = None if display.drawing is None else display.drawing.drawn
            documents.append(
                SignedDocumentMessage(
                    title=document.title,
                    format=name,
                    message_b64=(message or None) if attributes is None else None,
                    signed_attributes_b64=None if attributes is None else message,
                    signature_b64=_encoded(signature.to_der()),
                    signature_raw_b64=_encoded(document.signature),
                    cms_b64=None if signed is None else _encoded(signed),
                    file_b64=None if file is None else _encoded(file),
                    time_stamp=state,
                    view=None if view is None else ViewMessage(view.id, view.version, view.digest.hex()),
                    drawn=None if drawn is None else drawn.hex(),
                    shown=None if document.shown is None else document.shown.hex(),
                    display_mismatch_confirmed=document.confirmed == "mismatch",
                    options=chosen,
                    content_erased=document.is_erased,
                )
            )
        # The service never answers for the status of another CA's certificates.
        is_own = self.chains.is_own(certificate)
        ocsp = await self._ocsp(signer, now=now) if is_own else None
        return ResultMessage(
            id=result.id,
            kind="login" if result.kind == "login" else "signature",
            signer=SignerMessage(
                signer.name,
                signer.organisation,
                signer.credit_code,
                "legal_person" if signer.role == "legal_person" else "operator",
                signer.shield_number,
            ),
            certificate_pem=certificate_pem,
            chain_pem=await self.chains.whole_chain_pem_of(certificate),
            signed_at=max([document.signed_at for document in signed_documents]),
            documents=tuple(documents),
            ocsp_b64=None if ocsp is None else _encoded(ocsp),
        )

    async def _note_late(self, result: store.Result, *, now: int) -> None:
        """Records a fetch more than a day after the request's end, after which its contents are kept twice as long.

        An earlier fetch needs no record: the retention period then begins with the request's end.
        """
        if result.fetched_at is None and now > result.expires_at + DAY_MS and not self.ask.db.read_only:
            await note_fetch(self.ask.db, id=result.id, now=now)

    async def _stamps(self, request_id: str) -> dict[int, list[StampRow]]:
        """Returns the time stamps by document; queries only if time stamps are configured."""
        return await stamps_of_request(self.ask.db, request_id) if self.settings.url else {}

    async def _ocsp(self, signer: Signer, *, now: int) -> bytes | None:
        try:
            return await self.publisher.ocsp_of(signer.status, now=now)
        except CaEnded:
            return None


def _cms(
    document: store.SignedDocument, make: Callable[..., bytes], stamps: Sequence[StampRow]
) -> tuple[bytes, bytes | None]:
    """Returns the CMS and the PDF containing it.

    If a time stamp doesn't fit into the PDF's reserved space, the CMS has no stamps; they are still in the
    evidence.
    """
    signed = make(time_stamps=[stamp.token for stamp in stamps if stamp.token is not None])
    if document.prepared is None or document.content is None:
        return signed, None
    signed = signed if fits(document.content, document.prepared, signed) else make()
    return signed, finished(document.content, document.prepared, signed)


def _signed_xml(
    document: store.SignedDocument,
    display: StoredDisplay,
    options: Options,
    *,
    certificate: Certificate,
    shield_number: str,
) -> bytes:
    assert document.content is not None and display.bound is not None  # noqa: S101, PT018  # stored rows have both
    return xml_file(
        content=document.content,
        digest=display.bound.content,
        options=options,
        signature=Signature.from_raw(document.signature),
        certificate=certificate,
        shield_number=shield_number,
    )


def _content_inside(name: Format, display: StoredDisplay, document: store.SignedDocument) -> bytes | None:
    """Returns the content to embed in the CMS."""
    is_message = signs_content(name, display.options) and not document.is_erased
    content = document.message if is_message else document.content
    return inside(name, content=content, digest=document.message)


def _rewrapped(
    documents: Sequence[store.SignedDocument], displays: Sequence[StoredDisplay], asked: AskedOptions
) -> list[Options]:
    """Returns each document's options with the new wrapper; documents that don't accept it keep theirs.

    Raises: InvalidRequest (no document accepts it).
    """
    if not msgspec.to_builtins(asked):
        return [display.options for display in displays]
    chosen, refused = [], []
    for document, display in zip(documents, displays, strict=True):
        try:
            chosen.append(rewrap(FORMATS[document.format], display.options, asked))
        except OptionRefused as error:
            chosen.append(display.options)
            refused.append(error.field)
    if len(refused) == len(documents):
        raise InvalidRequest(fields=[f"query.{refused[0]}"])
    return chosen


@lru_cache(maxsize=4096)
def _parsed(der: bytes) -> tuple[Certificate, str]:
    certificate = parse_certificate(der)
    return certificate, certificate.pem()


def _declined(document: DeclinedDocument) -> SignedDocumentMessage:
    return SignedDocumentMessage(
        document.title,
        document.format,
        None,
        None,
        None,
        None,
        None,
        None,
        state="declined",
        reason=document.reason,
    )


def _encoded(data: bytes) -> str:
    return binascii.b2a_base64(data, newline=False).decode()
