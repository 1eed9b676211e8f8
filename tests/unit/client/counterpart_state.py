"""State of the phone's counterpart (sessions, tasks, keys, requests), and the parsing of a call and its proof."""

import base64
import hashlib
import json
from dataclasses import dataclass, field
from typing import Any

import httpx
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from mshield.gm import cosign, sm2, transcript
from mshield.pki.certificates.certificate import Certificate
from mshield.pki.certificates.names import LeafSubject
from mshield.wire.login_message import LOGIN_TYPE, LoginMessage

Json = dict[str, Any]


class Refused(Exception):
    def __init__(self, status: int, code: str, **extra: object) -> None:
        super().__init__(code)
        self.status, self.code, self.extra = status, code, extra


@dataclass
class Call:
    """One call: body, claims of the proof, path segments."""

    sent: Json
    claims: Json
    path: list[str]


@dataclass
class Session:
    sids: list[bytes]
    items: list[cosign.SessionItem]
    otp: bytes
    rn: bytes
    fb: bytes | None = None


@dataclass
class Task:
    sid: bytes
    uid: bytes
    purpose: str
    message: bytes
    title: str
    state: str = "waiting"
    signature: sm2.Signature | None = None


@dataclass
class Key:
    uid: bytes
    sid: bytes
    challenge: str
    subject: LeafSubject
    point: bytes = b""
    share: cosign.ServerKey | None = None
    epoch: int = 0
    failures: int = 0
    otp_hash: bytes = field(default_factory=lambda: transcript.H("otp", bytes(32)))
    otp_previous: bytes | None = None
    rn_previous: bytes | None = None
    session: Session | None = None
    outcome: tuple[bytes, int, Json] | None = None
    busy: int = 0
    held: str | None = None
    certificate: Certificate | None = None
    revoked: bool = False


@dataclass
class Request:
    id: str
    kind: str
    key: str
    tasks: list[Task]
    state: str = "waiting"
    reason: str | None = None


def b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def unb64(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def checked_proof(request: httpx.Request, *, origin: str, now: int) -> Json:
    """Returns the claims of the call's DPoP proof. Raises Refused."""
    head, payload, signature = request.headers["dpop"].split(".")
    header, claims = json.loads(unb64(head)), json.loads(unb64(payload))
    jwk, raw = header["jwk"], unb64(signature)
    x, y = (int.from_bytes(unb64(jwk[name])) for name in "xy")
    der = encode_dss_signature(int.from_bytes(raw[:32]), int.from_bytes(raw[32:]))
    try:
        public = ec.EllipticCurvePublicNumbers(x, y, ec.SECP256R1()).public_key()
        public.verify(der, f"{head}.{payload}".encode(), ec.ECDSA(hashes.SHA256()))
    except InvalidSignature as error:
        raise Refused(401, "invalid_proof") from error
    expected = {
        "htm": request.method,
        "htu": origin + request.url.path,
        "bd": b64(hashlib.sha256(request.content).digest()),
    }
    if abs(claims["iat"] - now // 1000) > 60:
        raise Refused(401, "clock_skewed", seconds=claims["iat"] - now // 1000, service_time=now)
    if any(claims[name] != value for name, value in expected.items()) or header["typ"] != "dpop+jwt":
        raise Refused(401, "invalid_proof")
    return dict(claims)


def login_message(request_id: str, *, now: int) -> bytes:
    return LoginMessage(
        type=LOGIN_TYPE,
        request_id=request_id,
        client_id="c1",
        domain="swapp.example.cn",
        name="单一窗口",
        nonce="n",
        issued_at=now,
    ).encode()
