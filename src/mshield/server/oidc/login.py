"""A signed login as reported to clients: claims by scope, and the signature with which anybody can verify it.

`sub` is a keyed hash of the filed person, so it stays the same across phones and certificates and reveals
nothing. If pairwise (OpenID Connect Core, 8.1), it also depends on the business system, so that two systems
can't match their users.
"""

import base64
from dataclasses import dataclass, field
from typing import Any, Final

from mshield.gm.sm2 import Signature
from mshield.server.keys.secrets import LookupKey
from mshield.server.oidc.rows.authorizations import LoginRow
from mshield.server.oidc.rules import ACR, AMR
from mshield.wire.tokens import base64url

_SUBJECT: Final = "oidc-sub"
_PAIRWISE: Final = "oidc-sub-pairwise"


@dataclass(frozen=True, slots=True)
class Subjects:
    """Generator of `sub`, the same for all clients or, if pairwise, different for each."""

    lookup: LookupKey
    pairwise: bool

    def of(self, row: LoginRow, client_id: str) -> str:
        """Returns the `sub` of this login's person for this client: 43 characters."""
        hashed = (
            self.lookup.lookup_hash(_PAIRWISE, f"{client_id} {row.person_id}")
            if self.pairwise
            else self.lookup.lookup_hash(_SUBJECT, row.person_id)
        )
        return base64url(hashed)


@dataclass(frozen=True, slots=True)
class Login:
    """A person's login, as in its signature and certificate."""

    subject: str
    row: LoginRow = field(repr=False)

    @property
    def auth_time(self) -> int:
        """Time of the signature, in seconds."""
        return self.row.signed_at // 1000

    def claims(self, scope: str) -> dict[str, Any]:
        """Returns the person's claims for these scopes; all except `sub` are as in the certificate."""
        scopes = scope.split()
        values: dict[str, Any] = {"sub": self.subject}
        if "profile" in scopes:
            values["name"] = self.row.name
        if "mshield" in scopes:
            values |= {
                "enterprise": self.row.organisation,
                "credit_code": self.row.credit_code,
                "role": self.row.role,
                "shield_number": self.row.shield_number,
            }
        return values

    def proof(self) -> dict[str, str]:
        """Returns the claim `mshield_login`.

        It contains the signed message, which names client and request, and the signature (DER).
        """
        return {
            "message_b64": _b64(self.row.message),
            "signature_b64": _b64(Signature.from_raw(self.row.signature).to_der()),
        }

    def whole_proof(self, scope: str, chain: tuple[bytes, ...]) -> dict[str, Any]:
        """Returns the proof, with certificate and chain if the scope `mshield` was granted.

        Certificates contain the person's name, so other scopes don't include them.
        """
        if "mshield" not in scope.split():
            return self.proof()
        return {
            **self.proof(),
            "certificate_b64": _b64(self.row.certificate),
            "chain_b64": [_b64(certificate) for certificate in chain],
        }

    @staticmethod
    def assurance() -> dict[str, Any]:
        """Returns the claims on how the person was authenticated."""
        return {"acr": ACR, "amr": list(AMR)}


def _b64(octets: bytes) -> str:
    return base64.b64encode(octets).decode()
