"""Signed attributes and CMS as the service makes them and the SDK reads them, in one call each, without either."""

from collections.abc import Sequence

from mshield.gm.engine import Engine
from mshield.gm.errors import BadSignature
from mshield.gm.sm2 import verify
from mshield.gm.sm3 import sm3
from mshield.pki.errors import BadCertificateSignature
from mshield.pki.signatures.cms import SignedData, parse_signed_data, signed_message
from mshield.pki.signatures.display import Drawing, display_bytes
from mshield.pki.signatures.formats import NO_OPTIONS, attributes_in
from mshield.pki.signatures.signed_attributes import SignedAttributes


def attributes_of(
    *,
    digest: bytes,
    title: str,
    media_type: str,
    size: int,
    lines: Sequence[tuple[str, str]],
    drawing: Drawing | None = None,
) -> SignedAttributes:
    """The attributes of a document of format `cms` whose content has this SM3 digest and size in bytes."""
    display = display_bytes(title=title, media_type=media_type, size=size, lines=lines, drawing=drawing)
    attributes = attributes_in("cms", NO_OPTIONS, digest=digest, display=sm3(display))
    assert attributes is not None
    return attributes


def verify_signed_data(
    engine: Engine, data: bytes, *, content: bytes | None = None, digest: bytes | None = None
) -> SignedData:
    """Reads it, and checks the signature with the signer's key; `content` or `digest` as for `signed_message`."""
    signed = parse_signed_data(data)
    message = signed_message(signed, content=content, digest=digest)
    try:
        verify(engine, signed.signer.public_key, message, signed.signature)
    except BadSignature as error:
        raise BadCertificateSignature("the signature on the message does not verify") from error
    return signed
