"""Makes signed attributes like the service, and reads CMS like the SDK, in one call each."""

from collections.abc import Sequence

from mshield.gm.engine import Engine
from mshield.gm.errors import BadSignature
from mshield.gm.sm2 import verify
from mshield.gm.sm3 import sm3
from mshield.pki.asn1.arcs import DISPLAY_OID
from mshield.pki.errors import BadCertificateSignature
from mshield.pki.signatures.cms import SignedData, parse_signed_data, signed_message
from mshield.pki.signatures.display import Drawing, display_bytes
from mshield.pki.signatures.formats import Options, attributes_in
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
    """Returns the attributes of a `cms` document whose content has this SM3 digest and size in bytes."""
    display = display_bytes(title=title, media_type=media_type, size=size, lines=lines, drawing=drawing)
    attributes = attributes_in("cms", Options(display_oid=DISPLAY_OID), digest=digest, display=sm3(display))
    assert attributes is not None
    return attributes


def verify_signed_data(
    engine: Engine, data: bytes, *, content: bytes | None = None, digest: bytes | None = None
) -> SignedData:
    """Parses a CMS and checks the signature with the signer's key.

    `content` or `digest` are as for `signed_message`.
    """
    signed = parse_signed_data(data)
    message = signed_message(signed, content=content, digest=digest)
    try:
        verify(engine, signed.signer.public_key, message, signed.signature)
    except BadSignature as error:
        raise BadCertificateSignature("the signature on the message does not verify") from error
    return signed
