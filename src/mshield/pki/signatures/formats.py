"""The formats of signatures and their options: what is signed (M) and how it is wrapped (docs/formats.md).

Some options change M and are fixed when a signature is asked for; the others only change the wrapper, and may be asked
for with the result too.
"""

from collections.abc import Mapping
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
"""What a signature is over and in which file it comes.

`raw`: the content; `cms`: signed attributes in a CMS of RFC 5652; `gb35275`: in a SignedData of GB/T 35275;
`detached`: without the content; `gb35275_digest`: over SM3 of the content, which the file has in its place; `xml`: the
content is canonical XML, signed is the SignedInfo that has its digest, and the file is that XML with the signature.
`pdf`: signed attributes in the PDF itself, over all of it but the signature (`signatures.pdf`).
"""

FORMATS: Final[Mapping[str, Format]] = {name: name for name in get_args(Format)}
"""The formats by their names."""

GB_DIGEST: Final = "gb35275_digest"
XML: Final = "xml"
PDF: Final = "pdf"
_GB: Final = frozenset({"gb35275", "gb35275_detached", GB_DIGEST})
_DETACHED: Final = frozenset({"cms_detached", "gb35275_detached"})
_WITHOUT: Final = frozenset({*_DETACHED, PDF})
"""Formats whose CMS is without the content."""

Arc = Literal["rfc", "gb"]
SignatureAlgorithm = Literal["301.1", "501", "301"]
Parameters = Literal["null", "absent"]
SignatureValue = Literal["der", "raw"]
Certificates = Literal["chain", "signer", "none"]
KeyName = Literal["shield", "serial"]
_U = msgspec.UnsetType


class AskedOptions(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Options of a document's format, all of them for `gb35275*` but `arc`, for `raw`, and the last two, for `xml`.

    `arc`: whose types the wrapper has, RFC 5652's or GB/T 35275's; with `gb` the next four too. `signature_algorithm`
    1.2.156.10197.1. this; `parameters` of algorithms; `signature_value` DER, or r then s in 64 octets; `certificates`
    inside. `attributes`: whether attributes are signed or the content itself; `signing_time`: whether one is the time.
    `profile`: whose identifier the signature method has; `key_name`: the shield's number, or the certificate's.
    For `pdf` alone: `pdf_signature`, whose types the signature has; `bind_display`, whether it binds the display.
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
    """An option that the format doesn't take so; `field` is its name."""

    def __init__(self, field: str) -> None:
        super().__init__(field)
        self.field = field


@lru_cache(maxsize=256)
def complete(name: Format, asked: AskedOptions, *, display_oid: str | None) -> Options:
    """All options in force. Raises OptionRefused for one that is out of place.

    `display_oid` None stands for signed attributes of before, which have no options.
    """
    values = _set(asked)
    values.pop("display_oid", None)
    if name == PDF:
        return _complete_pdf(values, display_oid)
    _refuse(values, *_OF_PDF)
    if name not in _GB:
        return _complete_other(name, values, display_oid)
    _refuse(values, "arc", *_OF_XML)
    attributes = values.setdefault("attributes", name != GB_DIGEST)
    if attributes and name == GB_DIGEST:
        raise OptionRefused("attributes")
    if values.setdefault("signing_time", False) and not attributes:
        raise OptionRefused("signing_time")
    oid = {"display_oid": display_oid} if attributes and display_oid is not None else {}
    return msgspec.convert(_GB_WRAPPER | values | oid, Options)


def rewrap(name: Format, options: Options, asked: AskedOptions) -> Options:
    """The options with another wrapper. Raises OptionRefused for what would change M or is out of place."""
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
    """Whether M are attributes."""
    return name in {"cms", "cms_detached", PDF} or options.attributes is True


def binds_display(name: Format, options: Options) -> bool:
    """Whether M binds the display."""
    return signs_attributes(name, options) and options.bind_display is not False


def wrapper_of(name: Format, options: Options) -> Options:
    """The options by which the file around a signature is made."""
    if name != PDF:
        return options
    return msgspec.convert(_GB_WRAPPER, Options) if options.pdf_signature == "gb35275" else NO_OPTIONS


def signs_content(name: Format, options: Options) -> bool:
    """Whether M is the content itself."""
    return name not in {GB_DIGEST, XML} and not signs_attributes(name, options)


def may_be_elsewhere(name: Format, options: Options) -> bool:
    """Whether the content may stay with who asks: attributes bind it, and the file hasn't got it."""
    return name in _DETACHED and signs_attributes(name, options)


def attributes_in(
    name: Format, options: Options, *, digest: bytes, display: bytes, signing_time: int | None = None
) -> SignedAttributes | None:
    """The signed attributes of a content with this SM3 and a display with that one; None where M isn't attributes.

    `signing_time` (ms) stands among them where the options say so. Of a PDF: see `pdf_attributes`.
    """
    if name == PDF or not signs_attributes(name, options):
        return None
    return SignedAttributes(
        digest,
        display,
        content_type=oids.GB_DATA if name in _GB else oids.CMS_DATA,
        display_oid=oids.DISPLAY_DIGEST if options.display_oid is msgspec.UNSET else options.display_oid,
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
    """M. ValueError where the content is needed and isn't here, and for a PDF: see `pdf_attributes`.

    That of `xml` has to be canonical: whoever has it from elsewhere asks `require_canonical` first.
    """
    if name == PDF:
        raise ValueError("what is signed of a PDF depends on its signer")
    attributes = attributes_in(name, options, digest=digest, display=display, signing_time=signing_time)
    if attributes is not None:
        return attributes.encode()
    if name == GB_DIGEST:
        return digest
    if content is None:
        raise ValueError("no content to be signed")
    return signed_info(content, digest, profile_of(options)) if name == XML else content


def profile_of(options: Options) -> Profile:
    """The profile of `xml`."""
    profile = options.profile
    return "eport-2022" if profile is msgspec.UNSET else profile


def inside(name: Format, *, content: bytes | None, digest: bytes) -> bytes | None:
    """What the file carries as its content."""
    if name in _WITHOUT:
        return None
    return digest if name == GB_DIGEST else content


def pdf_attributes(
    options: Options, *, covered: bytes, display: bytes, certificate: bytes | None
) -> PdfAttributes:
    """The signed attributes of a PDF: `covered` is SM3 of all but its gap, `certificate` SM3 of the signer's (DER)."""
    kind: PdfSignature = "rfc" if options.pdf_signature is msgspec.UNSET else options.pdf_signature
    return PdfAttributes(
        kind=kind,
        message_digest=covered,
        certificate=certificate if kind == "cades" else None,
        display=display if options.bind_display is True else None,
        display_oid=oids.DISPLAY_DIGEST if options.display_oid is msgspec.UNSET else options.display_oid,
    )


def _complete_pdf(values: dict[str, object], display_oid: str | None) -> Options:
    _refuse(values, *(field for field in values if field not in _OF_PDF))
    is_bound = values.setdefault("bind_display", False)
    oid = {"display_oid": display_oid} if is_bound and display_oid is not None else {}
    return msgspec.convert({"pdf_signature": "rfc"} | values | oid, Options)


def _complete_other(name: Format, values: dict[str, object], display_oid: str | None) -> Options:
    if name == XML:
        _refuse(values, *(values.keys() - _OF_XML))
        return msgspec.convert({"profile": "eport-2022", "key_name": "shield"} | values, Options)
    if name != "raw":
        _refuse(values, *values)
        return NO_OPTIONS if display_oid is None else Options(display_oid=display_oid)
    _refuse(values, *_FIXED, *_OF_XML)
    if values.get("arc", "rfc") == "rfc":
        values.pop("arc", None)
        _refuse(values, *values)
        return NO_OPTIONS
    return msgspec.convert(_GB_WRAPPER | values, Options)


def _refuse(values: dict[str, object], *fields: str) -> None:
    for field in fields:
        if field in values:
            raise OptionRefused(field)


def _set(options: AskedOptions) -> dict[str, object]:
    """Those that are set."""
    values: dict[str, object] = msgspec.to_builtins(options)
    return values


_GB_WRAPPER: Final[dict[str, object]] = {
    "signature_algorithm": "301.1",
    "parameters": "null",
    "signature_value": "der",
    "certificates": "chain",
}


# Learned while it is imported, by one thread: two that read it first crash the process.
msgspec.json.Decoder(AskedOptions)
msgspec.json.Decoder(Options)
