"""OCSP responses about the certificates of the tests' authority."""

from typing import Any, Final

from mshield.pki.certificates.certificate import Certificate
from mshield.pki.certificates.issue import issue_ocsp_responder
from mshield.pki.revocation.ocsp import CertId, CertStatus, build_ocsp_response
from mshield.pki.signer import KeySigner
from tests.unit.pki.authority import DAY, NOW, Authority, ca_name, new_key, new_serial


def ocsp(a: Authority, certificate: Certificate, status: CertStatus, *, at: int, **changes: Any) -> bytes:
    """Returns a response about the leaf by its CA's responder, or about the issuing CA by the root's."""
    by_root = certificate is a.issuing
    issuer = a.root if by_root else a.issuing
    responder, signer = root_responder(a) if by_root else (a.ocsp, a.ocsp_key)
    given: dict[str, Any] = {
        "signer": signer,
        "responder": responder,
        "issuer": issuer,
        "statuses": [(CertId.of(issuer, certificate.serial), status)],
        "this_update": at,
        "next_update": at + DAY,
        "produced_at": at,
    }
    return build_ocsp_response(**(given | changes))


_RESPONDERS: Final[dict[bytes, tuple[Certificate, KeySigner]]] = {}


def root_responder(a: Authority) -> tuple[Certificate, KeySigner]:
    """Returns the root's responder and its key."""
    if a.root.der not in _RESPONDERS:
        key = new_key(a.engine)
        made = issue_ocsp_responder(
            signer=a.root_key,
            issuer=a.root,
            serial=new_serial(),
            subject=ca_name("示例根 OCSP"),
            public=key.public,
            not_before=NOW - DAY,
            not_after=NOW + 29 * DAY,
        )
        _RESPONDERS[a.root.der] = (made, key)
    return _RESPONDERS[a.root.der]
