"""DPoP (RFC 9449): the device key signs each call of a phone, body included.

The additional claim `bd` is the base64url SHA-256 of the body, which a standard proof leaves unsigned. A
repeated `jti` is refused: by this process from memory, by all others of one PostgreSQL from their shared
table.
"""

import binascii
import hashlib
import json
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final
from urllib.parse import unquote, urlsplit

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from starlette.requests import Request

from mshield.server.accounts.session import Caller, UnspentCaller, UnspentProof
from mshield.server.errors import ClockSkewed, InvalidProof, Unauthenticated
from mshield.server.http.caller import context_of
from mshield.wire.tokens import is_unlock_token, token_hash

MAX_PROOF: Final = 4096
MAX_TOKEN: Final = 256
MAX_JTI: Final = 128
_COORDINATE: Final = 32
_LATEST: Final = 253_402_300_800
"""End of the year 9999 in seconds; later times are refused."""

_PORTS: Final = {"http": 80, "https": 443}
_CHECKED: Final = "mshield.proof"
_ES256: Final = ec.ECDSA(SHA256())
_TO_URL: Final = bytes.maketrans(b"+/", b"-_")
_FROM_URL: Final = bytes.maketrans(b"-_", b"+/")


class Proof(msgspec.Struct, frozen=True):
    """A valid proof: the device key's RFC 7638 thumbprint, its point (65 bytes, P-256), and the proof's nonce."""

    jkt: str
    public_key: bytes
    nonce: str | None


@dataclass(slots=True)
class _Checked:
    """Checked proof of a call.

    `unspent` is set until the shared table has recorded the proof, or a later statement is to do so.
    """

    ath: str | None
    proof: Proof
    unspent: UnspentProof | None


@dataclass(frozen=True, slots=True)
class _DeviceKey:
    key: ec.EllipticCurvePublicKey
    jkt: str
    point: bytes


async def caller_of(request: Request) -> Caller:
    """Returns the caller by access token and proof. A refusal (401) isn't counted as an attempt.

    Raises: Unauthenticated, InvalidProof, ClockSkewed; ClockDoubted (503: a proof's time doesn't fit, but the
    service's own clock is in doubt).
    """
    hashed = token_hash(_access_token(request))
    proof = await _check(request, ath=_base64url(hashed))
    return Caller(hashed, proof.jkt)


async def unspent_caller_of(request: Request) -> Caller | UnspentCaller:
    """Returns the caller like `caller_of`, for a service that spends the proof with its first statement.

    Until then another process may have accepted the same proof. If the proof is spent already, returns a
    plain caller.
    """
    token = _access_token(request)
    if is_unlock_token(
        token
    ):  # an unlock token's first statement looks for a login and wouldn't spend the proof
        return await caller_of(request)
    hashed = token_hash(token)
    checked = await _check_once(request, ath=_base64url(hashed))
    caller, unspent = Caller(hashed, checked.proof.jkt), checked.unspent
    if unspent is None:
        return caller
    checked.unspent = None
    return UnspentCaller(caller, unspent)


async def caller_and_nonce_of(request: Request) -> tuple[Caller, str | None]:
    """Returns the caller like `caller_of`, with the proof's nonce (enrolment, step 2)."""
    hashed = token_hash(_access_token(request))
    proof = await _check(request, ath=_base64url(hashed))
    return Caller(hashed, proof.jkt), proof.nonce


async def caller_and_proof_of(request: Request) -> tuple[Caller, Proof]:
    """Returns the caller like `caller_of`, with the proof to whose key the next token will be bound."""
    hashed = token_hash(_access_token(request))
    proof = await _check(request, ath=_base64url(hashed))
    return Caller(hashed, proof.jkt), proof


async def proof_of(request: Request) -> Proof:
    """Returns the proof of a call without a token: a login, which binds its token to this key."""
    return await _check(request, ath=None)


async def identify_caller(request: Request) -> str:
    """Identifies the caller as a text: the device by its proof, with its token if it has one. Raises: InvalidProof.

    The proof is checked only once; a route that checks it again gets the same result.
    """
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "dpop":
        return f"device {(await _check(request, ath=None)).jkt}"
    ath = _base64url(hashlib.sha256(token.encode()).digest())
    return f"device {(await _check(request, ath=ath)).jkt} {ath}"


def _access_token(request: Request) -> str:
    header = next((value for name, value in request.scope["headers"] if name == b"authorization"), b"")
    scheme, _, token = header.decode("latin-1").partition(" ")
    if scheme.lower() != "dpop" or not token or len(token) > MAX_TOKEN or not token.isascii():
        raise Unauthenticated
    return token


async def _check(request: Request, *, ath: str | None) -> Proof:
    checked = await _check_once(request, ath=ath)
    if checked.unspent is not None:
        await context_of(request).proofs_once.spend(checked.unspent)
        checked.unspent = None
    return checked.proof


async def _check_once(request: Request, *, ath: str | None) -> _Checked:
    """Returns the proof; this process checks it once per call."""
    checked: _Checked | None = request.scope.get(_CHECKED)
    if checked is None:
        checked = request.scope[_CHECKED] = await _check_proof(request, ath=ath)
    if checked.ath != ath:
        raise InvalidProof(reason="ath")
    return checked


async def _check_proof(request: Request, *, ath: str | None) -> _Checked:
    proofs = [value for name, value in request.scope["headers"] if name == b"dpop"]
    if len(proofs) != 1 or len(proofs[0]) > MAX_PROOF:
        raise InvalidProof(reason="header")
    context = context_of(request)
    device, claims = _verify(proofs[0])
    now, window = context.clock(), context.settings.signing.dpop_seconds * 1000
    body = await request.body()
    expected = {
        "htm": request.method,
        "htu": context.settings.site.public_origin + request.scope["path"],
        "bd": _base64url(hashlib.sha256(body).digest()),
        "ath": ath,
    }
    for name, value in expected.items():
        claim = claims.get(name)
        if claim != value and not (name == "htu" and _address(claim) == _address(value)):
            raise InvalidProof(reason=name)
    issued_at, jti, nonce = claims.get("iat"), claims.get("jti"), claims.get("nonce")
    if type(issued_at) is not int or not 0 <= issued_at < _LATEST:
        raise InvalidProof(reason="iat")
    if abs(issued_at * 1000 - now) > window:
        context.clock_watch.require_sure()
        raise ClockSkewed(reason="iat", service_time=now, seconds=issued_at - now // 1000)
    if nonce is not None and not isinstance(nonce, str):
        raise InvalidProof(reason="nonce")
    if not isinstance(jti, str) or not 0 < len(jti) <= MAX_JTI:
        raise InvalidProof(reason="jti")
    until = issued_at * 1000 + window
    unspent = context.proofs_once.first_here(f"{device.jkt} {jti}", expires_at=until, now=now)
    if unspent is None:
        raise InvalidProof(reason="jti")
    return _Checked(ath, Proof(device.jkt, device.point, nonce), unspent)


def _address(url: object) -> tuple[str, str, int | None, str] | None:
    """Returns scheme, host, port and path, as RFC 9449 4.3 compares addresses; None if it is no address."""
    if not isinstance(url, str):
        return None
    try:
        parts = urlsplit(url)
        port, path = parts.port or _PORTS.get(parts.scheme), unquote(parts.path, errors="strict")
    except ValueError:
        return None
    if "@" in parts.netloc:
        return None
    return parts.scheme, parts.hostname or "", port, path or "/"


def _verify(proof: bytes) -> tuple[_DeviceKey, dict[str, Any]]:
    try:
        header_part, claims_part, signature_part = proof.split(b".")
        claims = msgspec.json.decode(_decode(claims_part))
        signature = _decode(signature_part)
    except (ValueError, RecursionError) as error:
        raise InvalidProof(reason="signature") from error
    device = _device_of(header_part)
    if not isinstance(claims, dict):
        raise InvalidProof(reason="claims")
    _check_signature(device, header_part + b"." + claims_part, signature)
    return device, claims


@lru_cache(maxsize=4096)
def _device_of(header_part: bytes) -> _DeviceKey:
    """Returns the key in a proof's header; cached, because a device sends the same header each time."""
    try:
        header = msgspec.json.decode(_decode(header_part))
    except (ValueError, RecursionError) as error:
        raise InvalidProof(reason="signature") from error
    if not isinstance(header, dict) or header.keys() != {"typ", "alg", "jwk"}:
        raise InvalidProof(reason="header")
    if (header["typ"], header["alg"]) != ("dpop+jwt", "ES256"):
        raise InvalidProof(reason="header")
    return _device_key(*_coordinates(header["jwk"]))


def _check_signature(device: _DeviceKey, signed: bytes, signature: bytes) -> None:
    """Verifies an ES256 signature (RFC 7518, 3.4): r and s, 32 bytes each. Raises: InvalidProof."""
    if len(signature) != 2 * _COORDINATE:
        raise InvalidProof(reason="signature")
    r, s = int.from_bytes(signature[:_COORDINATE], "big"), int.from_bytes(signature[_COORDINATE:], "big")
    try:
        device.key.verify(encode_dss_signature(r, s), signed, _ES256)
    except InvalidSignature as error:
        raise InvalidProof(reason="signature") from error


def _decode(part: bytes) -> bytes:
    """Decodes base64url without padding (RFC 7515, 2). Raises: ValueError."""
    padded = part + b"=" * (-len(part) % 4)
    return binascii.a2b_base64(padded.translate(_FROM_URL), strict_mode=True)


def _coordinates(jwk: object) -> tuple[str, str]:
    if not isinstance(jwk, dict) or jwk.keys() != {"kty", "crv", "x", "y"}:
        raise InvalidProof(reason="jwk")
    x, y = jwk["x"], jwk["y"]
    if (jwk["kty"], jwk["crv"]) != ("EC", "P-256") or not isinstance(x, str) or not isinstance(y, str):
        raise InvalidProof(reason="jwk")
    return x, y


def _device_key(x: str, y: str) -> _DeviceKey:
    first, second = _coordinate(x), _coordinate(y)
    numbers = ec.EllipticCurvePublicNumbers(
        int.from_bytes(first, "big"), int.from_bytes(second, "big"), ec.SECP256R1()
    )
    try:
        key = numbers.public_key()
    except ValueError as error:  # the point isn't on the curve
        raise InvalidProof(reason="jwk") from error
    members = json.dumps({"crv": "P-256", "kty": "EC", "x": x, "y": y}, separators=(",", ":"))
    thumbprint = _base64url(hashlib.sha256(members.encode()).digest())  # RFC 7638
    return _DeviceKey(key, thumbprint, b"\x04" + first + second)


def _coordinate(text: str) -> bytes:
    try:
        value = _decode(text.encode("ascii"))
    except ValueError as error:
        raise InvalidProof(reason="jwk") from error
    if len(value) != _COORDINATE or _base64url(value) != text:
        raise InvalidProof(reason="jwk")
    return value


def _base64url(value: bytes) -> str:
    return binascii.b2a_base64(value, newline=False).translate(_TO_URL).rstrip(b"=").decode()
