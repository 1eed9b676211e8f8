"""Interface of a certificate authority to the service, whether its own or an outside one."""

from typing import Protocol

from mshield.server.certificates.rows.certificates import NewCertificate
from mshield.server.certificates.rows.issuing import ConfirmedKey


class CertificateAuthority(Protocol):
    """A CA that certifies keys whose requests are signed."""

    @property
    def name(self) -> str:
        """`local`, or the name in the settings."""
        ...

    async def certify(self, key: ConfirmedKey, new: NewCertificate, *, now: int) -> None:
        """Certifies the key, or begins to; `new` has the names that were signed. Idempotent.

        Afterwards the certificate is in force, or the CA still decides. Raises: NoFiling, AlreadyCertified,
        DeviceLimit, OtherAccount (the application is refused now), Unavailable, Conflict (it has ended).
        """
        ...
