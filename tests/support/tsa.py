"""Time stamping authorities for tests: below a CA's root, or independent, with SM2 or P-256."""

import secrets
from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric import ec

from mshield.pki.asn1 import oids
from mshield.pki.certificates.extensions import KeyUse
from mshield.pki.certificates.issue import issue_tsa
from mshield.pki.certificates.names import make_name
from mshield.pki.certificates.p256 import make_p256_certificate
from mshield.pki.signatures.evidence import EvidenceTimeStamp
from mshield.pki.timestamps.algorithms import HASH_OF, Hash, hashed
from mshield.pki.timestamps.certificate import parse_tsa_certificate
from mshield.pki.timestamps.request import TimeStampRequest
from mshield.pki.timestamps.signers import P256StampSigner, Sm2StampSigner
from mshield.pki.timestamps.token import StampSigner, make_token
from tests.unit.pki.authority import NOW, YEAR, Authority, new_key, new_serial

POLICY = "2.999.1.3"


@dataclass(frozen=True)
class Tsa:
    """An authority; `root` is the certificate to trust (DER)."""

    signer: StampSigner
    root: bytes

    def token(self, data: bytes, *, at: int, hash: Hash | None = None) -> bytes:  # noqa: A002
        """Makes a token on the data."""
        profile = self.signer.certificate.profile
        name = hash or HASH_OF[profile]
        request = TimeStampRequest(hash=name, digest=hashed(name, data), nonce=secrets.randbits(63))
        return make_token(self.signer, request, policy=POLICY, serial=secrets.randbits(120), at=at)

    def stamp(self, data: bytes, *, at: int) -> EvidenceTimeStamp:
        """Makes a stamp in the form of a bundle."""
        return EvidenceTimeStamp(
            token=self.token(data, at=at), profile=self.signer.certificate.profile, at=at // 1000 * 1000
        )


def below(a: Authority, *, organisation: str = "独立时间戳中心", until: int = NOW + 5 * YEAR) -> Tsa:
    """Creates an SM2 authority issued by this CA's root."""
    key = new_key(a.engine)
    certificate = issue_tsa(
        signer=a.root_key,
        issuer=a.root,
        serial=new_serial(),
        subject=make_name(country="CN", organisation=organisation, common_name="时间戳机构"),
        public=key.public,
        not_before=NOW - YEAR,
        not_after=until,
        crl="http://ca.example.cn/pki/root.crl",
    )
    return Tsa(Sm2StampSigner(parse_tsa_certificate(certificate.der), (a.root.der,), key), a.root.der)


def on_p256(*, organisation: str = "独立时间戳中心", until: int = NOW + 5 * YEAR) -> Tsa:
    """Creates a P-256 authority with its own root."""
    private = ec.generate_private_key(ec.SECP256R1())
    certificate = make_p256_certificate(
        private,
        country="CN",
        organisation=organisation,
        common_name="时间戳机构 P-256",
        serial=new_serial(),
        not_before=NOW - YEAR,
        not_after=until,
        uses=(KeyUse.DIGITAL_SIGNATURE,),
        purpose=oids.TIME_STAMPING,
    )
    return Tsa(P256StampSigner(parse_tsa_certificate(certificate), (), private), certificate)
