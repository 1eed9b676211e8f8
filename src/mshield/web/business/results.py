"""The result of a request as a business system gets it, in the wrapper that it wants (docs/formats.md)."""

import binascii
from typing import Final, Literal

import msgspec
from starlette.requests import Request

from mshield.domain import errors
from mshield.pki.signatures.formats import (
    NO_OPTIONS,
    Arc,
    AskedOptions,
    Certificates,
    Format,
    KeyName,
    Options,
    Parameters,
    SignatureAlgorithm,
    SignatureValue,
)
from mshield.services.requests.result import DeclinedDocument, SignedDocument, SignedResult
from mshield.web.body import Hex32, Wire
from mshield.web.business.return_code import PARAMETER as RETURN_CODE
from mshield.web.query import Query


class SignerMessage(Wire, frozen=True):
    """Who signed, as on file when the certificate was issued."""

    name: str
    organisation: str
    credit_code: str
    role: Literal["legal_person", "operator"]
    shield_number: str


class ViewMessage(Wire, frozen=True):
    """The view by which the content was drawn; `digest` is its SM3."""

    id: str
    version: int
    digest: Hex32


class SignedDocumentMessage(Wire, frozen=True):
    """`signature_b64`: DER, SM3withSM2, id 1234567812345678; `signature_raw_b64`: the same as r then s, 64 octets.

    `cms_b64`: CMS SignedData with the same signature, by `format` and `options`, which are all that are in force. It is
    over `signed_attributes_b64`, or where there are none over `message_b64`: the content, by `gb35275_digest` its SM3.
    By `xml` there is `file_b64` in its place, the finished file, and `message_b64` is its SignedInfo.
    `view`, and `drawn`, SM3 of the drawn lines, are null where no view drew it. `shown` is the digest of all that the
    phone showed, which the log covers; null for a login, and for what is older. `display_mismatch_confirmed`: your
    words about the content differ from it, and the person signed all the same.
    `time_stamp` tells how the time stamps stand that the service's settings want; those that are done are in the CMS.
    `state` `declined`: the person left this one out of the batch, for a `reason` in their words; nothing else of it is
    told. The reason is null for a signed one. `file_b64` is the document with the signature in it, by `pdf`; else null.
    `content_erased`: the content's time is over; `message_b64` is null where it was that, `file_b64` too, and the CMS
    is without it.
    """

    title: str
    format: Format
    message_b64: str | None
    signed_attributes_b64: str | None
    signature_b64: str | None
    signature_raw_b64: str | None
    cms_b64: str | None
    time_stamp: Literal["pending", "done", "failed"] | None
    view: ViewMessage | None = None
    drawn: Hex32 | None = None
    shown: Hex32 | None = None
    display_mismatch_confirmed: bool = False
    options: Options = NO_OPTIONS
    state: Literal["signed", "declined"] = "signed"
    reason: str | None = None
    file_b64: str | None = None
    content_erased: bool = False


class ResultWanted(Query, frozen=True):
    """Another wrapper than was asked for: options that don't change what is signed (formats.md)."""

    arc: Arc | None = None
    signature_algorithm: SignatureAlgorithm | None = None
    parameters: Parameters | None = None
    signature_value: SignatureValue | None = None
    certificates: Certificates | None = None
    key_name: KeyName | None = None


class ResultMessage(Wire, frozen=True):
    """Everything that a verifier needs, offline; `ocsp_b64` is null once the issuing CA has ended."""

    id: str
    kind: Literal["login", "signature"]
    signer: SignerMessage
    certificate_pem: str
    chain_pem: tuple[str, ...]
    signed_at: int
    documents: tuple[SignedDocumentMessage, ...]
    ocsp_b64: str | None


_NONE_WANTED: Final = AskedOptions()


def options_wanted(request: Request, query: ResultWanted) -> AskedOptions:
    """The options in a query. Raises InvalidRequest for a name that is no option of a wrapper."""
    if not request.scope["query_string"]:
        return _NONE_WANTED
    names = ResultWanted.__struct_fields__
    unknown = set(request.query_params) - {*names, RETURN_CODE["name"]}
    if unknown:
        raise errors.InvalidRequest(fields=[f"query.{name}" for name in sorted(unknown)])
    values = {name: value for name in names if (value := getattr(query, name)) is not None}
    return msgspec.convert(values, AskedOptions)


def result_message(signed: SignedResult) -> ResultMessage:
    """The result as it goes out."""
    signer = signed.signer
    return ResultMessage(
        id=signed.id,
        kind="login" if signed.kind == "login" else "signature",
        signer=SignerMessage(
            signer.name,
            signer.organisation,
            signer.credit_code,
            "legal_person" if signer.role == "legal_person" else "operator",
            signer.shield_number,
        ),
        certificate_pem=signed.certificate_pem,
        chain_pem=signed.chain_pem,
        signed_at=signed.signed_at,
        documents=tuple(_signed(document) for document in signed.documents),
        ocsp_b64=None if signed.ocsp is None else _encoded(signed.ocsp),
    )


def _signed(document: SignedDocument | DeclinedDocument) -> SignedDocumentMessage:
    if isinstance(document, DeclinedDocument):
        title, reason = document.title, document.reason
        return SignedDocumentMessage(
            title, document.format, None, None, None, None, None, None, state="declined", reason=reason
        )
    view, drawn, shown = document.view, document.drawn, document.shown
    return SignedDocumentMessage(
        title=document.title,
        format=document.format,
        message_b64=None if document.is_attributes or not document.message else _encoded(document.message),
        signed_attributes_b64=_encoded(document.message) if document.is_attributes else None,
        signature_b64=_encoded(document.signature),
        signature_raw_b64=_encoded(document.raw),
        cms_b64=None if document.cms is None else _encoded(document.cms),
        file_b64=None if document.file is None else _encoded(document.file),
        time_stamp=document.time_stamp,
        view=None if view is None else ViewMessage(view.id, view.version, view.digest.hex()),
        drawn=None if drawn is None else drawn.hex(),
        shown=None if shown is None else shown.hex(),
        display_mismatch_confirmed=document.confirmed == "mismatch",
        options=document.options,
        content_erased=document.is_erased,
    )


def _encoded(data: bytes) -> str:
    return binascii.b2a_base64(data, newline=False).decode()
