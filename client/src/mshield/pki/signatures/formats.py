"""Signature formats and their options: what is signed (M) and how it is wrapped (docs/formats.md).

Options that change M are fixed when the signature is requested. The others change only the wrapper, and may
also be given when the result is fetched.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import lru_cache
from typing import Final, Literal, get_args

import msgspec

from mshield.pki.asn1 import oids
from mshield.pki.signatures.pdf import PdfAttributes, PdfSignature
from mshield.pki.signatures.signed_attributes import SignedAttributes
from mshield.pki.xml.making import Profile, signed_info

Format = Literal[
    "raw",
    "cms",
    "cms_detached",
    "gb35275",
    "gb35275_detached",
    "gb35275_digest",
    "xml",
    "pdf",
]
"""Signature format: what is signed, and the kind of file it comes in.

`raw`: the content; `cms`: signed attributes in a CMS of RFC 5652; `gb35275`: in a SignedData of GB/T 35275;
`detached`: without the content; `gb35275_digest`: over SM3 of the content, which the file has in its place;
`xml`: over the SignedInfo with the digest of the content, which is canonical XML, and the file is that XML
with the signature; `pdf`: signed attributes in the PDF itself, over all of it except the signature
(`signatures.pdf`).
"""

FORMATS: Final[Mapping[str, Format]] = {name: name for name in get_args(Format)}
"""Formats by name."""

GB_DIGEST: Final = "gb35275_digest"
XML: Final = "xml"
PDF: Final = "pdf"
_GB: Final = frozenset({"gb35275", "gb35275_detached", GB_DIGEST})
_DETACHED: Final = frozenset({"cms_detached", "gb35275_detached"})
_WITHOUT: Final = frozenset({*_DETACHED, PDF})
"""Formats whose CMS doesn't include the content."""

Arc = Literal["rfc", "gb"]
SignatureAlgorithm = Literal["301.1", "501", "301"]
Parameters = Literal["null", "absent"]
SignatureValue = Literal["der", "raw"]
Certificates = Literal["chain", "signer", "none"]
KeyName = Literal["shield", "serial"]
_U = msgspec.UnsetType


class AskedOptions(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Options of a document's format. `gb35275*` has all up to `signing_time`, except `arc`.

    `raw` has `arc`, whose types the wrapper has: those of RFC 5652 or of GB/T 35275; with `gb` also the next
    four. `signature_algorithm` is 1.2.156.10197.1. followed by this value; `parameters` are those of the
    algorithms; `signature_value` is DER, or r then s in 64 octets; `certificates` are the included ones.
    `attributes`: sign attributes instead of the content itself; `signing_time`: include the time among them.

    `xml` has `profile`, which selects the signature method's identifier, and `key_name`: the shield number or
    the certificate's serial number. `pdf` has `pdf_signature`, the types of the signature, and
    `bind_display`: sign the display too.
    """

    arc: Arc | _U = msgspec.UNSET
    signature_algorithm: SignatureAlgorithm | _U = msgspec.UNSET
    parameters: Parameters | _U = msgspec.UNSET
    signature_value: SignatureValue | _U = msgspec.UNSET
    certificates: Certificates | _U = msgspec.UNSET
    attributes: bool | _U = msgspec.UNSET
    signing_time: bool | _U = msgspec.UNSET
    profile: Profile | _U = msgspec.UNSET
    key_name: KeyName | _U = msgspec.UNSET
    pdf_signature: PdfSignature | _U = msgspec.UNSET
    bind_display: bool | _U = msgspec.UNSET


class Options(AskedOptions, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The options in force, all that the format has; `display_oid` is the display's attribute, where one is signed."""

    display_oid: str | _U = msgspec.UNSET


_OF_XML: Final = frozenset({"profile", "key_name"})
_OF_PDF: Final = frozenset({"pdf_signature", "bind_display"})
_FIXED: Final = ("attributes", "signing_time", "profile", "pdf_signature", "bind_display")
NO_OPTIONS: Final = Options()


class OptionRefused(Exception):
    """The format doesn't accept this option or value; `field` is its name."""

    def __init__(self, field: str) -> None:
        super().__init__(field)
        self.field = field


def checked(name: Format, asked: AskedOptions) -> Options:
    """Returns all options in force except the display's attribute. Raises: OptionRefused."""
    values = _set(asked)
    values.pop("display_oid", None)
    return msgspec.convert(_COMPLETERS.get(name, _complete_gb)(name, values), Options)


@lru_cache(maxsize=256)
def complete(name: Format, asked: AskedOptions, *, display_oid: str | None) -> Options:
    """Returns all options in force. Raises: OptionRefused.

    `display_oid` is the display's attribute; None suffices where no display is signed.
    """
    options = checked(name, asked)
    if not binds_display(name, options):
        return options
    if display_oid is None:
        raise OptionRefused("display_oid")
    return msgspec.structs.replace(options, display_oid=display_oid)


def rewrap(name: Format, options: Options, asked: AskedOptions) -> Options:
    """Returns the options with another wrapper. Raises: OptionRefused (changes M, or isn't valid for the format)."""
    for field in _FIXED:
        if getattr(asked, field) is not msgspec.UNSET:
            raise OptionRefused(field)
    later = _set(asked)
    kept = {} if later.get("arc") == "rfc" else _set(options)
    kept.pop("display_oid", None)
    merged = msgspec.convert(kept | later, AskedOptions)
    oid = options.display_oid
    return complete(name, merged, display_oid=None if oid is msgspec.UNSET else oid)


def signs_attributes(name: Format, options: Options) -> bool:
    """Reports whether M is signed attributes."""
    return name in {"cms", "cms_detached", PDF} or options.attributes is True


def binds_display(name: Format, options: Options) -> bool:
    """Reports whether M binds the display."""
    return signs_attributes(name, options) and options.bind_display is not False


def wrapper_of(name: Format, options: Options) -> Options:
    """Returns the options for building the file around a signature."""
    if name != PDF:
        return options
    return msgspec.convert(_GB_WRAPPER, Options) if options.pdf_signature == "gb35275" else NO_OPTIONS


def signs_content(name: Format, options: Options) -> bool:
    """Reports whether M is the content itself."""
    return name not in {GB_DIGEST, XML} and not signs_attributes(name, options)


def may_be_elsewhere(name: Format, options: Options) -> bool:
    """Reports whether the requester may keep the content: attributes bind it, and the file doesn't include it."""
    return name in _DETACHED and signs_attributes(name, options)


def attributes_in(
    name: Format, options: Options, *, digest: bytes, display: bytes, signing_time: int | None = None
) -> SignedAttributes | None:
    """Returns the signed attributes for these SM3 digests of content and display; None if M isn't attributes.

    `signing_time` (ms) is included if the options say so. For a PDF see `pdf_attributes`.
    """
    if name == PDF or not signs_attributes(name, options):
        return None
    return SignedAttributes(
        digest,
        display,
        content_type=oids.GB_DATA if name in _GB else oids.CMS_DATA,
        display_oid=_display_oid(options),
        signing_time=signing_time if options.signing_time is True else None,
    )


def message_of(
    name: Format,
    options: Options,
    *,
    content: bytes | None,
    digest: bytes,
    display: bytes,
    signing_time: int | None = None,
) -> bytes:
    """Returns M. Raises: ValueError if the content is needed but missing, or for a PDF (see `pdf_attributes`).

    XML content must be canonical: callers that got it from elsewhere call `require_canonical` first.
    """
    if name == PDF:
        raise ValueError("a PDF's signed attributes depend on its signer")
    attributes = attributes_in(name, options, digest=digest, display=display, signing_time=signing_time)
    if attributes is not None:
        return attributes.encode()
    if name == GB_DIGEST:
        return digest
    if content is None:
        raise ValueError("the content to be signed is missing")
    return signed_info(content, digest, profile_of(options)) if name == XML else content


def profile_of(options: Options) -> Profile:
    """Returns the profile of `xml`."""
    profile = options.profile
    return "eport-2022" if profile is msgspec.UNSET else profile


def inside(name: Format, *, content: bytes | None, digest: bytes) -> bytes | None:
    """Returns the bytes that the file includes as its content; None if it is detached."""
    if name in _WITHOUT:
        return None
    return digest if name == GB_DIGEST else content


def pdf_attributes(
    options: Options, *, covered: bytes, display: bytes, certificate: bytes | None
) -> PdfAttributes:
    """Returns the signed attributes of a PDF.

    `covered` is SM3 of the file except its gap, `certificate` SM3 of the signer's certificate (DER).
    """
    kind: PdfSignature = "rfc" if options.pdf_signature is msgspec.UNSET else options.pdf_signature
    attributes = PdfAttributes(
        kind=kind, message_digest=covered, certificate=certificate if kind == "cades" else None
    )
    if options.bind_display is not True:
        return attributes
    return replace(attributes, display=display, display_oid=_display_oid(options))


def _display_oid(options: Options) -> str:
    """Returns the display's attribute. Raises: ValueError for options that aren't complete."""
    if options.display_oid is msgspec.UNSET:
        raise ValueError("no attribute for the display")
    return options.display_oid


def _complete_gb(name: Format, values: dict[str, object]) -> dict[str, object]:
    _refuse(values, "arc", *_OF_XML, *_OF_PDF)
    attributes = values.setdefault("attributes", name != GB_DIGEST)
    if attributes and name == GB_DIGEST:
        raise OptionRefused("attributes")
    if values.setdefault("signing_time", False) and not attributes:
        raise OptionRefused("signing_time")
    return _GB_WRAPPER | values


def _complete_pdf(_: Format, values: dict[str, object]) -> dict[str, object]:
    _refuse(values, *(field for field in values if field not in _OF_PDF))
    return {"pdf_signature": "rfc", "bind_display": False} | values


def _complete_xml(_: Format, values: dict[str, object]) -> dict[str, object]:
    _refuse(values, *(values.keys() - _OF_XML))
    return {"profile": "eport-2022", "key_name": "shield"} | values


def _complete_cms(_: Format, values: dict[str, object]) -> dict[str, object]:
    _refuse(values, *values)
    return {}


def _complete_raw(_: Format, values: dict[str, object]) -> dict[str, object]:
    _refuse(values, *_FIXED, *_OF_XML)
    if values.get("arc", "rfc") == "rfc":
        values.pop("arc", None)
        _refuse(values, *values)
        return {}
    return _GB_WRAPPER | values


def _refuse(values: dict[str, object], *fields: str) -> None:
    for field in fields:
        if field in values:
            raise OptionRefused(field)


def _set(options: AskedOptions) -> dict[str, object]:
    """Returns the options that are set."""
    values: dict[str, object] = msgspec.to_builtins(options)
    return values


_GB_WRAPPER: Final[dict[str, object]] = {
    "signature_algorithm": "301.1",
    "parameters": "null",
    "signature_value": "der",
    "certificates": "chain",
}
_COMPLETERS: Final[Mapping[Format, Callable[[Format, dict[str, object]], dict[str, object]]]] = {
    "raw": _complete_raw,
    "cms": _complete_cms,
    "cms_detached": _complete_cms,
    "xml": _complete_xml,
    "pdf": _complete_pdf,
}
"""Functions that complete the options of formats; those of GB/T 35275 share `_complete_gb`."""


# Build the decoders at import: msgspec crashes if two threads build one at once.
msgspec.json.Decoder(AskedOptions)
msgspec.json.Decoder(Options)
