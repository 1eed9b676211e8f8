"""PKCS#11 token (令牌): found by its label, logged in with its PIN.

Needs the package's extra `pkcs11`. A process logs in to a token once for all its sessions (PKCS#11 v2.40,
5.6), so it has one session per token, reopened after an error. Calls come one at a time, since the library is
initialised without locking.
"""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any, Final, TypeVar

import pkcs11
from pkcs11 import TokenFlag
from pkcs11 import exceptions as raised

from mshield.server.keys.errors import (
    HardwareError,
    HardwareFailed,
    HardwareTimeout,
    LastPinTry,
    NoDeviceKey,
    NoDeviceLibrary,
    NoToken,
    WrongDevicePin,
)
from mshield.server.keys.hardware.calls import DeviceCalls

T = TypeVar("T")

_WRONG_PIN: Final = (raised.PinIncorrect, raised.PinInvalid, raised.PinLenRange, raised.PinExpired)


@dataclass(frozen=True, slots=True)
class TokenPlace:
    """Location of a token: vendor library, label, user PIN, and the time limit of a call in `seconds`."""

    module: Path
    label: str
    pin: str = field(repr=False)
    seconds: int


class Token:
    """Token of this process, obtained from `token_at`. Calls raise HardwareError."""

    def __init__(self, place: TokenPlace) -> None:
        self.place: Final = place
        self._calls = DeviceCalls(f"PKCS#11 {place.label}", place.seconds)
        self._session: pkcs11.Session | None = None
        self._stays_open = False

    def once(self, work: Callable[[pkcs11.Session], T], *, writes: bool = False) -> T:
        """Runs `work` in a session that is then closed, unless `run_in_open_session` was called for this token."""

        def call() -> T:
            if writes:
                self._close()
            try:
                return self._tried(work, writes=writes)
            finally:
                if writes or not self._stays_open:
                    self._close()

        return self._call(call)

    def run_in_open_session(self, work: Callable[[pkcs11.Session], T]) -> T:
        """Runs `work` in a session that stays open; after an error runs it once more in a new one."""

        def call() -> T:
            self._stays_open = True
            open_before = self._session is not None
            try:
                return self._tried(work)
            except HardwareFailed:
                if not open_before:
                    raise
                return self._tried(work)

        return self._call(call)

    def description(self) -> str:
        """Returns label, manufacturer, model and serial number, as the token reports them."""

        def read(session: pkcs11.Session) -> str:
            token = session.token
            parts = (token.manufacturer_id, token.model, token.serial.decode("ascii", "replace").strip("\0 "))
            return f"{token.label} ({' '.join(part.strip() for part in parts if part.strip())})"

        return self.once(read)

    def require_present(self) -> None:
        """Finds the token by its label, without a login, so that no PIN try is spent. Raises: HardwareError."""

        def call() -> None:
            try:
                _one_token(_library(self.place.module), self.place.label)
            except pkcs11.PKCS11Error as error:
                raise self._translated(error) from error

        self._call(call)

    def _call(self, work: Callable[[], T]) -> T:
        try:
            return self._calls(work)
        except HardwareTimeout:
            self._session = None  # It belongs to the hanging call.
            raise

    def _tried(self, work: Callable[[pkcs11.Session], T], *, writes: bool = False) -> T:
        """Runs `work` in the device's thread; any failure closes the session."""
        try:
            if self._session is None:
                self._session = self._open(writes=writes)
            return work(self._session)
        except pkcs11.PKCS11Error as error:
            self._close()
            raise self._translated(error) from error
        except HardwareError:
            self._close()
            raise

    def _open(self, *, writes: bool) -> pkcs11.Session:
        place = self.place
        token = _one_token(_library(place.module), place.label)
        _require_tries(token.flags, place.label)
        try:
            return token.open(rw=writes, user_pin=place.pin)
        except raised.UserAlreadyLoggedIn:  # A session was lost, but the login still exists.
            return token.open(rw=writes)

    def _close(self) -> None:
        session, self._session = self._session, None
        if session is not None:
            with suppress(pkcs11.PKCS11Error):
                session.close()

    def _translated(self, error: pkcs11.PKCS11Error) -> HardwareError:
        label = self.place.label
        if isinstance(error, _WRONG_PIN):
            return WrongDevicePin(
                f"令牌 {label} 不接受此 PIN（MSHIELD_PKCS11_PIN）",
                f"the token {label} refuses the PIN (MSHIELD_PKCS11_PIN)",
            )
        if isinstance(error, raised.PinLocked):
            return _locked(label)
        return HardwareFailed(
            f"令牌 {label} 出错：{type(error).__name__}", f"the token {label} failed: {type(error).__name__}"
        )


@lru_cache(maxsize=8)
def token_at(place: TokenPlace) -> Token:
    """Returns the token at this place, always the same object: a process has one login per token."""
    return Token(place)


def one_key(session: pkcs11.Session, attributes: dict[pkcs11.Attribute, Any], shown: str) -> Any:
    """Returns the one object with these attributes; `shown` names it in the error. Raises: NoDeviceKey."""
    objects = list(session.get_objects(attributes))
    if len(objects) != 1:
        count = "没有" if not objects else "有多个"
        english = "no" if not objects else "more than one"
        raise NoDeviceKey(
            f"令牌 {session.token.label} 上{count}密钥 {shown}",
            f"the token {session.token.label} has {english} key {shown}",
        )
    return objects[0]


def _library(module: Path) -> Any:
    try:
        return pkcs11.lib(str(module))
    except (pkcs11.PKCS11Error, OSError) as error:
        raise NoDeviceLibrary(
            f"无法加载 PKCS#11 库 {module}（MSHIELD_PKCS11_MODULE）",
            f"the PKCS#11 library {module} can't be loaded (MSHIELD_PKCS11_MODULE)",
        ) from error


def _one_token(library: Any, label: str) -> pkcs11.Token:
    try:
        token: pkcs11.Token = library.get_token(token_label=label)
    except raised.NoSuchToken:
        raise NoToken(
            f"没有名为 {label} 的令牌（MSHIELD_PKCS11_TOKEN）",
            f"there is no token with the label {label} (MSHIELD_PKCS11_TOKEN)",
        ) from None
    except raised.MultipleTokensReturned:
        raise NoToken(
            f"有多个名为 {label} 的令牌（MSHIELD_PKCS11_TOKEN）",
            f"there are several tokens with the label {label} (MSHIELD_PKCS11_TOKEN)",
        ) from None
    return token


def _require_tries(flags: TokenFlag, label: str) -> None:
    """Raises WrongDevicePin if the PIN is locked, LastPinTry if one wrong PIN would lock it."""
    if flags & TokenFlag.USER_PIN_LOCKED:
        raise _locked(label)
    if flags & TokenFlag.USER_PIN_FINAL_TRY:
        raise LastPinTry(
            f"令牌 {label} 的 PIN 只剩最后一次：请用厂商工具以正确的 PIN 登录一次，再启动服务",
            f"one more wrong PIN would lock the token {label}: first log in with its vendor's tool and the correct PIN",
        )


def _locked(label: str) -> WrongDevicePin:
    return WrongDevicePin(
        f"令牌 {label} 的 PIN 已锁死：请用厂商工具解锁",
        f"the PIN of the token {label} is locked: unlock it with the vendor's tool",
    )
