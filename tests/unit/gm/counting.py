"""An engine that counts its operations."""

from collections import Counter

from mshield.gm.engine import Engine


class CountingEngine:
    """An engine that passes every call to another one and counts it."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self.counts: Counter[str] = Counter()

    @property
    def name(self) -> str:
        return self._engine.name

    @property
    def version(self) -> str:
        return self._engine.version

    def random_scalar(self) -> int:
        return self._engine.random_scalar()

    def mul_g(self, k: int) -> bytes:
        self.counts["mul_g"] += 1
        return self._engine.mul_g(k)

    def mul(self, k: int, point: bytes) -> bytes | None:
        self.counts["mul"] += 1
        return self._engine.mul(k, point)

    def add(self, a: bytes | None, b: bytes | None) -> bytes | None:
        self.counts["add"] += 1
        return self._engine.add(a, b)

    def negate(self, point: bytes) -> bytes:
        self.counts["negate"] += 1
        return self._engine.negate(point)

    def mul_add_public(self, a: int, b: int, point: bytes) -> bytes | None:
        self.counts["mul_add_public"] += 1
        return self._engine.mul_add_public(a, b, point)

    def verify(self, public: bytes, e: bytes, r: int, s: int) -> bool:
        self.counts["verify"] += 1
        return self._engine.verify(public, e, r, s)

    def check_point(self, point: bytes) -> None:
        self._engine.check_point(point)

    def invert(self, x: int) -> int:
        return self._engine.invert(x)

    def sm3(self, *chunks: bytes) -> bytes:
        return self._engine.sm3(*chunks)
