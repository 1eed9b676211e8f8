"""One interface for the curve arithmetic: Botan 3.12 if it is installed, else OpenSSL 3.

Points are 65-byte `bytes` or `None` for infinity, scalars are `int` in [1, n-1]. Engines are safe to use from
any thread.
"""

from collections.abc import Callable, Hashable
from functools import cache
from typing import Final, Literal, Protocol

from mshield.gm.curve import G, N
from mshield.gm.curve import negate as negate_point
from mshield.gm.errors import EngineUnavailable

EngineName = Literal["auto", "botan", "openssl"]


class Engine(Hashable, Protocol):
    """Curve operations that the protocol needs. A scalar outside [1, n-1] is a caller's bug: `ValueError`."""

    @property
    def name(self) -> str:
        """`botan` or `openssl`."""

    @property
    def version(self) -> str:
        """The library's own version text."""

    def random_scalar(self) -> int:
        """Returns a uniform integer in [1, n-1] from the operating system's generator."""

    def mul_g(self, k: int) -> bytes:
        """Returns `kG` for a secret k."""

    def mul(self, k: int, point: bytes) -> bytes | None:
        """Returns `kP` for a secret k. Raises: BadPoint."""

    def add(self, a: bytes | None, b: bytes | None) -> bytes | None:
        """Returns `A + B`. Raises: BadPoint."""

    def negate(self, point: bytes) -> bytes:
        """Returns `-P`. Raises: BadPoint."""

    def mul_add_public(self, a: int, b: int, point: bytes) -> bytes | None:
        """Returns `aG + bP` for public a, b in [0, n-1]; the time may depend on them. Raises: BadPoint."""

    def verify(self, public: bytes, e: bytes, r: int, s: int) -> bool:
        """Reports whether (r, s), each in [1, n-1] with r + s ≠ n, signs the 32-byte e. Raises: BadPoint."""

    def check_point(self, point: bytes) -> None:
        """Checks the length, the byte 04, the coordinates' range and the curve equation. Raises: BadPoint."""

    def invert(self, x: int) -> int:
        """Returns `x^-1 mod n`, computed with blinding."""

    def sm3(self, *chunks: bytes) -> bytes:
        """Returns SM3 of the joined chunks, 32 bytes."""


def _botan() -> Engine:
    from mshield.gm.botan import BotanEngine  # noqa: PLC0415  loads a library

    return BotanEngine()


def _openssl() -> Engine:
    from mshield.gm.openssl import OpenSslEngine  # noqa: PLC0415  loads a library

    return OpenSslEngine()


_LOADERS: Final[dict[str, Callable[[], Engine]]] = {"botan": _botan, "openssl": _openssl}


@cache
def _load(name: str) -> Engine:
    engine = _LOADERS[name]()
    if engine.mul_g(1) != G or engine.mul(N - 1, G) != negate_point(G):
        raise EngineUnavailable(f"{name} {engine.version} computes wrong points on sm2p256v1")
    return engine


def load_engine(name: EngineName = "auto") -> Engine:
    """Returns the named engine, loaded once; `auto` picks the fastest available. Raises: EngineUnavailable."""
    if name != "auto":
        if name not in _LOADERS:
            raise EngineUnavailable(f"no engine is called {name!r}; there are auto, {', '.join(_LOADERS)}")
        return _load(name)
    reasons = []
    for candidate in _LOADERS:
        try:
            return _load(candidate)
        except EngineUnavailable as error:
            reasons.append(f"{candidate}: {error}")
    raise EngineUnavailable("; ".join(reasons))


def available_engines() -> dict[str, str]:
    """Maps each engine's name to its library's version, or to the reason why it is unavailable."""
    engines = {}
    for name in _LOADERS:
        try:
            engines[name] = _load(name).version
        except EngineUnavailable as error:
            engines[name] = f"unavailable: {error}"
    return engines
