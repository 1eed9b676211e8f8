"""Settings of keys: the engine, the master keys, a PKCS#11 token, and a cipher machine (密码机) by GM/T 0018."""

from pathlib import Path
from typing import Literal

from pydantic import BaseModel, Field, SecretStr

from mshield.server.settings.forms import GROUP, Positive


class KeySettings(BaseModel):
    """Settings of keys, part of `Settings`."""

    model_config = GROUP

    pkcs11_module: Path | None = Field(
        default=None,
        description="path of the token vendor's PKCS#11 library; see operations.md, Keys in hardware",
    )
    pkcs11_token: str | None = Field(default=None, description="label of the token")
    pkcs11_pin: SecretStr | None = Field(default=None, description="user PIN of the token")
    pkcs11_pin_file: Path | None = Field(
        default=None,
        description="file with that PIN, instead of the PIN itself; must not be readable by others",
    )
    pkcs11_wrapping_key: str | None = Field(
        default=None,
        description=(
            "label of the AES key on the token that wraps the keys of `master_key_file`; empty: the "
            "file holds them in plain text"
        ),
    )
    sdf_library: Path | None = Field(
        default=None, description="path of the cipher machine vendor's library (SDF, GM/T 0018)"
    )
    sdf_password: SecretStr | None = Field(
        default=None, description="password for private-key access; empty if the device needs none"
    )
    sdf_password_file: Path | None = Field(
        default=None,
        description="file with that password, instead of the password itself; must not be readable by others",
    )
    hardware_seconds: Positive = Field(
        default=5,
        description=(
            "timeout of a call to such a device; after a timeout the device isn't called for ten seconds"
        ),
    )
    engine: Literal["auto", "botan", "openssl"] = Field(
        default="auto", description="implementation of SM2; auto uses Botan if it is installed"
    )
    master_key_file: Path = Field(
        default=Path("var/master.key"), description="file of master keys, mode 0600"
    )
    master_key: SecretStr | None = Field(
        default=None, description="master keys themselves, instead of the file"
    )
