"""Signing times and who states them; how far a CA is trusted whose key was compromised."""

from datetime import UTC, datetime

from mshield.client.evidence.verify import LaterStatus, VerifiedEvidence, read_evidence, verify_evidence
from mshield.client.verification import VerificationError
from mshield.pki.revocation.crl import SUPERSEDED, Revoked
from tests.support.stamped_bundles import OUTSIDE, OWN, REVOKED, SECOND, A, Stamped, every, good, stamped
from tests.support.tsa import Tsa
from tests.unit.client.bundle import VKEY, Maker


def check(case: Stamped) -> VerifiedEvidence:
    return verify_evidence(
        read_evidence(case.evidence.encode()),
        roots=[A.root.der],
        log_keys=[str(VKEY)],
        tsa_roots=case.tsa_roots,
        crl=case.crls,
        at=datetime.fromtimestamp(case.at / 1000, UTC),
        engine=A.engine,
    )


def outcome(case: Stamped) -> tuple[str, str] | tuple[str, int]:
    try:
        time = check(case).time
    except VerificationError as error:
        return error.step, error.code
    return time.by, round(time.at.timestamp() * 1000)


def test_time_source_and_trust_in_a_revoked_ca() -> None:
    told = {case.name: (outcome(case), case.expected) for case in every()}
    assert not {name: pair for name, pair in told.items() if pair[0] != pair[1]}


def test_each_time_stamp_is_reported() -> None:
    case = next(case for case in good() if case.name == "own and outside")
    own, outside = check(case).time_stamps
    assert (own.by, own.profile, own.authority, own.valid) == ("own", "sm2", "时间戳机构", True)
    assert (outside.by, outside.policy, outside.renews) == ("outside", "2.999.1.3", None)
    assert (outside.latest - outside.at).total_seconds() == 1


def test_stamp_on_the_checkpoint_proves_when_the_log_had_the_entry() -> None:
    def of(*tsas: Tsa, data: bytes | None = None, at: int = SECOND, tsa_roots: bool = True) -> Stamped:
        made = Maker(A, log_stamp=lambda note: [tsa.stamp(data or note, at=at) for tsa in tsas]).made()
        return Stamped(name="", evidence=made, expected=("service", 0), tsas=tsas if tsa_roots else ())

    found = check(of(OWN, OUTSIDE, at=SECOND + 5000))
    assert found.log_time is not None
    assert (found.log_time.by, round(found.log_time.latest.timestamp() * 1000)) == ("outside", SECOND + 6000)
    assert [stamp.by for stamp in found.log_stamps] == ["own", "outside"]
    assert found.time.by == "service"  # the stamp says when the log had the entry, not when it was signed
    assert check(of(OUTSIDE, tsa_roots=False)).log_time is None
    assert check(of()).log_time is None
    for bad in (of(OUTSIDE, data=b"other"), of(OUTSIDE, at=SECOND - 400_000)):
        assert outcome(bad) == ("log", "bad_time_stamp")


def test_lists_give_the_current_status_of_certificates() -> None:
    lists = [A.crl(), A.root_crl((Revoked(A.issuing.serial, REVOKED, SUPERSEDED),), at=REVOKED)]
    case = Stamped(name="", evidence=stamped(), crls=lists, expected=("service", 0), at=REVOKED)
    found = check(case)
    assert (found.now, found.ca_now) == ("good", LaterStatus(REVOKED, SUPERSEDED))
    assert check(Stamped(name="", evidence=stamped(), expected=("service", 0))).ca_now is None
