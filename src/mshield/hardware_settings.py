"""Settings of devices that keep keys: a token by PKCS#11, and a cipher machine (密码机) by GM/T 0018."""

from pathlib import Path

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings

from mshield.setting_forms import Positive


class HardwareSettings(BaseSettings):
    """A part of `Settings`."""

    pkcs11_module: Path | None = Field(
        default=None, description="library of a token's maker (PKCS#11); see operations.md, Keys in hardware"
    )
    pkcs11_token: str | None = Field(default=None, description="label of the token")
    pkcs11_pin: SecretStr | None = Field(default=None, description="the token's user PIN")
    pkcs11_pin_file: Path | None = Field(
        default=None, description="file with that PIN, which others may not read, in place of it"
    )
    pkcs11_wrapping_key: str | None = Field(
        default=None,
        description="label of the token's AES key under which the keys of `master_key_file` stand wrapped; none: they "
        "stand there in the clear",
    )
    sdf_library: Path | None = Field(
        default=None, description="library of a cipher machine's maker (SDF, GM/T 0018)"
    )
    sdf_password: SecretStr | None = Field(
        default=None, description="password for the right to use its private keys; none: it asks for none"
    )
    sdf_password_file: Path | None = Field(
        default=None, description="file with that password, which others may not read, in place of it"
    )
    hardware_seconds: Positive = Field(
        default=5,
        description="how long such a device may take for one call; then it is asked nothing for ten seconds",
    )
