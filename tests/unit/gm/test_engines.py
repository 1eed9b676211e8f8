import subprocess
from concurrent.futures import ThreadPoolExecutor

import pytest

from mshield.gm import botan_library, openssl
from mshield.gm.botan import BotanEngine
from mshield.gm.curve import G, N
from mshield.gm.engine import Engine, available_engines, load_engine
from mshield.gm.errors import BadPoint, EngineUnavailable
from mshield.gm.openssl import OpenSslEngine
from mshield.gm.scalars import random_scalar
from tests.unit.gm import reference
from tests.unit.gm.points import BAD_POINTS

EDGES = (1, 2, 3, N - 2, N - 1, N // 2, (N + 1) // 2, 1 << 255, (1 << 128) - 1)


def test_both_engines_are_there() -> None:
    found = available_engines()
    assert set(found) == {"botan", "openssl"}
    assert tuple(map(int, found["botan"].split(".")[:2])) >= (3, 12)
    assert found["openssl"].startswith("OpenSSL 3.")


def test_auto_is_the_fast_one_and_loaded_once() -> None:
    assert load_engine() is load_engine("auto") is load_engine("botan")


@pytest.mark.parametrize("k", EDGES)
def test_edge_scalars_on_base_and_on_a_point(engine: Engine, k: int) -> None:
    expected = reference.encode(reference.mul(k, reference.BASE))
    assert engine.mul_g(k) == expected
    assert engine.mul(k, G) == expected
    minus = engine.negate(G)
    assert engine.mul(k, minus) == engine.negate(engine.mul_g(k))


@pytest.mark.parametrize("k", [0, N, N + 1, -1, 1 << 256])
def test_scalars_out_of_range_raise_value_error(engine: Engine, k: int) -> None:
    with pytest.raises(ValueError, match="scalar"):
        engine.mul_g(k)
    with pytest.raises(ValueError, match="scalar"):
        engine.mul(k, G)
    with pytest.raises(ValueError, match="scalar"):
        engine.invert(k)


def test_addition_with_its_special_cases(engine: Engine) -> None:
    two = engine.mul_g(2)
    assert engine.add(G, G) == two
    assert engine.add(G, engine.negate(G)) is None
    assert engine.add(two, engine.negate(G)) == G
    assert engine.add(None, None) is None
    assert engine.add(G, None) == engine.add(None, G) == G


@pytest.mark.parametrize(
    ("a", "b", "k"), [(0, 0, None), (0, 1, 1), (1, 0, 1), (1, 1, 2), (N - 1, 1, None), (5, N - 2, 3)]
)
def test_joint_multiplication_with_zeros_and_infinity(engine: Engine, a: int, b: int, k: int | None) -> None:
    assert engine.mul_add_public(a, b, G) == (None if k is None else engine.mul_g(k))


@pytest.mark.parametrize("point", BAD_POINTS.values(), ids=BAD_POINTS)
def test_every_operation_refuses_a_bad_point(engine: Engine, point: bytes) -> None:
    for operation in (
        lambda: engine.check_point(point),
        lambda: engine.mul(5, point),
        lambda: engine.add(G, point),
        lambda: engine.add(point, G),
        lambda: engine.add(point, None),
        lambda: engine.add(None, point),
        lambda: engine.negate(point),
        lambda: engine.mul_add_public(1, 1, point),
        lambda: engine.mul_add_public(1, 0, point),
        lambda: engine.verify(point, bytes(32), 1, 1),
    ):
        with pytest.raises(BadPoint):
            operation()
    # The engine still works afterwards.
    assert engine.mul(1, G) == G


def test_keys_may_change_between_verifications(engine: Engine) -> None:
    # Botan stores the tables of one key: each call must use the right key.
    e = bytes(range(32))
    signed = []
    for k in (7, 9):
        d, public = k * 1000 + 1, engine.mul_g(k * 1000 + 1)
        r = (int.from_bytes(e, "big") + int.from_bytes(engine.mul_g(k)[1:33], "big")) % N
        s = pow(1 + d, -1, N) * (k - r * d) % N
        signed.append((public, r, s))
    (first, r1, s1), (second, r2, s2) = signed
    for _ in range(2):
        assert engine.verify(first, e, r1, s1)
        assert not engine.verify(second, e, r1, s1)
        assert engine.verify(second, e, r2, s2)
        assert not engine.verify(first, e, r2, s2)
    with pytest.raises(BadPoint):
        engine.verify(G[:-1] + b"\x00", e, r1, s1)
    assert engine.verify(first, e, r1, s1)


def test_inverse_is_the_inverse(engine: Engine) -> None:
    for x in EDGES:
        assert engine.invert(x) * x % N == 1


def test_inverse_is_blinded(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    draws: list[int] = []

    def draw() -> int:
        draws.append(random_scalar())
        return draws[-1]

    monkeypatch.setattr("mshield.gm.scalars.random_scalar", draw)
    assert engine.invert(5) == engine.invert(5) == pow(5, -1, N)
    assert len(set(draws)) == 2


def test_random_scalars_are_in_range_and_differ(engine: Engine) -> None:
    drawn = {engine.random_scalar() for _ in range(200)}
    assert len(drawn) == 200
    assert all(0 < k < N for k in drawn)


def test_random_scalars_reject_values_out_of_range(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    draws = iter((bytes(32), b"\xff" * 32, N.to_bytes(32, "big"), (N - 1).to_bytes(32, "big")))
    monkeypatch.setattr("mshield.gm.scalars.os.urandom", lambda _length: next(draws))
    assert engine.random_scalar() == N - 1


def test_engine_serves_several_threads(engine: Engine) -> None:
    scalars = [engine.random_scalar() for _ in range(64)]
    expected = [reference.encode(reference.mul(k, reference.BASE)) for k in scalars]

    def work(k: int) -> tuple[bytes, bytes | None, bytes | None]:
        point = engine.mul_g(k)
        return point, engine.mul(k, G), engine.add(engine.mul_add_public(k, 1, point), engine.negate(point))

    with ThreadPoolExecutor(max_workers=8) as pool:
        results = list(pool.map(work, scalars * 4))
    assert results == [(point, point, point) for point in expected * 4]


def test_botan_is_found_without_subprocesses(monkeypatch: pytest.MonkeyPatch) -> None:
    def run(*_: object, **_more: object) -> None:
        raise AssertionError("a compiler was asked")

    monkeypatch.setattr(subprocess, "Popen", run)
    assert BotanEngine().name == "botan"


def test_missing_botan_names_the_package_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(botan_library, "_library_names", lambda: iter(("libbotan-none.so",)))
    with pytest.raises(EngineUnavailable, match="apt install libbotan-3-12"):
        BotanEngine()


def test_old_botan_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(botan_library, "MINIMUM", (3, 99))
    monkeypatch.setattr(botan_library, "_library_names", lambda: iter(("libbotan-3.so.12",)))
    with pytest.raises(EngineUnavailable, match="which is too old"):
        BotanEngine()


def test_missing_openssl_names_the_package_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(openssl, "_library_names", lambda: iter(("libcrypto-none.so", "libc.so.6")))
    with pytest.raises(EngineUnavailable, match="apt install libssl3"):
        OpenSslEngine()


def test_openssl_without_sm2_is_unavailable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(openssl, "_NID_SM2", 9999)
    with pytest.raises(EngineUnavailable, match="without SM2"):
        OpenSslEngine()


def test_auto_falls_back_and_else_gives_all_reasons(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing() -> Engine:
        raise EngineUnavailable("not here")

    monkeypatch.setattr("mshield.gm.engine._LOADERS", {"none": missing, "openssl": OpenSslEngine})
    assert load_engine().name == "openssl"
    assert available_engines()["none"] == "unavailable: not here"
    monkeypatch.setattr("mshield.gm.engine._LOADERS", {"none": missing, "neither": missing})
    with pytest.raises(EngineUnavailable, match="none: not here; neither: not here"):
        load_engine()


def test_an_engine_that_computes_wrongly_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    class Wrong(OpenSslEngine):
        def mul_g(self, k: int) -> bytes:
            return super().mul_g(k + 1)

    monkeypatch.setattr("mshield.gm.engine._LOADERS", {"wrong": Wrong})
    with pytest.raises(EngineUnavailable, match="computes wrong points"):
        load_engine()


def test_unknown_name_lists_the_known() -> None:
    with pytest.raises(EngineUnavailable, match="auto, botan, openssl"):
        load_engine("gmssl")  # type: ignore[arg-type]  # what an operator may have configured
