"""Cipher machine (密码机) by GM/T 0018: SM2 keys held by it sign for the CA, selected by index.

The keys are created with the machine's own tool, since the standard has no suitable call for that. The
session and the access rights to keys stay open; after an error everything is reopened once. Each signature is
verified before it is returned.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any, Final, TypeVar

from mshield.gm.curve import check_point
from mshield.gm.engine import Engine
from mshield.gm.errors import BadPoint, BadSignature
from mshield.gm.sm2 import Signature, digest, verify_digest
from mshield.server.keys.errors import HardwareFailed, HardwareTimeout, NoDeviceKey, WrongDevicePin
from mshield.server.keys.hardware.calls import DeviceCalls
from mshield.server.keys.hardware.held import HeldByDevice
from mshield.server.keys.hardware.sdf import KEYNOTEXIST, PARDENY, PRKRERR, DeviceInfo, SdfError, SdfLibrary

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class MachinePlace:
    """Location of a cipher machine: vendor library, password of its keys, and the time limit of a call in `seconds`."""

    library: Path
    password: str | None = field(repr=False)
    seconds: int


class CipherMachine:
    """Cipher machine of this process, obtained from `machine_at`. Calls raise HardwareError."""

    def __init__(self, place: MachinePlace) -> None:
        self._place = place
        self._calls = DeviceCalls("SDF", place.seconds)
        self._library: SdfLibrary | None = None
        self._handles: tuple[Any, Any] | None = None
        self._rights: set[int] = set()
        self._refused: WrongDevicePin | None = None

    def info(self) -> DeviceInfo:
        """Returns the machine's description of itself."""
        return self._call(lambda library, session: library.info(session))

    def public_key(self, index: int) -> bytes:
        """Returns the public key of the signature key pair `index`, 65 bytes, and acquires the right to use it.

        Raises: NoDeviceKey, WrongDevicePin, HardwareFailed, HardwareTimeout.
        """

        def work(library: SdfLibrary, session: Any) -> bytes:
            public = library.public_key(session, index)
            self._take_right(library, session, index)
            return public

        public = self._call(work, index=index)
        try:
            check_point(public)
        except BadPoint as error:
            raise HardwareFailed(
                f"密码机的密钥 {index} 不是 SM2 公钥", f"key {index} of the cipher machine isn't an SM2 key"
            ) from error
        return public

    def sign(self, index: int, e: bytes) -> Signature:
        """Signs the digest `e` (32 bytes) with key `index`; the signature is not verified. Raises: as `public_key`."""

        def work(library: SdfLibrary, session: Any) -> Signature:
            self._take_right(library, session, index)
            return Signature(*library.sign(session, index, e))

        return self._call(work, index=index)

    def _call(self, work: Callable[[SdfLibrary, Any], T], *, index: int = 0) -> T:
        def call() -> T:
            open_before = self._handles is not None
            try:
                return self._tried(work)
            except SdfError as error:
                # Don't retry a wrong password, which the machine counts, or a missing key.
                if not open_before or error.rv in {PRKRERR, KEYNOTEXIST}:
                    raise
                return self._tried(work)

        if self._refused is not None:
            raise self._refused  # The machine counts wrong passwords and locks, so never retry.
        try:
            return self._calls(call)
        except HardwareTimeout:
            self._handles, self._rights = None, set()  # They belong to the hanging call.
            raise
        except SdfError as error:
            raise self._translated(error, index) from error

    def _tried(self, work: Callable[[SdfLibrary, Any], T]) -> T:
        """Runs `work` in the machine's thread; any failure closes session and device."""
        if self._library is None:
            self._library = SdfLibrary(self._place.library)
        library = self._library
        try:
            if self._handles is None:
                self._handles = _opened(library)
            return work(library, self._handles[1])
        except (SdfError, HardwareFailed):
            handles, self._handles, self._rights = self._handles, None, set()
            if handles is not None:
                library.close(*handles)
            raise

    def _take_right(self, library: SdfLibrary, session: Any, index: int) -> None:
        if self._place.password is not None and index not in self._rights:
            library.take_right(session, index, self._place.password.encode())
            self._rights.add(index)

    def _translated(self, error: SdfError, index: int) -> Exception:
        if error.rv == KEYNOTEXIST:
            return NoDeviceKey(
                f"密码机没有索引为 {index} 的签名密钥",
                f"the cipher machine has no signature key with index {index}",
            )
        if error.rv == PRKRERR:
            self._refused = WrongDevicePin(
                f"密码机不接受密钥 {index} 的私钥使用权限口令（MSHIELD_SDF_PASSWORD）",
                f"the cipher machine refuses the password for using key {index} (MSHIELD_SDF_PASSWORD)",
            )
            return self._refused
        if error.rv == PARDENY:
            return WrongDevicePin(
                f"使用密码机的密钥 {index} 需要口令：请设置 MSHIELD_SDF_PASSWORD",
                f"the cipher machine requires a password for using key {index}: set MSHIELD_SDF_PASSWORD",
            )
        return HardwareFailed(f"密码机出错：{error}", f"the cipher machine failed: {error}")


@lru_cache(maxsize=8)
def machine_at(place: MachinePlace) -> CipherMachine:
    """Returns the machine at this place, always the same object."""
    return CipherMachine(place)


class MachineSigner(HeldByDevice):
    """Signer with a key of a cipher machine; implements `Signer`."""

    def __init__(self, machine: CipherMachine, index: int, engine: Engine) -> None:
        """Raises: as `CipherMachine.public_key`."""
        self._machine, self._index, self._engine = machine, index, engine
        self.public: Final = machine.public_key(index)

    def sign(self, tbs: bytes) -> Signature:
        """Returns the SM2 signature over `tbs`, verified. Raises: HardwareError."""
        e = digest(self.public, tbs)
        signature = self._machine.sign(self._index, e)
        try:
            verify_digest(self._engine, self.public, e, signature)
        except BadSignature as error:
            raise HardwareFailed(
                f"密码机的密钥 {self._index} 给出的签名不正确，已丢弃",
                f"the signature by key {self._index} of the cipher machine is invalid and was discarded",
            ) from error
        return signature


def _opened(library: SdfLibrary) -> tuple[Any, Any]:
    device = library.open_device()
    try:
        return device, library.open_session(device)
    except SdfError:
        library.close(device, None)
        raise
