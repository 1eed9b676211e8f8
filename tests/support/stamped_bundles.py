"""Bundles with time stamps of all kinds, and of a compromised CA, with the result that both verifiers must give."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from msgspec.structs import replace

from mshield.pki.revocation.crl import CESSATION_OF_OPERATION, KEY_COMPROMISE, Revoked
from mshield.pki.revocation.ocsp import RevokedAt
from mshield.pki.signatures.evidence import Evidence, EvidenceTimeStamp
from mshield.pki.timestamps.certificate import parse_tsa_certificate
from mshield.pki.timestamps.signers import Sm2StampSigner
from tests.support.foreign_tsa import foreign
from tests.support.tsa import Tsa, below, on_p256
from tests.unit.client.bundle import SIGNED_AT, Maker
from tests.unit.pki.authority import DAY, NOW, YEAR, Authority, authority, make_authority

A: Final = authority()
HOUSE: Final = make_authority(A.engine)
"""Another CA, which issued the outside authorities."""

AT: Final = SIGNED_AT + DAY
SECOND: Final = (SIGNED_AT // 1000 + 1) * 1000
REVOKED: Final = SECOND + 3_600_000
OWN, OWN_P256 = below(A), on_p256(organisation="示例电子认证中心")
OUTSIDE, OUTSIDE_P256 = below(HOUSE), on_p256()
LICENSED: Final = foreign()
SHORT: Final = below(HOUSE, until=NOW + 30 * DAY)
LONG: Final = below(HOUSE, until=NOW + 8 * YEAR)

_COMPROMISED: Final = ("revocation", "ca_compromised")


@dataclass(frozen=True, kw_only=True)
class Stamped:
    """A bundle, the trusted authorities, and the expected result.

    `expected` is step and code of the failure, or whose time is used and which (ms).
    """

    name: str
    evidence: Evidence
    expected: tuple[str, str] | tuple[str, int]
    tsas: Sequence[Tsa] = ()
    at: int = AT
    crls: Sequence[bytes] = ()

    @property
    def tsa_roots(self) -> list[bytes]:
        """Roots of the trusted authorities."""
        return [tsa.root for tsa in self.tsas]


def stamped(*tsas: Tsa, at: int = SECOND, **how: Any) -> Evidence:
    """Makes a bundle stamped by each of these authorities."""
    return Maker(A, stamp=lambda data: [tsa.stamp(data, at=at) for tsa in tsas], **how).made()


def renewed(*, at: int, by: Tsa = LONG) -> Evidence:
    """Makes a bundle stamped by an authority with a short validity, and renewed by another."""

    def stamps(data: bytes) -> list[EvidenceTimeStamp]:
        first = SHORT.stamp(data, at=SECOND)
        return [first, by.stamp(first.token, at=at)]

    return Maker(A, stamp=stamps).made()


def _changed(evidence: Evidence, change: Callable[[EvidenceTimeStamp], EvidenceTimeStamp]) -> Evidence:
    return replace_stamps(evidence, [change(stamp) for stamp in evidence.time_stamps])


def replace_stamps(evidence: Evidence, stamps: Sequence[EvidenceTimeStamp]) -> Evidence:
    """Replaces the bundle's stamps, so that they differ from those in its CMS."""
    return replace(evidence, time_stamps=tuple(stamps))


def good() -> Iterator[Stamped]:
    """Yields valid bundles, with whose time is used."""
    by_service, by_own, by_outside = ("service", SIGNED_AT), ("own", SECOND), ("outside", SECOND)
    yield Stamped(name="none", evidence=stamped(), expected=by_service)
    yield Stamped(name="own", evidence=stamped(OWN), expected=by_own)
    yield Stamped(name="own on P-256, not named", evidence=stamped(OWN_P256), expected=by_service)
    yield Stamped(name="own on P-256", evidence=stamped(OWN_P256), tsas=[OWN_P256], expected=by_own)
    for name, tsa in (("SM2", OUTSIDE), ("P-256", OUTSIDE_P256)):
        yield Stamped(name=f"outside {name}", evidence=stamped(tsa), tsas=[tsa], expected=by_outside)
        yield Stamped(name=f"stranger {name}", evidence=stamped(tsa), expected=by_service)
        raw = stamped(tsa, format="raw")
        yield Stamped(name=f"outside {name}, raw", evidence=raw, tsas=[tsa], expected=by_outside)
    licensed = stamped(LICENSED)
    yield Stamped(name="licensed CA's form", evidence=licensed, tsas=[LICENSED], expected=by_outside)
    yield Stamped(name="licensed CA's form, a stranger", evidence=licensed, expected=by_service)
    both = stamped(OWN, OUTSIDE)
    yield Stamped(name="own and outside", evidence=both, tsas=[OUTSIDE], expected=by_outside)
    yield Stamped(name="own and a stranger", evidence=both, expected=by_own)


def archived() -> Iterator[Stamped]:
    """Yields bundles whose first authority ends after thirty days."""
    late, end = NOW + 60 * DAY, NOW + 30 * DAY
    trusted: dict[str, Any] = {"tsas": [SHORT], "at": late}
    yield Stamped(name="ended", evidence=stamped(SHORT), expected=("service", SIGNED_AT), **trusted)
    yield Stamped(name="renewed", evidence=renewed(at=end), expected=("outside", SECOND), **trusted)
    yield Stamped(name="late", evidence=renewed(at=end + 1000), expected=("service", SIGNED_AT), **trusted)
    stranger = renewed(at=end, by=OUTSIDE_P256)
    yield Stamped(name="renewed by a stranger", evidence=stranger, expected=("service", SIGNED_AT), **trusted)


def faulty() -> Iterator[Stamped]:
    """Yields bundles with one fault each."""
    refused = ("time_stamp", "bad_time_stamp")
    whole = stamped(OWN)
    other = _changed(
        whole, lambda stamp: EvidenceTimeStamp(token=stamp.token, profile="sm2", at=stamp.at + 1000)
    )
    yield Stamped(name="another time", evidence=other, expected=refused)
    other = _changed(whole, lambda stamp: EvidenceTimeStamp(token=stamp.token, profile="p256", at=stamp.at))
    yield Stamped(name="another profile", evidence=other, expected=refused)
    misplaced = ("cms", "message_mismatch")
    yield Stamped(name="left out of the list", evidence=replace_stamps(whole, []), expected=misplaced)
    more = replace_stamps(whole, [*whole.time_stamps, OUTSIDE.stamp(whole.signature.value, at=SECOND)])
    yield Stamped(name="one more than in the CMS", evidence=more, expected=refused)
    twice = replace_stamps(whole, [*whole.time_stamps, *whole.time_stamps])
    yield Stamped(name="twice", evidence=twice, expected=misplaced)
    foreign = replace_stamps(whole, [*whole.time_stamps, OWN.stamp(b"other", at=SECOND)])
    yield Stamped(name="of other data", evidence=foreign, expected=refused)
    yield Stamped(name="before the signature", evidence=stamped(OWN, at=SECOND - 400_000), expected=refused)
    yield Stamped(name="of the future", evidence=stamped(OWN, at=AT + 400_000), expected=refused)
    leaf = Maker(A, stamp=lambda data: [replace_signer(A).stamp(data, at=SECOND)]).made()
    yield Stamped(name="by a shield", evidence=leaf, expected=refused)
    for name, data, at in (("other data", b"other", SECOND), ("a time before", None, SECOND - 400_000)):
        on_log = Maker(A, log_stamp=lambda note, data=data, at=at: [OWN.stamp(data or note, at=at)]).made()  # type: ignore[misc]  # mypy infers no lambda with a default
        yield Stamped(name=f"{name}, on the checkpoint", evidence=on_log, expected=("log", "bad_time_stamp"))
    rubbish = _changed(whole, lambda stamp: EvidenceTimeStamp(token=b"0", profile="sm2", at=stamp.at))
    yield Stamped(name="rubbish", evidence=rubbish, expected=misplaced)


def replace_signer(a: Authority) -> Tsa:
    """Makes a shield that poses as an authority."""
    return Tsa(Sm2StampSigner(parse_tsa_certificate(a.leaf.der), (a.issuing.der,), a.leaf_key), a.root.der)


def compromised() -> Iterator[Stamped]:
    """Yields bundles of a compromised issuing CA, known from the bundle's own OCSP response or a later CRL."""
    how: dict[str, Any] = {"ca_status": RevokedAt(REVOKED, KEY_COMPROMISE), "status_at": REVOKED + 60_000}
    for name, tsas, at, expected in (
        ("no stamp", [], SECOND, None),
        ("own stamp", [OWN], SECOND, None),
        ("stamp of before", [OUTSIDE], SECOND, ("outside", SECOND)),
        ("stamp of the last second", [OUTSIDE], REVOKED - 2000, ("outside", REVOKED - 2000)),
        ("stamp of the same second", [OUTSIDE], REVOKED - 1000, None),
        ("stamp of after", [OUTSIDE], REVOKED + 1000, None),
    ):
        bundle = stamped(*tsas, at=at, **how)
        yield Stamped(name=name, evidence=bundle, tsas=tsas, expected=expected or _COMPROMISED)
        since = A.root_crl((Revoked(A.issuing.serial, REVOKED, KEY_COMPROMISE),), at=REVOKED)
        listed = stamped(*tsas, at=at)
        then = expected or ("issuers", "ca_compromised")
        yield Stamped(name=f"{name}, listed", evidence=listed, tsas=tsas, crls=[since], expected=then)
    stranger = stamped(OUTSIDE, **how)
    yield Stamped(name="a stranger's stamp", evidence=stranger, expected=_COMPROMISED)
    ended = A.root_crl((Revoked(A.issuing.serial, REVOKED, CESSATION_OF_OPERATION),), at=REVOKED)
    yield Stamped(name="ended for good", evidence=stamped(), crls=[ended], expected=("service", SIGNED_AT))
    before = A.root_crl((Revoked(A.issuing.serial, SECOND - 60_000, CESSATION_OF_OPERATION),), at=REVOKED)
    yield Stamped(name="revoked before", evidence=stamped(), crls=[before], expected=("issuers", "revoked"))
    lost = A.crl((Revoked(A.leaf.serial, SECOND - 60_000, KEY_COMPROMISE),), at=SECOND)
    yield Stamped(name="shield revoked before", evidence=stamped(), crls=[lost], expected=("now", "revoked"))
    old = A.crl((Revoked(A.leaf.serial, SECOND - 4 * DAY, KEY_COMPROMISE),), at=SECOND - 3 * DAY)
    yield Stamped(name="an old list", evidence=stamped(), crls=[old], expected=("service", SIGNED_AT))


def every() -> list[Stamped]:
    """Returns all bundles."""
    return [*good(), *archived(), *faulty(), *compromised()]
