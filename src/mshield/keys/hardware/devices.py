"""Which devices keep keys, by the settings; each is reached when it is first needed.

Packages and makers' libraries are loaded then: who has no such device needs none of them.
"""

from typing import TYPE_CHECKING, Final

from mshield.gm.engine import Engine
from mshield.hardware_settings import HardwareSettings
from mshield.keys.errors import BadKeyReference, HardwareNotSetUp
from mshield.keys.hardware.machine import CipherMachine, MachinePlace, MachineSigner, machine_at
from mshield.keys.hardware.reference import TokenKey, parse_reference
from mshield.keys.hardware.secret import device_secret

if TYPE_CHECKING:
    from mshield.keys.hardware.token import Token
    from mshield.keys.hardware.token_key import TokenP256
    from mshield.keys.hardware.wrapped import WrappedForm

_EXTRA: Final = "pip install '.[server,pkcs11]' in a checkout"


class Devices:
    """The token and the cipher machine that the settings name."""

    def __init__(self, settings: HardwareSettings | None = None) -> None:
        """Without settings there are none."""
        self._settings = HardwareSettings.model_construct() if settings is None else settings

    def token(self) -> "Token":
        """The PKCS#11 token. Raises HardwareNotSetUp; calls of it say what else is wrong."""
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
            from mshield.keys.hardware.token import TokenPlace, token_at  # noqa: PLC0415  # needs the extra
        except ModuleNotFoundError as error:
            raise HardwareNotSetUp(
                f"缺少 PKCS#11 所需的软件包：{_EXTRA}", f"the package for PKCS#11 is not installed: {_EXTRA}"
            ) from error
        return token_at(TokenPlace(module, label, pin, settings.hardware_seconds))

    def machine(self) -> CipherMachine:
        """The cipher machine. Raises HardwareNotSetUp; calls of it say what else is wrong."""
        settings = self._settings
        password = device_secret(
            settings.sdf_password, settings.sdf_password_file, name="MSHIELD_SDF_PASSWORD"
        )
        if settings.sdf_library is None:
            raise HardwareNotSetUp(
                "使用密码机还缺设置：MSHIELD_SDF_LIBRARY",
                "to use a cipher machine MSHIELD_SDF_LIBRARY has to be set",
            )
        return machine_at(MachinePlace(settings.sdf_library, password, settings.hardware_seconds))

    def machine_signer(self, index: int, engine: Engine) -> MachineSigner:
        """The machine's key `index` as one that signs. Raises HardwareError."""
        return MachineSigner(self.machine(), index, engine)

    def token_p256(self, reference: str) -> "TokenP256":
        """The token's P-256 key of this name. Raises BadKeyReference, HardwareError."""
        named = parse_reference(reference)
        if not isinstance(named, TokenKey):
            raise BadKeyReference(
                "P-256 密钥由 PKCS#11 令牌持有（pkcs11:…）：GM/T 0018 只有 SM2",
                "a token holds P-256 keys (pkcs11:…): GM/T 0018 has SM2 alone",
            )
        token = self.token()
        from mshield.keys.hardware.token_key import TokenP256  # noqa: PLC0415  # needs the extra

        return TokenP256(token, named, reference)

    def wrapped_form(self) -> "WrappedForm":
        """The form of master keys that the token wraps. Raises HardwareNotSetUp."""
        label = self._settings.pkcs11_wrapping_key
        if not label:
            raise HardwareNotSetUp(
                "还缺设置：MSHIELD_PKCS11_WRAPPING_KEY（令牌上用来包裹主密钥的密钥名称）",
                "MSHIELD_PKCS11_WRAPPING_KEY is missing: the label of the token's key that wraps master keys",
            )
        token = self.token()
        from mshield.keys.hardware.wrapped import WrappedForm  # noqa: PLC0415  # needs the extra

        return WrappedForm(token, label)
