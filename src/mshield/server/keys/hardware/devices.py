"""Key-holding devices named by the settings; each is connected when first needed.

Packages and vendor libraries are loaded only then, so a site without such a device needs none of them.

Their PINs and passwords come from a setting or from a file that others can't access.
"""

import os
import stat
from pathlib import Path
from typing import TYPE_CHECKING, Final

from pydantic import SecretStr

from mshield.gm.engine import Engine
from mshield.server.keys.errors import BadKeyReference, HardwareNotSetUp
from mshield.server.keys.hardware.machine import CipherMachine, MachinePlace, MachineSigner, machine_at
from mshield.server.keys.hardware.reference import TokenKey, parse_reference
from mshield.server.settings.keys import KeySettings

if TYPE_CHECKING:
    from mshield.server.keys.hardware.token import Token
    from mshield.server.keys.hardware.token_key import TokenP256
    from mshield.server.keys.hardware.wrapped import WrappedForm

_EXTRA: Final = "pip install ./client '.[pkcs11]' in a checkout"

_MOST_BYTES: Final = 1024


class Devices:
    """Token and cipher machine named in the settings."""

    def __init__(self, settings: KeySettings | None = None) -> None:
        """Without settings there are no devices."""
        self._settings = KeySettings() if settings is None else settings

    def token(self) -> "Token":
        """Returns the PKCS#11 token. Raises: HardwareNotSetUp; other problems show at its calls."""
        settings = self._settings
        pin = device_secret(settings.pkcs11_pin, settings.pkcs11_pin_file, name="MSHIELD_PKCS11_PIN")
        module, label = settings.pkcs11_module, settings.pkcs11_token
        if module is None or label is None or pin is None:
            values = (
                ("MSHIELD_PKCS11_MODULE", module),
                ("MSHIELD_PKCS11_TOKEN", label),
                ("MSHIELD_PKCS11_PIN", pin),
            )
            missing = ", ".join(name for name, value in values if value is None)
            raise HardwareNotSetUp(
                f"使用 PKCS#11 令牌还缺设置：{missing}",
                f"to use a PKCS#11 token these settings are missing: {missing}",
            )
        try:
            from mshield.server.keys.hardware.token import TokenPlace, token_at  # noqa: PLC0415  # needs the extra
        except ModuleNotFoundError as error:
            raise HardwareNotSetUp(
                f"缺少 PKCS#11 所需的软件包：{_EXTRA}", f"the package for PKCS#11 is not installed: {_EXTRA}"
            ) from error
        return token_at(TokenPlace(module, label, pin, settings.hardware_seconds))

    def machine(self) -> CipherMachine:
        """Returns the cipher machine. Raises: HardwareNotSetUp; other problems show at its calls."""
        settings = self._settings
        password = device_secret(
            settings.sdf_password, settings.sdf_password_file, name="MSHIELD_SDF_PASSWORD"
        )
        if settings.sdf_library is None:
            raise HardwareNotSetUp(
                "使用密码机还缺设置：MSHIELD_SDF_LIBRARY",
                "to use a cipher machine set MSHIELD_SDF_LIBRARY",
            )
        return machine_at(MachinePlace(settings.sdf_library, password, settings.hardware_seconds))

    def require_present(self) -> None:
        """Asks the devices of the settings for a sign of life, without a login. Raises: HardwareError."""
        if self._settings.pkcs11_module is not None:
            self.token().require_present()
        if self._settings.sdf_library is not None:
            self.machine().info()

    def machine_signer(self, index: int, engine: Engine) -> MachineSigner:
        """Returns a signer for the machine's key `index`. Raises: HardwareError."""
        return MachineSigner(self.machine(), index, engine)

    def token_p256(self, reference: str) -> "TokenP256":
        """Returns the token's P-256 key of this reference. Raises: BadKeyReference, HardwareError."""
        key = parse_reference(reference)
        if not isinstance(key, TokenKey):
            raise BadKeyReference(
                "P-256 密钥由 PKCS#11 令牌持有（pkcs11:…）：GM/T 0018 只有 SM2",
                "P-256 keys must be in a token (pkcs11:…): GM/T 0018 supports only SM2",
            )
        token = self.token()
        from mshield.server.keys.hardware.token_key import TokenP256  # noqa: PLC0415  # needs the extra

        return TokenP256(token, key, reference)

    def wrapped_form(self) -> "WrappedForm":
        """Returns the format of master keys wrapped by the token. Raises: HardwareNotSetUp."""
        label = self._settings.pkcs11_wrapping_key
        if not label:
            raise HardwareNotSetUp(
                "还缺设置：MSHIELD_PKCS11_WRAPPING_KEY（令牌上用来包裹主密钥的密钥名称）",
                "MSHIELD_PKCS11_WRAPPING_KEY is missing: the label of the token key that wraps the master keys",
            )
        token = self.token()
        from mshield.server.keys.hardware.wrapped import WrappedForm  # noqa: PLC0415  # needs the extra

        return WrappedForm(token, label)


def device_secret(value: SecretStr | None, file: Path | None, *, name: str) -> str | None:
    """Returns the secret; None if neither is set. `name` is the setting's name. Raises: HardwareNotSetUp.

    Only the first line of a file is used, so that an editor's final newline doesn't become part of the
    secret.
    """
    if value is not None and file is not None:
        raise HardwareNotSetUp(
            f"{name} 和 {name}_FILE 只能设置一个", f"set either {name} or {name}_FILE, not both"
        )
    if value is not None:
        return value.get_secret_value()
    return None if file is None else _read(file, name=f"{name}_FILE")


def _read(path: Path, *, name: str) -> str:
    try:
        with path.open("rb") as file:
            status = os.fstat(file.fileno())
            content = file.read(_MOST_BYTES + 1)
    except OSError as error:
        raise HardwareNotSetUp(
            f"{name}={path} 无法读取", f"{name}={path} can't be read: {error.strerror}"
        ) from error
    # Group access is allowed, since systemd passes secrets that way (LoadCredential=).
    if not stat.S_ISREG(status.st_mode) or status.st_mode & 0o007:
        raise HardwareNotSetUp(
            f"{name}={path} 其他用户可以访问，请执行 chmod o= {path}",
            f"{name}={path} is accessible to others: run `chmod o= {path}`",
        )
    try:
        (secret, *_) = content.decode().splitlines()
    except ValueError:
        secret = ""
    if not secret or len(content) > _MOST_BYTES:
        raise HardwareNotSetUp(f"{name}={path} 里没有口令", f"{name}={path} contains no PIN or password")
    return secret
