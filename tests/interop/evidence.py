"""Writes an evidence folder, made by `mshield.pki` from the tests' authority, for the judges."""

from pathlib import Path
from typing import Literal

from mshield.gm.sm3 import sm3
from mshield.pki.asn1.frame import assemble
from mshield.pki.certificates.csr import build_request_info
from mshield.pki.revocation.crl import Revoked
from mshield.pki.revocation.ocsp import CertId, Good, HashName, build_ocsp_response
from mshield.pki.signatures.cms import build_signed_data
from mshield.pki.signatures.signed_attributes import SignedAttributes
from tests.support import signed_data
from tests.unit.pki.authority import DAY, NOW, SUBJECT, Authority, new_serial

MESSAGE = "<报关单><编号>530120261010000001</编号><企业>深圳市蓝海报关有限公司</企业></报关单>".encode()


def ocsp_response(a: Authority, *, hash_name: HashName = "sha1") -> bytes:
    """Returns a good status of the leaf."""
    return build_ocsp_response(
        signer=a.ocsp_key,
        responder=a.ocsp,
        issuer=a.issuing,
        statuses=[(CertId.of(a.issuing, a.leaf.serial, hash_name), Good())],
        this_update=NOW,
        next_update=NOW + DAY // 24,
        produced_at=NOW,
        nonce=b"0123456789abcdef",
    )


def revoked_of_all_reasons() -> tuple[Revoked, ...]:
    """Returns one entry for each reason code."""
    return tuple(Revoked(new_serial(), NOW - DAY, reason) for reason in (0, 1, 2, 3, 4, 5, 6, 9, 10))


Form = Literal["attached", "detached", "digest"]
"""Form of a CMS: content inside, content beside it, or only the content's digest."""


def write_evidence(
    folder: Path, a: Authority, *, form: Form = "attached", with_attributes: bool = False
) -> None:
    """Writes all files that the judge reads."""
    attributes = attributes_of(content=MESSAGE) if with_attributes else None
    signature = a.leaf_key.sign(MESSAGE if attributes is None else attributes.encode())
    info = build_request_info(SUBJECT, a.leaf_key.public)
    cms = build_signed_data(
        content=MESSAGE if form == "attached" else None,
        signature=signature,
        certificate=a.leaf,
        chain=[a.issuing, a.root],
        attributes=attributes,
    )
    files = {
        "root.pem": a.root.pem().encode(),
        "issuing.pem": a.issuing.pem().encode(),
        "leaf.pem": a.leaf.pem().encode(),
        "signature.der": signature.to_der(),
        "signature.p7s": cms,
        "crl.der": a.crl(revoked_of_all_reasons()),
        "root-crl.der": a.root_crl(),
        "ocsp.der": ocsp_response(a),
        "request.der": assemble(info, a.leaf_key.sign(info)),
    }
    files |= {"digest.bin": sm3(MESSAGE)} if form == "digest" else {"message.bin": MESSAGE}
    files |= {} if attributes is None else {"attributes.der": attributes.encode()}
    for name, content in files.items():
        (folder / name).write_bytes(content)


def attributes_of(*, content: bytes) -> SignedAttributes:
    """Returns the signed attributes of a document with this content."""
    lines = (("总价", "126000.00 欧元"),)
    return signed_data.attributes_of(
        digest=sm3(content), title="报关单", media_type="application/xml", size=len(content), lines=lines
    )
