"""A signed login and what is told about it: claims by scope, and the signature with which anyone can verify it.

`sub` is a keyed hash of the filed person, so it stays the same through new phones and certificates, and says nothing.
Pairwise (OpenID Connect Core, 8.1) it is of the business system too, so that two of them can't compare theirs.
"""

import base64
from dataclasses import dataclass, field
from typing import Any, Final

from mshield.domain.systems.oidc import ACR, AMR
from mshield.domain.tokens import base64url
from mshield.gm.sm2 import Signature
from mshield.keys.secrets import LookupKey
from mshield.store.oidc.authorizations import LoginRow

_SUBJECT: Final = "oidc-sub"
_PAIRWISE: Final = "oidc-sub-pairwise"


@dataclass(frozen=True, slots=True)
class Subjects:
    """Makes `sub`, the same for all clients or, pairwise, another for each."""

    lookup: LookupKey
    pairwise: bool

    def of(self, row: LoginRow, client_id: str) -> str:
        """The person of this login, to this client: 43 characters."""
        hashed = (
            self.lookup.lookup_hash(_PAIRWISE, f"{client_id} {row.person_id}")
            if self.pairwise
            else self.lookup.lookup_hash(_SUBJECT, row.person_id)
        )
        return base64url(hashed)


@dataclass(frozen=True, slots=True)
class Login:
    """A person's login, as its signature and certificate have it."""

    subject: str
    row: LoginRow = field(repr=False)

    @property
    def auth_time(self) -> int:
        """When it was signed, in seconds."""
        return self.row.signed_at // 1000

    def claims(self, scope: str) -> dict[str, Any]:
        """Who logged in, for these scopes; all but `sub` as the certificate says it."""
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
        """The claim `mshield_login`: the signed message, which names client and request, and its signature (DER)."""
        return {
            "message_b64": _b64(self.row.message),
            "signature_b64": _b64(Signature.from_raw(self.row.signature).to_der()),
        }

    def whole_proof(self, scope: str, chain: tuple[bytes, ...]) -> dict[str, Any]:
        """The same with certificate and chain, where the scope `mshield` was granted: they name the person."""
        if "mshield" not in scope.split():
            return self.proof()
        return {
            **self.proof(),
            "certificate_b64": _b64(self.row.certificate),
            "chain_b64": [_b64(certificate) for certificate in chain],
        }

    @staticmethod
    def assurance() -> dict[str, Any]:
        """How the person proved who they are."""
        return {"acr": ACR, "amr": list(AMR)}


def _b64(octets: bytes) -> str:
    return base64.b64encode(octets).decode()
