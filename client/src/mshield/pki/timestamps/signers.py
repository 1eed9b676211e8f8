"""Keys that sign time stamp tokens."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256

from mshield.pki.certificates.p256 import point_of
from mshield.pki.errors import IssueError
from mshield.pki.signer import Signer
from mshield.pki.timestamps.certificate import TsaCertificate


@dataclass(frozen=True, slots=True)
class Sm2StampSigner:
    """SM2 signer of tokens; `above` are CA certificates (DER) to include. Raises: IssueError for another key."""

    certificate: TsaCertificate
    above: Sequence[bytes]
    signer: Signer = field(repr=False)

    def __post_init__(self) -> None:
        """Checks that the key belongs to the certificate. Raises: IssueError."""
        if (self.certificate.profile, self.certificate.public) != ("sm2", self.signer.public):
            raise IssueError("the key is not the certificate's")

    @property
    def key(self) -> object:
        """The signer."""
        return self.signer

    def sign(self, message: bytes) -> bytes:
        """Signs the message and returns DER."""
        return self.signer.sign(message).to_der()


@dataclass(frozen=True, slots=True)
class P256StampSigner:
    """P-256 signer of tokens; `above` are CA certificates (DER) to include. Raises: IssueError for another key."""

    certificate: TsaCertificate
    above: Sequence[bytes]
    private: ec.EllipticCurvePrivateKey = field(repr=False)

    def __post_init__(self) -> None:
        """Checks that the key belongs to the certificate. Raises: IssueError."""
        if (self.certificate.profile, self.certificate.public) != ("p256", point_of(self.private)):
            raise IssueError("the key is not the certificate's")

    @property
    def key(self) -> object:
        """The private key."""
        return self.private

    def sign(self, message: bytes) -> bytes:
        """Signs the message and returns DER."""
        return self.private.sign(message, ec.ECDSA(SHA256()))
