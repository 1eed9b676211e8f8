"""Errors of keys at rest: typed, with a stable code and a Chinese and an English sentence.

No message contains key material, a line of the key file, or any part of a box except the master key's public
id.
"""


class KeysError(Exception):
    """Base of this package's errors. `zh` and `en` are the sentences for display."""

    code: str = "keys"

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(en)
        self.zh = zh
        self.en = en


class NoMasterKey(KeysError):
    """There is no master key at the configured place."""

    code = "no_master_key"


class MasterKeyExists(KeysError):
    """A master key exists already and is never overwritten."""

    code = "master_key_exists"


class UnsafeMasterKey(KeysError):
    """Others can read the master key file, or it belongs to another user."""

    code = "unsafe_master_key"


class BadMasterKey(KeysError):
    """The master key text has another format."""

    code = "bad_master_key"


class MasterKeyInUse(KeysError):
    """An old master key can't be dropped, because boxes sealed under it remain."""

    code = "master_key_in_use"


class SealError(KeysError):
    """A box can't be opened: it was changed, or belongs to another row, epoch or purpose."""

    code = "seal_broken"

    def __init__(
        self,
        zh: str = "加密数据无法打开：已被改动，或不属于此处",
        en: str = "a sealed value can't be opened: it was changed, or moved from another row",
    ) -> None:
        super().__init__(zh, en)


class UnknownMasterKey(SealError):
    """The box was sealed under a master key that is not in the ring."""

    code = "unknown_master_key"

    def __init__(self, key_id: bytes) -> None:
        hex_id = key_id.hex()
        super().__init__(
            f"加密数据所用的主密钥 {hex_id} 不在密钥环中",
            f"a value is sealed under master key {hex_id}, which is missing",
        )
        self.key_id = key_id


class NoAuthority(KeysError):
    """The certificate authority has not been created yet."""

    code = "no_authority"


class AuthorityExists(KeysError):
    """The certificate authority exists already and is never overwritten."""

    code = "authority_exists"


class AuthorityRevoked(KeysError):
    """The certificate authority is already revoked, which is permanent."""

    code = "authority_revoked"


class BadAuthority(KeysError):
    """The key of a stored authority doesn't match its certificate."""

    code = "bad_authority"


class KeyElsewhere(KeysError):
    """The root's key isn't on this server, so what it signs is requested from it and imported."""

    code = "key_elsewhere"


class NoCaRequest(KeysError):
    """No open request of this server has the name or the key."""

    code = "no_ca_request"


class BadCaImport(KeysError):
    """A certificate or list of another CA is not what was requested; `findings` names each fault."""

    code = "bad_ca_import"

    def __init__(self, what: str, *findings: tuple[str, str]) -> None:
        self.findings = findings
        self.extra = {"findings": [{"code": code, "detail": detail} for code, detail in findings]}
        text = "; ".join(f"{code}: {detail}" if detail else code for code, detail in findings)
        super().__init__(f"{what} 不能导入：{text}", f"{what} can't be imported: {text}")


class ClearMasterKey(KeysError):
    """A master key is in the clear although the settings require wrapping by a token."""

    code = "clear_master_key"


class WrappedMasterKey(KeysError):
    """The master keys are wrapped, but the settings name no token."""

    code = "wrapped_master_key"


class HardwareError(KeysError):
    """Base of the errors of key-holding devices."""

    code = "hardware"


class BadKeyReference(KeysError):
    """The reference to a device's key is ill-formed, or names a key that can't be used here."""

    code = "bad_key_reference"


class HardwareNotSetUp(HardwareError):
    """A setting, a secret file or the Python package for the device is missing."""

    code = "hardware_not_set_up"


class NoDeviceLibrary(HardwareError):
    """The vendor's library of the device can't be loaded."""

    code = "no_device_library"


class NoToken(HardwareError):
    """No token, or more than one, has this label."""

    code = "no_token"


class WrongDevicePin(HardwareError):
    """The device refuses the PIN or password, or has locked it."""

    code = "wrong_device_pin"


class LastPinTry(HardwareError):
    """One more wrong PIN would lock the token, which a repeatedly restarted service must not cause."""

    code = "last_pin_try"


class NoDeviceKey(HardwareError):
    """The device has no such key, or more than one."""

    code = "no_device_key"


class UnfitDeviceKey(HardwareError):
    """The device's key is of the wrong type, or is extractable."""

    code = "unfit_device_key"


class NotUnderThisKey(HardwareError):
    """A wrapped master key was wrapped by another key, or was changed."""

    code = "not_under_this_key"


class HardwareFailed(HardwareError):
    """The device returned an error or an impossible answer."""

    code = "hardware_failed"


class HardwareTimeout(HardwareError):
    """The device didn't answer in time."""

    code = "hardware_timeout"

    def __init__(self, device: str) -> None:
        super().__init__(f"{device} 没有按时应答", f"{device} doesn't answer in time")
