"""CPU cost of a co-signature on the server, compared with the cost of its curve operations alone.

CPU time is measured, not wall time, after a warm-up; the median of all rounds is reported. As on a real
server, no signature is made under the key that the engine has just verified with.
"""

import argparse
import json
import secrets
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final, TypeVar

from mshield.gm.cosign import (
    FinishItem,
    PhoneNonce,
    ServerNonce,
    SessionItem,
    check_nonce,
    check_openings,
    phone_commit,
    phone_enrol,
    phone_finish,
    server_enrol,
    server_finish,
    server_nonce,
)
from mshield.gm.engine import Engine, load_engine

R = TypeVar("R")
ROUNDS: Final = 7
BATCH: Final = 20


@dataclass(frozen=True, slots=True)
class Key:
    """One enrolled key with both of its shares."""

    uid: bytes
    d1: int
    d2: int
    P1: bytes
    P: bytes


def run(engine: Engine, seconds: float) -> dict[str, float | str]:
    """Measures one engine for about this many seconds of CPU time; returns milliseconds per signature, and rates."""
    keys = [_enrol(engine) for _ in range(BATCH)]
    _round(engine, keys)
    rounds = [_round(engine, keys) for _ in range(_how_many(lambda: _round(engine, keys), seconds))]
    opened, finished, derived, phone, bare = (
        statistics.median(values) for values in zip(*rounds, strict=True)
    )
    server = opened + finished
    return {
        "engine": engine.name,
        "version": engine.version,
        "rounds": len(rounds),
        "cosigns_per_second": 1 / server,
        "server_ms": 1e3 * server,
        "open_ms": 1e3 * opened,
        "finish_ms": 1e3 * finished,
        "finish_without_P1_ms": 1e3 * derived,
        "bare_ms": 1e3 * bare,
        "over_bare_percent": 100 * (server / bare - 1),
        "phone_ms": 1e3 * phone,
    }


def _enrol(engine: Engine) -> Key:
    uid, sid = secrets.token_bytes(16), secrets.token_bytes(16)
    phone = phone_enrol(engine, uid=uid, sid=sid)
    server = server_enrol(engine, uid=uid, sid=sid, P1=phone.P1, proof=phone.proof)
    return Key(uid, phone.d1, server.d2, phone.P1, server.P)


def _how_many(round_once: Callable[[], object], seconds: float) -> int:
    """Returns an odd number of rounds that fills the time, at least `ROUNDS`."""
    start = time.process_time()
    round_once()
    return max(ROUNDS, int(seconds / (time.process_time() - start))) | 1


def _round(engine: Engine, keys: list[Key]) -> tuple[float, float, float, float, float]:
    """Returns CPU seconds per signature: open, finish with P1, finish without it, the phone's part, bare operations."""
    e = secrets.token_bytes(32)
    commit, nonces = _timed(
        lambda key: phone_commit(engine, uid=key.uid, epoch=0, sid=secrets.token_bytes(16), e=e), keys
    )
    server_open, opened = _timed(partial(_open, engine), keys, nonces)
    answer, items = _timed(partial(_phone, engine), keys, nonces, opened)
    finish, _ = _timed(
        lambda key, nonce, item: _finish(engine, key, nonce, item, P1=key.P1), keys, opened, items
    )
    derived, _ = _timed(partial(_finish, engine, P1=None), keys, opened, items)
    bare, _ = _timed(partial(_bare, engine), keys, opened, items)
    return server_open, finish, derived, commit + answer, bare


def _timed(step: Callable[..., R], *columns: Sequence[Any]) -> tuple[float, list[R]]:
    """Calls `step` for each row; returns the CPU seconds per call and the results."""
    rows = list(zip(*columns, strict=True))
    start = time.process_time()
    results = [step(*row) for row in rows]
    return (time.process_time() - start) / len(rows), results


def _open(engine: Engine, key: Key, nonce: PhoneNonce) -> ServerNonce:
    return server_nonce(engine, uid=key.uid, epoch=0, d2=key.d2, sid=nonce.sid, e=nonce.e, c=nonce.c)


def _phone(engine: Engine, key: Key, nonce: PhoneNonce, answer: ServerNonce) -> FinishItem:
    check_nonce(engine, uid=key.uid, epoch=0, nonce=nonce, Q2=answer.Q2, proof=answer.proof)
    half = phone_finish(engine, d1=key.d1, nonce=nonce, Q2=answer.Q2)
    return FinishItem(half.sid, half.Q1, half.rho, half.s_prime)


def _finish(engine: Engine, key: Key, nonce: ServerNonce, item: FinishItem, *, P1: bytes | None) -> None:
    session = [SessionItem(nonce.sid, nonce.e, nonce.c, nonce.k2)]
    check_openings(engine, uid=key.uid, epoch=0, session=session, items=[item])
    server_finish(engine, P=key.P, d2=key.d2, session=session, items=[item], P1=P1)


def _bare(engine: Engine, key: Key, nonce: ServerNonce, item: FinishItem) -> None:
    """Runs the curve operations that every signature needs: 3 kG, 2 kP, two additions, one verification."""
    engine.mul_g(nonce.k2)
    engine.mul_g(nonce.proof.z)
    engine.add(item.Q1, engine.mul(nonce.k2, key.P1))
    engine.mul(item.s_prime, key.P1)
    engine.add(item.Q1, engine.mul_g(item.s_prime))
    engine.verify(key.P, nonce.e, item.s_prime, nonce.proof.z)


def main() -> None:
    """Measures both engines and prints a table, or JSON with `--json`."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=5.0, help="CPU seconds per engine (default: 5)")
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    options = parser.parse_args()
    results = [run(load_engine(name), options.seconds) for name in ("botan", "openssl")]
    if options.json:
        print(json.dumps(results, indent=2))
        return
    for field in results[0]:
        values = (result[field] for result in results)
        cells = [f"{value:>32.3f}" if isinstance(value, float) else f"{value:>32}" for value in values]
        print(f"{field:<22}" + "".join(cells))


if __name__ == "__main__":
    main()
