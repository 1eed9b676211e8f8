"""Time stamps: every vector is judged as it says, and for the reason that its name gives."""

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


def test_every_vector_is_judged_as_it_says() -> None:
    refused = {}
    for case, is_good in vectors():
        reason = by_python(case)
        assert (reason is None) == is_good, (case.name, reason)
        if reason is not None:
            refused[case.name.removeprefix("tsp/").removesuffix(".tsr")] = reason
    assert refused == REASONS


def test_a_time_stamp_is_neither_of_the_future_nor_from_before_the_signature_nor_of_a_stranger() -> None:
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
