"""Public downloads: certificates, CRL, OCSP, the log, the FAQ."""

import base64

from mshield.pki.revocation.ocsp_request import CertId, build_ocsp_request
from mshield.pki.timestamps.algorithms import Hash
from mshield.pki.timestamps.request import TimeStampRequest
from tests.http.life.life import Life


def fetch_what_is_published(life: Life) -> None:
    context = life.service.application.context
    life.log()
    for path in (
        "/pki/root.cer",
        "/pki/issuing.cer",
        "/pki/issuing.p7c",
        "/pki/issuing.crl",
        "/log/checkpoint",
        "/log/witnesses",
        "/healthz",
        "/livez",
        "/readyz",
        "/api/faq",
    ):
        life.get(path)
    issuing = context.authorities.issuing.certificate
    asked = build_ocsp_request([CertId.of(issuing, int(life.phone.certificate().serial, 16))])
    for prefix in ("/pki/ocsp", "/pki/p256/ocsp"):
        life.post(prefix, asked, "application/ocsp-request")
        life.get(f"{prefix}/{base64.b64encode(asked).decode()}")
    hashes: dict[str, Hash] = {"/pki/tsa": "sm3", "/pki/p256/tsa": "sha256"}
    for path, hashed in hashes.items():
        stamp = TimeStampRequest(hash=hashed, digest=bytes(32), nonce=7)
        life.post(path, stamp.encode(), "application/timestamp-query")
    size = int(life.get("/log/checkpoint").text.splitlines()[1])
    life.get(f"/log/tile/0/000.p/{size}")
    life.get(f"/log/tile/entries/000.p/{size}")
