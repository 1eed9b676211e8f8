"""Everything that can be wrong with keys at rest: typed, with a stable code and a Chinese and an English sentence.

No message holds key material, a line of the key file, or any part of a box beyond the master key's public id.
"""


class KeysError(Exception):
    """Base of this package's errors. `zh` and `en` are the sentences for people."""

    code: str = "keys"

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(en)
        self.zh = zh
        self.en = en


class NoMasterKey(KeysError):
    """There is no master key where the settings say."""

    code = "no_master_key"


class MasterKeyExists(KeysError):
    """A master key is never overwritten."""

    code = "master_key_exists"


class UnsafeMasterKey(KeysError):
    """The master key file can be read by others, or belongs to someone else."""

    code = "unsafe_master_key"


class BadMasterKey(KeysError):
    """The master key text is not in its form."""

    code = "bad_master_key"


class MasterKeyInUse(KeysError):
    """An old master key can't be dropped yet."""

    code = "master_key_in_use"


class SealError(KeysError):
    """A box does not open: it was changed, or belongs to another row, epoch or purpose."""

    code = "seal_broken"

    def __init__(
        self,
        zh: str = "加密数据无法打开：已被改动，或不属于此处",
        en: str = "a sealed value does not open: it was changed, or does not belong here",
    ) -> None:
        super().__init__(zh, en)


class UnknownMasterKey(SealError):
    """A box was sealed under a master key that is not in the ring."""

    code = "unknown_master_key"

    def __init__(self, key_id: bytes) -> None:
        shown = key_id.hex()
        super().__init__(
            f"加密数据所用的主密钥 {shown} 不在密钥环中",
            f"a value is sealed under master key {shown}, which is not in the ring",
        )
        self.key_id = key_id


class NoAuthority(KeysError):
    """The certificate authority was not made yet."""

    code = "no_authority"


class AuthorityExists(KeysError):
    """A certificate authority is never overwritten."""

    code = "authority_exists"


class AuthorityRevoked(KeysError):
    """A certificate authority is revoked once, and for good."""

    code = "authority_revoked"


class BadAuthority(KeysError):
    """A stored authority's key does not fit its certificate."""

    code = "bad_authority"


class ClearMasterKey(KeysError):
    """A master key stands in the clear where the settings say that a token wraps it."""

    code = "clear_master_key"


class WrappedMasterKey(KeysError):
    """The master keys are wrapped, and the settings name no token."""

    code = "wrapped_master_key"


class HardwareError(KeysError):
    """Base of what can be wrong with a device that keeps keys."""

    code = "hardware"


class BadKeyReference(KeysError):
    """The reference to a device's key is out of form, or names a key that can't be used here."""

    code = "bad_key_reference"


class HardwareNotSetUp(HardwareError):
    """A setting, a file with a secret, or the Python package that the device needs is missing."""

    code = "hardware_not_set_up"


class NoDeviceLibrary(HardwareError):
    """The library of the device's maker can't be loaded."""

    code = "no_device_library"


class NoToken(HardwareError):
    """There is no token of this label, or there are several."""

    code = "no_token"


class WrongDevicePin(HardwareError):
    """The device refuses PIN or password, or has locked them."""

    code = "wrong_device_pin"


class LastPinTry(HardwareError):
    """One more wrong PIN would lock the token: a service that is started again and again must not be the one."""

    code = "last_pin_try"


class NoDeviceKey(HardwareError):
    """The device has no such key, or several."""

    code = "no_device_key"


class UnfitDeviceKey(HardwareError):
    """The device's key is of the wrong kind, or could be taken out."""

    code = "unfit_device_key"


class NotUnderThisKey(HardwareError):
    """A wrapped master key isn't under the token's key, or was changed."""

    code = "not_under_this_key"


class HardwareFailed(HardwareError):
    """The device answers with an error, or with what can't be."""

    code = "hardware_failed"


class HardwareTimeout(HardwareError):
    """The device doesn't answer in time."""

    code = "hardware_timeout"

    def __init__(self, device: str) -> None:
        super().__init__(f"{device} 没有按时应答", f"{device} doesn't answer in time")
