"""Verification of time stamp tokens: the data they are on, their authority, their time, and their request."""

import hashlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Final

from mshield.gm.engine import Engine
from mshield.pki.errors import TimeStampError
from mshield.pki.timestamps.algorithms import Profile, hashed, is_signature_of, require_signed
from mshield.pki.timestamps.certificate import TsaCertificate, path_to_root, require_authority
from mshield.pki.timestamps.request import TimeStampRequest
from mshield.pki.timestamps.token import StampInfo, TimeStampToken, parse_token

MAX_ACCURACY: Final = 60_000_000
"""Largest accepted inaccuracy of a time, in microseconds."""

SKEW: Final = 300_000
"""Tolerance in ms for differences between clocks."""


@dataclass(frozen=True, slots=True)
class TsaTrust:
    """Trusted roots of time stamps, and the SHA-256 of authorities exempt from the time stamping purpose.

    Certificates under `roots` are read strictly, those under `tolerant` as foreign CAs write them.
    """

    roots: Sequence[TsaCertificate]
    waived: Collection[bytes] = ()
    tolerant: Sequence[TsaCertificate] = ()


@dataclass(frozen=True, slots=True)
class VerifiedStamp:
    """A valid token. `root` is None if its authority leads to no trusted root; `until` is in ms."""

    info: StampInfo
    authority: TsaCertificate = field(repr=False)
    root: TsaCertificate | None = field(repr=False)

    @property
    def profile(self) -> Profile:
        """The profile of its algorithms."""
        return self.authority.profile

    @property
    def until(self) -> int:
        """End of the authority's certificate, up to which it vouches for the stamp (ms)."""
        return self.authority.not_after


def verify_token(
    engine: Engine,
    token: bytes | TimeStampToken,
    *,
    data: bytes,
    trust: TsaTrust,
    now: int,
    signed_at: int | None = None,
) -> VerifiedStamp:
    """Verifies a time stamp on `data`, which may be neither from the future nor from before `signed_at` (ms).

    An untrusted authority isn't an error: then `root` is None. Raises: TimeStampError.
    """
    token = parse_token(token) if isinstance(token, bytes) else token
    return _verified(engine, token, data=data, trust=trust, now=now, signed_at=signed_at)


def verify_token_without_data(
    engine: Engine, token: TimeStampToken, *, trust: TsaTrust, now: int
) -> VerifiedStamp:
    """Verifies a token without its data: proves when its digest existed, not what was hashed."""
    return _verified(engine, token, data=None, trust=trust, now=now, signed_at=None)


def _verified(
    engine: Engine,
    token: TimeStampToken,
    *,
    data: bytes | None,
    trust: TsaTrust,
    now: int,
    signed_at: int | None,
) -> VerifiedStamp:
    info = token.info
    require_authority(token.signer, at=info.at, waived=trust.waived)
    _require_signing_certificate(token)
    if token.message_digest != token.expected_digest():
        raise TimeStampError("digest", "the signed digest doesn't match the content")
    if not is_signature_of(token.signer.profile, token.signature_algorithm):
        raise TimeStampError("signature", "the signature algorithm doesn't match the key")
    require_signed(engine, token.signer.profile, token.signer.public, token.signed, token.signature)
    if data is not None and hashed(info.hash, data) != info.digest:
        raise TimeStampError("imprint", "the time stamp covers other data")
    if info.accuracy is not None and info.accuracy > MAX_ACCURACY:
        raise TimeStampError("accuracy", "the time is not accurate to a minute")
    if info.at > now + SKEW or (signed_at is not None and info.at < signed_at - SKEW):
        raise TimeStampError("time", "from the future, or from before the signature")
    return VerifiedStamp(info, token.signer, _root(engine, token, trust))


def _root(engine: Engine, token: TimeStampToken, trust: TsaTrust) -> TsaCertificate | None:
    strict = [one for one in token.certificates if one.is_strict]
    ways = ((strict, trust.roots),) if token.signer.is_strict else ()
    for others, roots in (*ways, (token.certificates, trust.tolerant)):
        try:
            return path_to_root(engine, token.signer, others, roots, at=token.info.at)
        except TimeStampError as error:
            if error.reason != "no_path":
                raise
    return None


def verify_answer(
    engine: Engine,
    token: bytes,
    request: TimeStampRequest,
    *,
    data: bytes,
    trust: TsaTrust,
    now: int,
    signed_at: int | None = None,
) -> VerifiedStamp:
    """Verifies as `verify_token`, and that a trusted authority made the token for this request."""
    stamp = verify_token(engine, token, data=data, trust=trust, now=now, signed_at=signed_at)
    if stamp.info.hash != request.hash:
        raise TimeStampError("hash", "the hash differs from the requested one")
    if stamp.info.nonce is None or stamp.info.nonce != request.nonce:
        raise TimeStampError("nonce", "not the answer to this request")
    if request.policy is not None and stamp.info.policy != request.policy:
        raise TimeStampError("policy", "the policy differs from the requested one")
    if stamp.root is None:
        raise TimeStampError("no_path", "no path to a trusted root")
    return stamp


def _require_signing_certificate(token: TimeStampToken) -> None:
    """Checks that the signed attributes name the authority's certificate; SHA-1 only identifies it here."""
    name, digest = token.named
    own = _sha1(token.signer.der) if name is None else hashed(name, token.signer.der)
    if digest != own:
        raise TimeStampError("signer_certificate", "the attributes name another certificate")


def _sha1(data: bytes) -> bytes:
    return hashlib.sha1(data, usedforsecurity=False).digest()
