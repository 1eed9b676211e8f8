"""A phone's `open` and `finish` as raw, concurrent requests with any share: what an attacker could send.

The state comes from a virtual phone's folder; nothing is written back.
"""

import secrets
import time
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

import httpx
import msgspec

from mshield.gm import cosign, mask, sm2
from mshield.gm.curve import N
from mshield.gm.engine import Engine, load_engine
from mshield.testkit.phone.dpop import DeviceKey, proof
from mshield.testkit.phone.folder import Folder
from mshield.testkit.phone.state import KeyState
from mshield.testkit.phone.vault import opened
from tests.support.display_statement import display_statement

_TIMEOUT: Final = 60.0


@dataclass(frozen=True, slots=True)
class Answer:
    """Status and JSON of a response."""

    status: int
    document: dict[str, Any]

    @property
    def code(self) -> str:
        """Code of the problem, or `ok`."""
        return str(self.document["code"]) if self.status >= httpx.codes.BAD_REQUEST else "ok"


@dataclass(frozen=True, slots=True)
class Opened:
    """An opened session, as needed by `finish`."""

    nonces: tuple[cosign.PhoneNonce, ...]
    q2s: tuple[bytes, ...]


@dataclass(slots=True)
class Attacker:
    """Everything that a thief of the unlocked phone has, and an HTTP client with many connections."""

    origin: str
    device: DeviceKey
    token: str
    key: KeyState
    right_share: int
    engine: Engine
    http: httpx.AsyncClient
    told: dict[str, dict[str, str]] = field(default_factory=dict)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.http.aclose()

    @classmethod
    def of(cls, folder: Path, origin: str, pin: str) -> "Attacker":
        """Reads the phone in this folder; `pin`, the right one, also gives its share, for comparison."""
        with opened(Folder(folder), server=None, patience=10) as vault:
            key, session = vault.state.key, vault.state.session
            assert key is not None
            assert session is not None
            slot = key.slots[0]
            derived = mask.derive_pin_key(pin, slot.salt, slot.rounds)
            hiding = mask.mask(vault.mac, uid=key.uid, epoch=slot.epoch, salt=slot.salt, K=derived)
            share = mask.reveal(int.from_bytes(slot.blob), hiding)
            device, token = vault.device_key, session.token
        http = httpx.AsyncClient(
            trust_env=False,
            timeout=_TIMEOUT,
            limits=httpx.Limits(max_connections=50, max_keepalive_connections=50),
        )
        return cls(origin, device, token, key, share, load_engine(), http)

    async def call(self, method: str, path: str, body: bytes = b"") -> Answer:
        """Makes a call with a fresh proof."""
        url = self.origin + path
        dpop_proof = proof(
            self.device, method=method, url=url, body=body, now=time.time_ns() // 1_000_000, token=self.token
        )
        headers = {
            "Authorization": f"DPoP {self.token}",
            "DPoP": dpop_proof,
            "Content-Type": "application/json",
        }
        answer = await self.http.request(method, url, content=body, headers=headers)
        return Answer(answer.status_code, answer.json() if answer.content else {})

    async def scan(self, qr: str) -> dict[bytes, bytes]:
        """Takes a request. Returns the messages by sid."""
        answer = await self.call("POST", "/api/phone/scans", msgspec.json.encode({"code": qr}))
        assert answer.code == "ok", answer
        self.told |= {task["sid"]: display_statement(task) for task in answer.document["tasks"]}
        return {
            bytes.fromhex(task["sid"]): msgspec.convert(task["message_b64"], bytes)
            for task in answer.document["tasks"]
        }

    async def open(self, messages: dict[bytes, bytes], *, rn: bytes | None = None) -> Opened | Answer:
        """Calls `open` for these documents. Returns the response if it was refused."""
        key, epoch = self.key, self.key.slots[0].epoch
        nonces = tuple(
            cosign.phone_commit(
                self.engine, uid=key.uid, epoch=epoch, sid=sid, e=sm2.digest(key.public, message)
            )
            for sid, message in messages.items()
        )
        body = {
            "rn": (rn or key.rn or bytes(32)).hex(),
            "otp": key.otp.hex(),
            "epoch": epoch,
            "items": [{"sid": nonce.sid.hex(), "c": nonce.c.hex()} for nonce in nonces],
        }
        answer = await self.call("POST", self.path("open"), msgspec.json.encode(body))
        if answer.code != "ok":
            return answer
        return Opened(nonces, tuple(bytes.fromhex(item["Q2"]) for item in answer.document["items"]))

    def finish_body(self, session: Opened, share: int | None = None) -> bytes:
        """Returns the body of `finish` under this share, or under a random wrong one."""
        d1 = secrets.randbelow(N - 1) + 1 if share is None else share
        items = []
        for nonce, q2 in zip(session.nonces, session.q2s, strict=True):
            half = cosign.phone_finish(self.engine, d1=d1, nonce=nonce, Q2=q2)
            items.append(
                {
                    "sid": half.sid.hex(),
                    "Q1": half.Q1.hex(),
                    "rho": half.rho.hex(),
                    "s_prime": f"{half.s_prime:064x}",
                    **self.told.get(half.sid.hex(), {}),
                }
            )
        return msgspec.json.encode({"items": items, "tau": None})

    async def finish(self, body: bytes) -> Answer:
        """Calls `finish` with exactly this body."""
        return await self.call("POST", self.path("finish"), body)

    def path(self, step: str) -> str:
        """Returns the path of `open` or `finish`."""
        return f"/api/phone/keys/{self.key.uid.hex()}/{step}"
