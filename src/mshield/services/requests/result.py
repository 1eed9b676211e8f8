"""The result of a request as a business system gets it: signatures, CMS, certificate chain, OCSP answer."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial

import msgspec

from mshield.domain import errors
from mshield.domain.times import DAY_MS
from mshield.gm.sm2 import Signature
from mshield.keys.authority import Authorities
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
from mshield.pki.signatures.kept_display import KeptDisplay, NamedView, read_display
from mshield.pki.signatures.pdf import finished, fits
from mshield.services.publication.publisher import CaEnded, Publisher
from mshield.services.requests.ask import Ask
from mshield.services.requests.time_stamps import State, state_of
from mshield.services.requests.xml_contents import xml_file
from mshield.settings import Settings
from mshield.store.requests import requests as store
from mshield.store.requests.requests import Signer
from mshield.store.requests.retention import note_fetch
from mshield.store.requests.time_stamps import StampRow
from mshield.store.requests.time_stamps import of_request as stamps_of_request
from mshield.store.systems.systems import BusinessSystem


class SignedDocument(msgspec.Struct, frozen=True):
    """A document with its signature (`signature` DER, `raw` r then s) and CMS SignedData (DER, SM3withSM2).

    `file` is the document with the signature in it, by the formats `xml`, which then has no `cms`, and `pdf`.

    `message` is what the signature is over, `is_attributes` whether that is signed attributes; `options` are the
    format's, as the CMS was made. `time_stamp` is how its time stamps stand, None where none is wanted. `shown` is the
    digest of what was shown, `confirmed` what the person confirmed besides: None for what is not drawn. `is_erased`:
    its content's time is over, so neither `file` nor CMS have it.
    """

    title: str
    format: Format
    message: bytes
    is_attributes: bool
    options: Options
    signature: bytes
    raw: bytes
    cms: bytes | None
    file: bytes | None
    time_stamp: State | None
    view: NamedView | None = None
    drawn: bytes | None = None
    shown: bytes | None = None
    confirmed: str | None = None
    is_erased: bool = False


class DeclinedDocument(msgspec.Struct, frozen=True):
    """One that the person left out of a batch, and why, in their words."""

    title: str
    format: Format
    reason: str


class SignedResult(msgspec.Struct, frozen=True):
    """Everything a verifier needs; `chain_pem` is issuing CA, root; no `ocsp` once the issuing CA has ended."""

    id: str
    kind: str
    signer: Signer
    certificate_pem: str
    chain_pem: tuple[str, ...]
    signed_at: int
    documents: tuple[SignedDocument | DeclinedDocument, ...]
    ocsp: bytes | None


@dataclass(frozen=True, slots=True)
class MakeResult:
    """Puts the result together."""

    ask: Ask
    authorities: Authorities
    publisher: Publisher
    settings: Settings

    async def __call__(
        self,
        system: BusinessSystem,
        request_id: str,
        *,
        return_code: str | None = None,
        options: AskedOptions = NO_OPTIONS,
        now: int,
    ) -> SignedResult:
        """The result, with these options of a wrapper in place of those that were asked for.

        Raises NotFound, NotSigned, WrongReturnCode; InvalidRequest for an option that none of the documents takes.
        """
        result = await self.ask.result(system, request_id, return_code=return_code)
        await self._note_late(result, now=now)
        signer = result.signer
        assert signer is not None  # noqa: S101  # `ask.result` refuses a request without
        certificate, certificate_pem = _parsed(signer.certificate)
        chain = self.authorities.chain_of(certificate)
        stamps = await self._stamps(result.id)
        documents: list[SignedDocument | DeclinedDocument] = []
        done = result.signed
        displays = [read_display(document.display) for document in done]
        wrapped = zip(displays, _rewrapped(done, displays, options), strict=True)
        for place, document in enumerate(result.documents):
            if isinstance(document, store.DeclinedDocument):
                documents.append(DeclinedDocument(document.title, FORMATS[document.format], document.reason))
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
            elif not document.is_erased:  # else its content is gone, which was the file
                file = _signed_xml(
                    document, display, chosen, certificate=certificate, shield_number=signer.shield_number
                )
            state = state_of(own, self.settings, signed_at=document.signed_at, now=now)
            documents.append(
                SignedDocument(
                    document.title,
                    name,
                    document.message,
                    attributes is not None,
                    chosen,
                    signature.to_der(),
                    document.signature,
                    signed,
                    file,
                    state,
                    view=display.view,
                    drawn=None if display.drawing is None else display.drawing.drawn,
                    shown=document.shown,
                    confirmed=document.confirmed,
                    is_erased=document.is_erased,
                )
            )
        return SignedResult(
            id=result.id,
            kind=result.kind,
            signer=signer,
            certificate_pem=certificate_pem,
            chain_pem=self.authorities.chain_pem_of(certificate),
            signed_at=max([document.signed_at for document in done]),
            documents=tuple(documents),
            ocsp=await self._ocsp(signer, now=now),
        )

    async def _note_late(self, result: store.Result, *, now: int) -> None:
        """After a late fetch contents are kept twice as long; one in time is followed by the request's end anyway."""
        if result.fetched_at is None and now > result.expires_at + DAY_MS and not self.ask.db.read_only:
            await note_fetch(self.ask.db, id=result.id, now=now)

    async def _stamps(self, request_id: str) -> dict[int, list[StampRow]]:
        """Looked up only where stamps are wanted."""
        return await stamps_of_request(self.ask.db, request_id) if self.settings.tsa_url else {}

    async def _ocsp(self, signer: Signer, *, now: int) -> bytes | None:
        try:
            return await self.publisher.ocsp_of(signer.status, now=now)
        except CaEnded:
            return None


def _cms(
    document: store.SignedDocument, make: Callable[..., bytes], stamps: Sequence[StampRow]
) -> tuple[bytes, bytes | None]:
    """The CMS, and the PDF with it in it; a time stamp too many for the PDF's room stays in the evidence alone."""
    signed = make(time_stamps=[stamp.token for stamp in stamps if stamp.token is not None])
    if document.prepared is None or document.content is None:
        return signed, None
    signed = signed if fits(document.content, document.prepared, signed) else make()
    return signed, finished(document.content, document.prepared, signed)


def _signed_xml(
    document: store.SignedDocument,
    display: KeptDisplay,
    options: Options,
    *,
    certificate: Certificate,
    shield_number: str,
) -> bytes:
    assert document.content is not None and display.bound is not None  # noqa: S101, PT018  # as it is kept
    return xml_file(
        content=document.content,
        digest=display.bound.content,
        options=options,
        signature=Signature.from_raw(document.signature),
        certificate=certificate,
        shield_number=shield_number,
    )


def _content_inside(name: Format, display: KeptDisplay, document: store.SignedDocument) -> bytes | None:
    """What the CMS carries of the content."""
    is_message = signs_content(name, display.options) and not document.is_erased
    content = document.message if is_message else document.content
    return inside(name, content=content, digest=document.message)


def _rewrapped(
    documents: Sequence[store.SignedDocument], displays: Sequence[KeptDisplay], asked: AskedOptions
) -> list[Options]:
    """The options of each document in its other wrapper; those that take none of it stay as they are."""
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
        raise errors.InvalidRequest(fields=[f"query.{refused[0]}"])
    return chosen


@lru_cache(maxsize=4096)
def _parsed(der: bytes) -> tuple[Certificate, str]:
    certificate = parse_certificate(der)
    return certificate, certificate.pem()
