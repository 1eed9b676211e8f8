"""Settings of time stamps: the stamping authorities, the trusted roots, and the clock of the own authority."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from pydantic import BaseModel, Field, ValidationInfo, field_validator

from mshield.server.settings.forms import GROUP, Names, TsaPlaces

_OID: Final = re.compile(r"[0-2](?:\.(?:0|[1-9][0-9]{0,38})){1,31}")
_SHA256: Final = re.compile(r"[0-9A-Fa-f]{64}")


@dataclass(frozen=True, slots=True)
class TsaPlace:
    """Time stamping authority: address or `own`, its algorithms, and the requested policy."""

    url: str
    profile: Literal["sm2", "p256"]
    policy: str | None


class TimeStampSettings(BaseModel):
    """Settings of time stamps, part of `Settings`."""

    model_config = GROUP

    url: TsaPlaces = Field(
        default=(),
        alias="tsa_url",
        description=(
            "comma-separated time stamping authorities that stamp each signature: https addresses, or"
            " `own` for the service's own; empty: signatures aren't stamped"
        ),
    )
    profile: Names = Field(
        default=("sm2",),
        alias="tsa_profile",
        description="sm2 or p256, one for all authorities or a comma-separated list in their order",
    )
    policy: Names = Field(
        default=(),
        alias="tsa_policy",
        description="policy OID to request from external authorities; empty: their default",
    )
    roots: Path | None = Field(
        default=None,
        alias="tsa_roots",
        description="PEM file with the root certificates of the external authorities, used for nothing else",
    )
    waived: Names = Field(
        default=(),
        alias="tsa_waived",
        description=(
            "SHA-256 fingerprints of external authorities' certificates that are accepted without the"
            " time stamping extended key usage"
        ),
    )
    clock: Literal["checked", "assumed"] = Field(
        default="checked",
        alias="tsa_clock",
        description=(
            "checked: the own time stamping authority issues no time stamps unless the kernel reports"
            " a synchronized clock; assumed: something else keeps the clock right; demo mode doesn't "
            "check"
        ),
    )

    @field_validator("profile")
    @classmethod
    def _known_profiles(cls, profiles: tuple[str, ...], info: ValidationInfo) -> tuple[str, ...]:
        if not profiles or set(profiles) - {"sm2", "p256"}:
            raise ValueError("sm2 or p256")
        return cls._for_each(profiles, info)

    @field_validator("policy")
    @classmethod
    def _known_policies(cls, policies: tuple[str, ...], info: ValidationInfo) -> tuple[str, ...]:
        if not all(map(_OID.fullmatch, policies)):
            raise ValueError("no object identifier")
        return cls._for_each(policies, info)

    @staticmethod
    def _for_each(values: tuple[str, ...], info: ValidationInfo) -> tuple[str, ...]:
        if len(values) > 1 and len(values) != len(info.data.get("url", ())):
            raise ValueError("must be one for all authorities, or one for each")
        return values

    @field_validator("waived")
    @classmethod
    def _sha256(cls, digests: tuple[str, ...]) -> tuple[str, ...]:
        if not all(map(_SHA256.fullmatch, digests)):
            raise ValueError("each must be 64 hex digits")
        return digests

    @property
    def places(self) -> tuple[TsaPlace, ...]:
        """The time stamping authorities, in the order of the setting."""
        count = len(self.url)
        profiles = self.profile * count if len(self.profile) == 1 else self.profile
        policies = self.policy * count if len(self.policy) == 1 else self.policy or (None,) * count
        places = zip(self.url, profiles, policies, strict=True)
        return tuple(
            TsaPlace(url, "p256" if profile == "p256" else "sm2", policy) for url, profile, policy in places
        )

    @property
    def waived_sha256(self) -> frozenset[bytes]:
        """Digests in `waived`, decoded."""
        return frozenset(map(bytes.fromhex, self.waived))
