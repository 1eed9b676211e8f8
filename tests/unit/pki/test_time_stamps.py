"""Time stamps: each vector gets its expected result, for the reason in its name."""

from dataclasses import replace

from tests.support.time_stamps import by_python, vectors

REASONS = {
    "bad-imprint": "imprint",
    "bad-nonce": "nonce",
    "bad-no-nonce": "nonce",
    "bad-policy": "policy",
    "bad-no-eku": "purpose",
    "bad-eku-not-critical": "purpose",
    "bad-eku-two": "purpose",
    "bad-leaf": "purpose",
    "bad-no-ess": "signer_certificate",
    "bad-ess-other": "signer_certificate",
    "bad-signature": "signature",
    "bad-digest": "digest",
    "bad-econtent-type": "content_type",
    "bad-sha1-imprint": "weak_hash",
    "bad-time": "time",
    "bad-status": "status",
}


def test_every_time_stamp_vector_has_its_result() -> None:
    refused = {}
    for case, is_good in vectors():
        reason = by_python(case)
        assert (reason is None) == is_good, (case.name, reason)
        if reason is not None:
            refused[case.name.removeprefix("tsp/").removesuffix(".tsr")] = reason
    assert refused == REASONS


def test_time_stamp_needs_a_plausible_time_and_a_trusted_authority() -> None:
    good = next(case for case, _ in vectors() if case.name == "tsp/sm2.tsr")
    at = 1_785_546_123_000
    for change, reason in (
        ({"now": at - 300_000}, None),
        ({"now": at - 300_001}, "time"),
        ({"signed_at": at + 300_000}, None),
        ({"signed_at": at + 300_001}, "time"),
        ({"roots": good.roots[1:]}, "no_path"),
        ({"roots": []}, "no_path"),
        ({"hash": "sha256"}, "hash"),
        ({"answer": good.answer + b"\0"}, "form"),
    ):
        assert by_python(replace(good, **change)) == reason, change


def test_changed_bit_of_the_listed_digest_algorithms_is_refused() -> None:
    good = next(case for case, _ in vectors() if case.name == "tsp/sm2.tsr")
    version = good.answer.index(b"\x02\x01\x03\x31")
    start, length = version + 3, 2 + good.answer[version + 4]
    for bit in range(8 * length):
        changed = bytearray(good.answer)
        changed[start + bit // 8] ^= 1 << bit % 8
        assert by_python(replace(good, answer=bytes(changed))) == "form", bit
