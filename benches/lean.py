"""A lean server for comparison: four requests, a durable attempt counter, raw SQL and the curve operations.

It has no login, proof, seal, states, limits or certificate; SQLite runs in the event loop's thread with WAL
and `synchronous=FULL`. The difference shows what those parts cost. Keys come from LEAN_KEYS, a JSON file of
uid: [d2, P1, P] in hex.
"""

import json
import os
import secrets
import sqlite3
from pathlib import Path
from typing import Any

import msgspec
from starlette.types import Receive, Scope, Send

from mshield.gm import cosign, sm2
from mshield.gm.cosign import FinishItem, SessionItem
from mshield.gm.engine import load_engine

_ENGINE = load_engine("botan" if os.environ.get("LEAN_ENGINE") == "botan" else "openssl")
_KEYS = {
    uid: (int(d2, 16), bytes.fromhex(P1), bytes.fromhex(P))
    for uid, (d2, P1, P) in json.loads(Path(os.environ["LEAN_KEYS"]).read_text()).items()
}
_SCHEMA = """
PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;
CREATE TABLE tasks (sid BLOB PRIMARY KEY, message BLOB, signature BLOB);
CREATE TABLE sessions (uid TEXT PRIMARY KEY, e BLOB, c BLOB, k2 BLOB, fb BLOB);
CREATE TABLE keys (uid TEXT PRIMARY KEY, failures INTEGER);
"""


def _connect() -> sqlite3.Connection:
    connection = sqlite3.connect(os.environ["LEAN_DATABASE"], isolation_level=None)
    connection.executescript(_SCHEMA)
    connection.executemany("INSERT INTO keys VALUES (?, 0)", [(uid,) for uid in _KEYS])
    return connection


_DB = _connect()


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    """Answers the requests of `http_signing`."""
    if scope["type"] != "http":
        return
    body = b""
    while True:
        message = await receive()
        body += message["body"]
        if not message.get("more_body"):
            break
    answer = msgspec.json.encode(_answer(scope["path"].split("/"), body))
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(answer)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": answer})


def _answer(path: list[str], body: bytes) -> dict[str, Any]:
    match path[1:]:
        case ["api", "business", "requests"]:
            return _create(msgspec.json.decode(body))
        case ["api", "phone", "scans"]:
            return _scan(msgspec.json.decode(body)["code"])
        case ["api", "phone", "keys", uid, "open"]:
            return _open(uid, msgspec.json.decode(body)["items"][0])
        case ["api", "phone", "keys", uid, "finish"]:
            return _finish(uid, msgspec.json.decode(body)["items"][0])
        case ["api", "business", "requests", sid, "result"]:
            return _result(bytes.fromhex(sid))
    return {}


def _create(request: dict[str, Any]) -> dict[str, Any]:
    sid = secrets.token_bytes(16)
    content = msgspec.convert(request["documents"][0]["content_b64"], bytes)
    _DB.execute("INSERT INTO tasks VALUES (?, ?, NULL)", (sid, content))
    return {"id": sid.hex(), "qr": sid.hex()}


def _scan(code: str) -> dict[str, Any]:
    row = _DB.execute("SELECT message FROM tasks WHERE sid = ?", (bytes.fromhex(code),)).fetchone()
    return {"tasks": [{"sid": code, "message_b64": row[0]}]}


def _open(uid: str, item: dict[str, str]) -> dict[str, Any]:
    d2, _, P = _KEYS[uid]
    sid, c = bytes.fromhex(item["sid"]), bytes.fromhex(item["c"])
    message = _DB.execute("SELECT message FROM tasks WHERE sid = ?", (sid,)).fetchone()[0]
    e = sm2.digest(P, message)
    made = cosign.server_nonce(_ENGINE, uid=bytes.fromhex(uid), epoch=0, d2=d2, sid=sid, e=e, c=c)
    values = (uid, e, c, made.k2.to_bytes(32, "big"))
    _DB.execute("INSERT OR REPLACE INTO sessions VALUES (?, ?, ?, ?, NULL)", values)
    proof = made.proof
    nonce = {"sid": item["sid"], "Q2": made.Q2.hex(), "A": proof.A.hex(), "z": f"{proof.z:064x}"}
    return {"items": [nonce], "left": 5, "next_epoch": None}


def _finish(uid: str, item: dict[str, str]) -> dict[str, Any]:
    d2, P1, P = _KEYS[uid]
    row = _DB.execute("SELECT e, c, k2 FROM sessions WHERE uid = ? AND fb IS NULL", (uid,)).fetchone()
    half = FinishItem(
        bytes.fromhex(item["sid"]),
        bytes.fromhex(item["Q1"]),
        bytes.fromhex(item["rho"]),
        int(item["s_prime"], 16),
    )
    session = [SessionItem(half.sid, row[0], row[1], int.from_bytes(row[2], "big"))]
    cosign.check_openings(_ENGINE, uid=bytes.fromhex(uid), epoch=0, session=session, items=[half])
    fb = cosign.finish_hash(uid=bytes.fromhex(uid), items=[half], tau=None)
    _DB.execute("BEGIN IMMEDIATE")
    _DB.execute("UPDATE keys SET failures = failures + 1 WHERE uid = ? AND failures < 5", (uid,))
    _DB.execute("UPDATE sessions SET fb = ? WHERE uid = ?", (fb, uid))
    _DB.execute("COMMIT")
    (signature,) = cosign.server_finish(_ENGINE, P=P, d2=d2, P1=P1, session=session, items=[half])
    _DB.execute("BEGIN IMMEDIATE")
    _DB.execute("UPDATE keys SET failures = 0 WHERE uid = ?", (uid,))
    _DB.execute("DELETE FROM sessions WHERE uid = ?", (uid,))
    _DB.execute("UPDATE tasks SET signature = ? WHERE sid = ?", (signature.to_raw(), half.sid))
    _DB.execute("COMMIT")
    signed = {"sid": item["sid"], "r": f"{signature.r:064x}", "s": f"{signature.s:064x}"}
    return {"items": [signed], "otp": secrets.token_bytes(32).hex()}


def _result(sid: bytes) -> dict[str, Any]:
    row = _DB.execute("SELECT message, signature FROM tasks WHERE sid = ?", (sid,)).fetchone()
    return {"message_b64": row[0], "signature_b64": row[1]}
