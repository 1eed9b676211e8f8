"""Vendor library of a cipher machine: the part of GM/T 0018-2012 (SDF) used here, declared as in the standard.

Numbers are right-aligned in fields of 512 bits (`ECCref_MAX_LEN` 64). GM/T 0018-2023 leaves these functions
and structures unchanged.
"""

from pathlib import Path
from typing import Any, Final, NamedTuple

from cffi import FFI

from mshield.server.keys.errors import HardwareFailed, NoDeviceLibrary

_OCTETS: Final = 32
_BITS: Final = 256

DECLARATIONS: Final = """
typedef struct { unsigned int bits; unsigned char x[64]; unsigned char y[64]; } ECCrefPublicKey;
typedef struct { unsigned char r[64]; unsigned char s[64]; } ECCSignature;
typedef struct {
    unsigned char IssuerName[40];
    unsigned char DeviceName[16];
    unsigned char DeviceSerial[16];
    unsigned int DeviceVersion;
    unsigned int StandardVersion;
    unsigned int AsymAlgAbility[2];
    unsigned int SymAlgAbility;
    unsigned int HashAlgAbility;
    unsigned int BufferSize;
} DEVICEINFO;

int SDF_OpenDevice(void **phDeviceHandle);
int SDF_CloseDevice(void *hDeviceHandle);
int SDF_OpenSession(void *hDeviceHandle, void **phSessionHandle);
int SDF_CloseSession(void *hSessionHandle);
int SDF_GetDeviceInfo(void *hSessionHandle, DEVICEINFO *pstDeviceInfo);
int SDF_GetPrivateKeyAccessRight(void *hSessionHandle, unsigned int uiKeyIndex, unsigned char *pucPassword,
                                 unsigned int uiPwdLength);
int SDF_ReleasePrivateKeyAccessRight(void *hSessionHandle, unsigned int uiKeyIndex);
int SDF_ExportSignPublicKey_ECC(void *hSessionHandle, unsigned int uiKeyIndex, ECCrefPublicKey *pucPublicKey);
int SDF_InternalSign_ECC(void *hSessionHandle, unsigned int uiISKIndex, unsigned char *pucData,
                         unsigned int uiDataLength, ECCSignature *pucSignature);
"""

OK: Final = 0
BASE: Final = 0x0100_0000
PARDENY: Final = BASE + 0x07
KEYNOTEXIST: Final = BASE + 0x08
PRKRERR: Final = BASE + 0x18
_NAMES: Final = {
    BASE + number: f"SDR_{name}"
    for number, name in enumerate(
        (
            "UNKNOWERR", "NOTSUPPORT", "COMMFAIL", "HARDFAIL", "OPENDEVICE", "OPENSESSION", "PARDENY",
            "KEYNOTEXIST", "ALGNOTSUPPORT", "ALGMODNOTSUPPORT", "PKOPERR", "SKOPERR", "SIGNERR", "VERIFYERR",
            "SYMOPERR", "STEPERR", "FILESIZEERR", "FILENOEXIST", "FILEOFSERR", "KEYTYPEERR", "KEYERR",
            "ENCDATAERR", "RANDERR", "PRKRERR", "MACERR", "FILEEXISTS", "FILEWERR", "NOBUFFER", "INARGERR",
            "OUTARGERR", "USERIDERR",
        ),
        1,
    )
}  # fmt: skip
"""Error codes by Annex A."""

ffi: Final = FFI()
ffi.cdef(DECLARATIONS)


class SdfError(Exception):
    """A function of the library failed; `rv` is its return code."""

    def __init__(self, function: str, rv: int) -> None:
        super().__init__(f"{function}: {_NAMES.get(rv, f'0x{rv & 0xFFFF_FFFF:08X}')}")
        self.rv = rv


class DeviceInfo(NamedTuple):
    """Vendor, model and serial number, as reported by the device."""

    maker: str
    model: str
    serial: str


class SdfLibrary:
    """Functions of the library; each raises SdfError unless it returns SDR_OK."""

    def __init__(self, path: Path) -> None:
        """Loads the library. Raises: NoDeviceLibrary (also if a function is missing)."""
        try:
            self._c: Any = ffi.dlopen(str(path))
            for name in ("SDF_OpenDevice", "SDF_ExportSignPublicKey_ECC", "SDF_InternalSign_ECC"):
                getattr(self._c, name)
        except (OSError, AttributeError) as error:
            raise NoDeviceLibrary(
                f"无法加载 SDF 库 {path}（MSHIELD_SDF_LIBRARY）",
                f"the SDF library {path} can't be loaded (MSHIELD_SDF_LIBRARY)",
            ) from error

    def open_device(self) -> Any:
        """Opens the device and returns its handle."""
        return self._opened("SDF_OpenDevice")

    def open_session(self, device: Any) -> Any:
        """Opens a session and returns its handle."""
        return self._opened("SDF_OpenSession", device)

    def close(self, device: Any, session: Any) -> None:
        """Closes session and device, ignoring errors."""
        if session is not None:
            self._c.SDF_CloseSession(session)
        self._c.SDF_CloseDevice(device)

    def info(self, session: Any) -> DeviceInfo:
        """Returns the device's description of itself."""
        info: Any = ffi.new("DEVICEINFO *")
        self._do("SDF_GetDeviceInfo", session, info)
        fields = (info.IssuerName, info.DeviceName, info.DeviceSerial)
        return DeviceInfo(*(_text(bytes(ffi.buffer(value))) for value in fields))

    def take_right(self, session: Any, index: int, password: bytes) -> None:
        """Acquires the right to use a private key until the session ends."""
        self._do("SDF_GetPrivateKeyAccessRight", session, index, password, len(password))

    def public_key(self, session: Any, index: int) -> bytes:
        """Returns the public key of a signature key pair, 65 bytes. Raises: HardwareFailed (not as in the standard)."""
        key: Any = ffi.new("ECCrefPublicKey *")
        self._do("SDF_ExportSignPublicKey_ECC", session, index, key)
        if key.bits != _BITS:
            raise _not_standard("SDF_ExportSignPublicKey_ECC")
        return b"\x04" + b"".join(
            _read_number("SDF_ExportSignPublicKey_ECC", field) for field in (key.x, key.y)
        )

    def sign(self, session: Any, index: int, e: bytes) -> tuple[int, int]:
        """Returns r and s of the signature over the 32-byte digest `e`.

        Raises: HardwareFailed (not as in the standard).
        """
        signature: Any = ffi.new("ECCSignature *")
        self._do("SDF_InternalSign_ECC", session, index, e, len(e), signature)
        r, s = (_read_number("SDF_InternalSign_ECC", field) for field in (signature.r, signature.s))
        return int.from_bytes(r, "big"), int.from_bytes(s, "big")

    def _opened(self, function: str, *arguments: Any) -> Any:
        handle = ffi.new("void **")
        self._do(function, *arguments, handle)
        return handle[0]

    def _do(self, function: str, *arguments: Any) -> None:
        rv = getattr(self._c, function)(*arguments)
        if rv != OK:
            raise SdfError(function, rv)


def _read_number(function: str, field: Any) -> bytes:
    octets = bytes(ffi.buffer(field))
    if any(octets[:-_OCTETS]):
        raise _not_standard(function)
    return octets[-_OCTETS:]


def _not_standard(function: str) -> HardwareFailed:
    return HardwareFailed(
        f"密码机的 {function} 返回的结构不符合 GM/T 0018（字段应为 512 位、右对齐）",
        f"the result of {function} of the cipher machine doesn't conform to GM/T 0018: right-aligned "
        f"fields of 512 bits",
    )


def _text(octets: bytes) -> str:
    text = octets.split(b"\0")[0].decode("utf-8", "replace").strip()
    return "".join(character if character.isprintable() else "?" for character in text)
