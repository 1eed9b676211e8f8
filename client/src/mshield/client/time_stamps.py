"""Time of a signature and how far it can be trusted, by the time stamps in an evidence bundle.

A stamp is on the signature, or renews an earlier stamp: then it is on that stamp's token, and was made while
the certificate of that stamp's authority was still valid (archive time stamp).
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from mshield.gm.engine import Engine
from mshield.pki.asn1 import pem
from mshield.pki.certificates.certificate import Certificate
from mshield.pki.errors import TimeStampError
from mshield.pki.signatures.evidence import EvidenceTimeStamp, TimeStampProfile
from mshield.pki.timestamps.algorithms import hashed
from mshield.pki.timestamps.certificate import TsaCertificate, parse_tsa_certificate
from mshield.pki.timestamps.foreign import parse_any_tsa_certificate
from mshield.pki.timestamps.token import TimeStampToken, parse_token
from mshield.pki.timestamps.verify import TsaTrust, VerifiedStamp, verify_token

MAX_STAMPS = 64

By = Literal["outside", "own", "unknown"]
"""Owner of an authority: an outside one that the caller trusts, the service's own (no third party), or unknown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeStamp:
    """A valid time stamp. `latest` is its time plus its accuracy; `until` is when its authority's certificate ends.

    `renews` is the index of the renewed stamp, None if it is on the signature. `valid`: the stamp can still
    be relied on: its authority's certificate is valid, or another such stamp renewed it in time.
    """

    at: datetime
    latest: datetime
    authority: str
    profile: TimeStampProfile
    policy: str
    by: By
    until: datetime
    renews: int | None
    valid: bool


@dataclass(frozen=True, slots=True)
class TrustedTime:
    """Time of a signature: by a time stamp that can be relied on, or only by the service's clock."""

    at: datetime
    latest: datetime
    by: Literal["outside", "own", "service"]


def tsa_trust(
    roots: Sequence[bytes | str], waived: Collection[bytes], *, strict: Sequence[bytes | str] = ()
) -> TsaTrust:
    """Returns the trust in these roots (DER or PEM with several); below `roots` certificates are read tolerantly.

    Raises: TimeStampError, DerError.
    """
    return TsaTrust(
        _read(strict, parse_tsa_certificate), waived, tolerant=_read(roots, parse_any_tsa_certificate)
    )


def _read(roots: Sequence[bytes | str], parse: Callable[[bytes], TsaCertificate]) -> list[TsaCertificate]:
    read: list[TsaCertificate] = []
    for root in roots:
        if isinstance(root, bytes) and not root.lstrip().startswith(b"-----BEGIN"):
            read.append(parse(root))
            continue
        text = root if isinstance(root, str) else root.decode("ascii", errors="replace")
        read += map(parse, pem.decode("CERTIFICATE", text))
    return read


def check_stamps_in_cms(
    engine: Engine,
    tokens: Sequence[bytes],
    signature: bytes,
    *,
    trust: TsaTrust,
    ca_root: Certificate,
    now: int,
) -> tuple[TimeStamp, ...]:
    """Checks the stamps of a standalone CMS, as `check_time_stamps`. Raises: TimeStampError."""
    read = [parse_token(token) for token in tokens]
    stamps = [
        EvidenceTimeStamp(token=token.der, profile=token.signer.profile, at=token.info.at) for token in read
    ]
    return check_time_stamps(
        engine, stamps, signature, in_cms=tokens, trust=trust, ca_root=ca_root, signed_at=None, now=now
    )


def check_time_stamps(
    engine: Engine,
    stamps: Sequence[EvidenceTimeStamp],
    signature: bytes,
    *,
    in_cms: Sequence[bytes] | None,
    trust: TsaTrust,
    ca_root: Certificate,
    signed_at: int | None,
    now: int,
) -> tuple[TimeStamp, ...]:
    """Checks all stamps of a signature (DER); those directly on it must be the ones in its CMS.

    `in_cms` is None if the CMS has no place for them. Raises: TimeStampError.
    """
    if len({stamp.token for stamp in stamps}) != len(stamps) or len(stamps) > MAX_STAMPS:
        raise TimeStampError("form", "a time stamp occurs twice, or there are too many")
    own = parse_tsa_certificate(ca_root.der)
    # Read certificates of the service's own CA strictly, even if the caller lists its root too.
    others = [root for root in trust.tolerant if root.der != own.der]
    known = TsaTrust((own, *trust.roots), trust.waived, tolerant=others)
    read: list[tuple[VerifiedStamp, int | None]] = []
    for number, stamp in enumerate(stamps):
        token = parse_token(stamp.token)
        renews = _renewed_index(token, signature, stamps[:number])
        data = signature if renews is None else stamps[renews].token
        verified = verify_token(engine, token, data=data, trust=known, now=now, signed_at=signed_at)
        if (verified.info.at, verified.profile) != (stamp.at, stamp.profile):
            raise TimeStampError("form", "the bundle's time or profile differs from the token's")
        read.append((verified, renews))
    on_it = sorted(stamp.token for stamp, (_, renews) in zip(stamps, read, strict=True) if renews is None)
    if in_cms is not None and on_it != sorted(in_cms):
        raise TimeStampError("form", "the CMS has other time stamps")
    return tuple(
        _summary(stamp, renews, own, valid=_is_valid(number, read, now))
        for number, (stamp, renews) in enumerate(read)
    )


def trusted_time(stamps: Sequence[TimeStamp], signed_at: datetime) -> TrustedTime:
    """Returns the earliest time by an outside authority, else by the service's own, else by the service's clock."""
    kinds: tuple[Literal["outside", "own"], ...] = ("outside", "own")
    for by in kinds:
        matching = [stamp for stamp in stamps if stamp.renews is None and stamp.by == by and stamp.valid]
        if matching:
            first = min(matching, key=lambda stamp: stamp.latest)
            return TrustedTime(first.at, first.latest, by)
    return TrustedTime(signed_at, signed_at, "service")


def _renewed_index(
    token: TimeStampToken, signature: bytes, earlier: Sequence[EvidenceTimeStamp]
) -> int | None:
    """Returns the index of the earlier stamp that it renews; None if it is on the signature. Raises: TimeStampError."""
    on = [signature, *(stamp.token for stamp in earlier)]
    for number, data in enumerate(on):
        if hashed(token.info.hash, data) == token.info.digest:
            return number - 1 if number else None
    raise TimeStampError("imprint", "the time stamp covers other data")


def _is_valid(number: int, read: Sequence[tuple[VerifiedStamp, int | None]], now: int) -> bool:
    stamp = read[number][0]
    return stamp.root is not None and (
        now <= stamp.until
        or any(
            renews == number and later.info.at <= stamp.until and _is_valid(place, read, now)
            for place, (later, renews) in enumerate(read)
        )
    )


def _summary(stamp: VerifiedStamp, renews: int | None, ca_root: TsaCertificate, *, valid: bool) -> TimeStamp:
    info, name = stamp.info, stamp.authority.subject
    return TimeStamp(
        at=_moment(info.at),
        latest=_moment(info.at + -(-(info.accuracy or 0) // 1000)),
        authority=name.common_name,
        profile=stamp.profile,
        policy=info.policy,
        by=_owner(stamp, ca_root),
        until=_moment(stamp.until),
        renews=renews,
        valid=valid,
    )


def _owner(stamp: VerifiedStamp, ca_root: TsaCertificate) -> By:
    """Returns the authority's owner; one of the CA's own organisation is no third party, whoever listed its root."""
    if stamp.root is None:
        return "unknown"
    organisation = ca_root.subject.organisation
    is_own = stamp.root.der == ca_root.der or (
        organisation != "" and stamp.authority.subject.organisation == organisation
    )
    return "own" if is_own else "outside"


def _moment(ms: int) -> datetime:
    return datetime.fromtimestamp(ms / 1000, UTC)
