"""Writes an evidence folder, made by `mshield.pki` from the tests' authority, for judges to look at."""

from pathlib import Path

from mshield.pki.cms import build_signed_data
from mshield.pki.crl import Revoked
from mshield.pki.csr import assemble_request, build_request_info
from mshield.pki.ocsp import CertId, Good, HashName, build_ocsp_response
from tests.unit.pki.authority import DAY, NOW, SUBJECT, Authority, new_serial

MESSAGE = "<报关单><编号>530120261010000001</编号><企业>深圳市蓝海报关有限公司</企业></报关单>".encode()


def ocsp_response(a: Authority, *, hash_name: HashName = "sha1") -> bytes:
    """A good status of the leaf."""
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
    """One entry for each reason code."""
    return tuple(Revoked(new_serial(), NOW - DAY, reason) for reason in (0, 1, 2, 3, 4, 5, 6, 9, 10))


def write_evidence(folder: Path, a: Authority, *, detached: bool = False) -> None:
    """Write all files that the judge knows."""
    signature = a.leaf_key.sign(MESSAGE)
    info = build_request_info(SUBJECT, a.leaf_key.public)
    cms = build_signed_data(
        message=None if detached else MESSAGE,
        signature=signature,
        certificate=a.leaf,
        chain=[a.issuing, a.root],
    )
    files = {
        "root.pem": a.root.pem().encode(),
        "issuing.pem": a.issuing.pem().encode(),
        "leaf.pem": a.leaf.pem().encode(),
        "message.bin": MESSAGE,
        "signature.der": signature.to_der(),
        "signature.p7s": cms,
        "crl.der": a.crl(revoked_of_all_reasons()),
        "root-crl.der": a.root_crl(),
        "ocsp.der": ocsp_response(a),
        "request.der": assemble_request(info, a.leaf_key.sign(info)),
    }
    for name, content in files.items():
        (folder / name).write_bytes(content)
