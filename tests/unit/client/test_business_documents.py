"""The SDK's documents: how a digest is sent, and how the SDK waits for an evidence bundle."""

import json

import pytest

from mshield.client import Digest, Document, ProblemError
from mshield.gm.sm3 import sm3
from tests.unit.client.bundle import Maker
from tests.unit.client.test_business import CREATED, Script, answer, both, problem, run
from tests.unit.pki.authority import authority


@both
async def test_digest_is_sent_in_place_of_the_content(*, asynchronous: bool) -> None:
    script = Script(answer(CREATED | {"kind": "signature"}, 201))
    document = Document(
        title="t", media_type="a/b", digest=Digest(sm3(b"far away"), 8), format="cms_detached"
    )
    await run(script, lambda c: c.request_signature([document]), asynchronous=asynchronous)
    (sent,) = json.loads(script.seen[0].content)["documents"]
    assert sent == {
        "title": "t",
        "media_type": "a/b",
        "digest_sm3": sm3(b"far away").hex(),
        "size": 8,
        "format": "cms_detached",
    }


@pytest.mark.parametrize("given", [{}, {"content": b"x", "digest": Digest.of(b"x")}])
def test_a_document_has_content_or_digest(given: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="either"):
        _ = Document(title="t", media_type="a/b", **given).content_digest  # type: ignore[arg-type]  # the wrong ones are what is tried


@both
async def test_evidence_call_waits_until_the_log_has_the_entry(*, asynchronous: bool) -> None:
    made = Maker(authority()).made()
    waiting = problem(409, "not_logged_yet")
    script = Script(waiting, waiting, answer(json.loads(made.encode())))
    found = await run(script, lambda c: c.evidence("r1", document=2), asynchronous=asynchronous)
    assert found == made
    assert script.seen[-1].url.query == b"document=2"
    assert script.pauses == [1.0, 1.0]


async def test_waiting_for_the_log_ends() -> None:
    script = Script(*[problem(409, "not_logged_yet")] * 30)
    with pytest.raises(ProblemError, match="not_logged_yet"):
        await run(script, lambda c: c.evidence("r1"), asynchronous=False)
    assert len(script.seen) == 16
