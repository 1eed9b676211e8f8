"""Settings of time stamps: which authorities stamp signatures, whom of them one believes, and the own one's clock."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from pydantic import Field, ValidationInfo, field_validator

from mshield.keep_settings import KeepSettings
from mshield.setting_forms import Names, TsaPlaces

_OID: Final = re.compile(r"[0-2](?:\.(?:0|[1-9][0-9]{0,38})){1,31}")
_SHA256: Final = re.compile(r"[0-9A-Fa-f]{64}")


@dataclass(frozen=True, slots=True)
class TsaPlace:
    """A time stamping authority: address or `own`, whose algorithms, and the policy wished."""

    url: str
    profile: Literal["sm2", "p256"]
    policy: str | None


class TsaSettings(KeepSettings):
    """A part of `Settings`."""

    tsa_url: TsaPlaces = Field(
        default=(),
        description="time stamping authorities that stamp each signature, joined by commas: https addresses, `own` for "
        "the service's own; none: no signature is stamped",
    )
    tsa_profile: Names = Field(
        default=("sm2",),
        description="sm2 or p256, for all authorities, or for each in their order, by commas",
    )
    tsa_policy: Names = Field(
        default=(), description="policy (OID) that the outside authorities are asked for; none: their own"
    )
    tsa_roots: Path | None = Field(
        default=None, description="PEM file with the roots of the outside authorities, apart from all others"
    )
    tsa_waived: Names = Field(
        default=(),
        description="SHA-256 of outside authorities' certificates that needn't say that they are for time stamps",
    )
    tsa_clock: Literal["checked", "assumed"] = Field(
        default="checked",
        description="the own time stamping authority gives no time unless the kernel says that its clock is kept; "
        "`assumed` where something else keeps it, demo mode doesn't ask",
    )

    @field_validator("tsa_profile")
    @classmethod
    def _known_profiles(cls, profiles: tuple[str, ...], info: ValidationInfo) -> tuple[str, ...]:
        if not profiles or set(profiles) - {"sm2", "p256"}:
            raise ValueError("sm2 or p256")
        return cls._for_each(profiles, info)

    @field_validator("tsa_policy")
    @classmethod
    def _known_policies(cls, policies: tuple[str, ...], info: ValidationInfo) -> tuple[str, ...]:
        if not all(map(_OID.fullmatch, policies)):
            raise ValueError("no object identifier")
        return cls._for_each(policies, info)

    @staticmethod
    def _for_each(values: tuple[str, ...], info: ValidationInfo) -> tuple[str, ...]:
        if len(values) > 1 and len(values) != len(info.data.get("tsa_url", ())):
            raise ValueError("one for all authorities, or one for each")
        return values

    @field_validator("tsa_waived")
    @classmethod
    def _sha256(cls, digests: tuple[str, ...]) -> tuple[str, ...]:
        if not all(map(_SHA256.fullmatch, digests)):
            raise ValueError("each is 64 hex digits")
        return digests

    @property
    def tsa_places(self) -> tuple[TsaPlace, ...]:
        """The time stamping authorities."""
        count = len(self.tsa_url)
        profiles = self.tsa_profile * count if len(self.tsa_profile) == 1 else self.tsa_profile
        policies = (
            self.tsa_policy * count if len(self.tsa_policy) == 1 else self.tsa_policy or (None,) * count
        )
        places = zip(self.tsa_url, profiles, policies, strict=True)
        return tuple(
            TsaPlace(url, "p256" if profile == "p256" else "sm2", policy) for url, profile, policy in places
        )

    @property
    def tsa_waived_sha256(self) -> frozenset[bytes]:
        """What `tsa_waived` names."""
        return frozenset(map(bytes.fromhex, self.tsa_waived))
