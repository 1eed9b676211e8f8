"""A CA for tests: a root, an issuing CA, and certificates for requests. Replace this file with your CA's own calls."""

import secrets
import time
from collections.abc import Callable
from pathlib import Path

from mshield.gm import sm2
from mshield.gm.engine import load_engine
from mshield.pki.asn1.frame import open_frame
from mshield.pki.certificates import csr, issue
from mshield.pki.certificates.certificate import Certificate
from mshield.pki.certificates.names import LeafSubject, make_name
from mshield.pki.certificates.profiles import LeafIdentity, Urls
from mshield.pki.signer import KeySigner

_DAY_MS = 86_400_000
_POLICY = "1.3.6.1.4.1.61712.9.1"


def wall_clock() -> int:
    """Returns the time in ms since 1970."""
    return time.time_ns() // 1_000_000


class TestAuthority:
    """Issues SM2 certificates; its keys exist as long as the process."""

    __test__ = False  # for pytest, which would collect the class by its name

    def __init__(self, status_host: str, clock: Callable[[], int] = wall_clock) -> None:
        self.clock = clock
        self.engine = load_engine()
        self.urls = Urls(
            crl=f"http://{status_host}/ca.crl",
            ocsp=f"http://{status_host}/ocsp",
            ca_issuer=f"http://{status_host}/ca.cer",
        )
        now = self.clock() // 1000 * 1000
        begin, end = now - _DAY_MS, now + 3000 * _DAY_MS
        root_key, ca_key = (KeySigner(self.engine, sm2.generate(self.engine)) for _ in range(2))
        self.signer = ca_key
        self.root = issue.self_signed_root(
            signer=root_key,
            serial=self.serial(),
            subject=make_name(country="CN", organisation="Example CA", common_name="Example Root"),
            not_before=begin,
            not_after=end,
        )
        self.ca = issue.issue_intermediate(
            signer=root_key,
            issuer=self.root,
            serial=self.serial(),
            subject=make_name(country="CN", organisation="Example CA", common_name="Example Issuing CA"),
            public=ca_key.public,
            not_before=begin,
            not_after=end,
            urls=Urls(crl=self.urls.crl, ca_issuer=f"http://{status_host}/root.cer"),
            policy_oid=_POLICY,
        )

    @staticmethod
    def serial() -> int:
        """Returns a random serial number of 12 octets."""
        return int.from_bytes(secrets.token_bytes(12), "big") | 1 << 94

    def subject_of(self, request: bytes) -> tuple[LeafSubject, bytes]:
        """Returns name and key of a PKCS#10 after verifying its SM2 signature (user id 1234567812345678)."""
        framed = open_frame(request)
        subject, public = csr.parse_request_info(framed.tbs)
        sm2.verify(self.engine, public, framed.tbs, framed.signature)
        return subject, public

    def certify(
        self, subject: LeafSubject, public: bytes, credit_code: str, *, days: int = 365
    ) -> Certificate:
        """Issues a certificate."""
        now = self.clock() // 1000 * 1000
        return issue.issue_leaf(
            signer=self.signer,
            issuer=self.ca,
            serial=self.serial(),
            subject=subject,
            identity=LeafIdentity(id_number=None, credit_code=credit_code),
            public=public,
            not_before=now,
            not_after=now + days * _DAY_MS,
            urls=self.urls,
            policy_oid=_POLICY,
        )

    def write(self, path: Path) -> str:
        """Writes root and issuing CA as PEM, for `certificates` in cas.toml; returns the root's SHA-256."""
        path.write_text(self.root.pem() + self.ca.pem(), "ascii")
        return self.root.fingerprint().hex()
