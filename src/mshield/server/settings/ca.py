"""Settings of the CA: certificates, their renewal, CRLs and OCSP answers."""

from typing import Literal

from pydantic import BaseModel, Field

from mshield.pki.asn1 import arcs
from mshield.server.settings.forms import GROUP, OidArc, Positive


class CaSettings(BaseModel):
    """Settings of the CA, part of `Settings`."""

    model_config = GROUP

    certificate_days: Positive = Field(default=365 * 2, description="lifetime of a leaf certificate")
    renewal_key: Literal["new", "same"] = Field(
        default="new",
        description="new: a renewal generates a new key pair; same: it certifies the existing one again",
    )
    renewal_confirm_days: Positive = Field(
        default=7, description="days that a renewed certificate waits for confirmation"
    )
    certificate_id_number: Literal["hash", "clear", "none"] = Field(
        default="hash", description="form of the ID number in the certificate"
    )
    oid_arc: OidArc = Field(
        default=arcs.DEFAULT_ARC,
        description=(
            "your own arc of object identifiers, each number below 2^31: .1 states how a signed "
            "document was displayed, .2 is the certificate policy, .3 the time stamp policy; see "
            "formats.md"
        ),
    )
    certificate_policy: str | None = Field(
        default=None,
        description="OID of your own certificate policy; empty: the arc's .2",
    )
    crl_hours: Positive = Field(default=24, description="lifetime of a published CRL")
    crl_shard_certificates: Positive = Field(
        default=10_000,
        description=(
            "certificates per revocation list; certificates beyond it use the next shard; see publication.md"
        ),
    )
    root_crl_hours: Positive = Field(default=24 * 30, description="lifetime of the root's published CRL")
    p256_status: bool = Field(
        default=False,
        description="also publish CRLs and OCSP responses signed with P-256, for clients without SM2",
    )
    cas: str | None = Field(
        default=None,
        description=(
            "file (TOML) of outside CAs and of the routes that choose one; empty: this service's own CA issues "
            "every certificate; see outside-ca.md"
        ),
    )
    ocsp_hours: Positive = Field(default=12, description="lifetime of an OCSP response")

    @property
    def policy_oid(self) -> str:
        """Certificate policy OID."""
        return self.certificate_policy or arcs.certificate_policy(self.oid_arc)

    @property
    def display_oid(self) -> str:
        """OID of the signed attribute for the display."""
        return arcs.display_oid(self.oid_arc)
