"""The page's verifier and the command agree on every bundle, CMS and bare signature, valid or with one fault."""

import json
import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from mshield.pki.revocation.ocsp import Good
from mshield.pki.signatures.cms import build_signed_data
from tests.frontend.bundle_cases import (
    bundle,
    changed_bundles,
    cosigned,
    distrusted_bundles,
    faulty_bundles,
    good_bundles,
    log_in,
    logins,
    made,
    stamped,
)
from tests.frontend.signature_cases import A, bare_signatures, cms, enveloped, envelopes, parts, signed
from tests.support.verifier_cases import Case, Verdict, by_page, by_python, disagreements
from tests.unit.client import bundles
from tests.unit.client.bundle import Maker
from tests.unit.client.statuses import ocsp
from tests.unit.pki.authority import NOW

pytestmark = pytest.mark.slow


def mutations(name: str, data: bytes, count: int) -> Iterator[tuple[str, bytes]]:
    """Yields data with pieces cut, inserted, doubled or swapped; the same in each run."""
    draw = random.Random(name)  # noqa: S311  no secret
    for number in range(count):
        at, length = draw.randrange(len(data)), draw.randrange(1, 24)
        piece = data[at : at + length]
        other = draw.choice(
            (b"", piece + piece, piece[::-1], draw.randbytes(draw.randrange(4)), b" " + piece, piece.lower())
        )
        yield f"{name} mutation {number}", data[:at] + other + data[at + length :]


def mutated() -> Iterator[Case]:
    for name, data in mutations("bundle", bundles.good().encode(), 250):
        yield bundle(name, data)
    (whole,) = [case for case in cosigned() if case.name == "cosigned"]
    for name, data in mutations("cosigned", whole.signature, 100):
        yield bundle(name, data, witness_keys=whole.witness_keys)
    for name, data in mutations(
        "login", Maker(A, format="raw", kind="login", content=log_in()).made().encode(), 150
    ):
        yield bundle(name, data)
    for name, data in mutations("cms", cms(inside=True, bound=True), 250):
        yield enveloped(name, data)
    for name, data in mutations("answer", ocsp(A, A.leaf, Good(), at=NOW), 100):
        yield signed(name, ocsp=data)


def large() -> Iterator[Case]:
    content = bytes(range(256)) * 20_000  # 5 MB
    yield made("a large bundle", content=content)
    yield enveloped(
        "a large CMS",
        build_signed_data(
            content=content, signature=A.leaf_key.sign(content), certificate=A.leaf, chain=[A.issuing]
        ),
    )
    many = json.loads(bundles.good().encode())
    many["document"]["display"] = [{"label": "x", "value": "y"}] * 50_000
    yield bundle("a display of many lines", json.dumps(many).encode())
    for name, pem in {
        "a PEM of many beginnings": "-----BEGIN CERTIFICATE-----\n" * 200_000,
        "a PEM that is not ASCII": A.leaf.pem().replace("\nMII", "\nMIé"),
        "a PEM with a second certificate": A.leaf.pem() + A.issuing.pem(),
        "a PEM with words around it": f"before\n{A.leaf.pem()}after",
    }.items():
        odd = json.loads(bundles.good().encode())
        odd["certificate_pem"] = pem
        yield bundle(name, json.dumps(odd).encode())
    many = json.loads(bundles.good().encode())
    many["log"]["hashes_b64"] = many["log"]["hashes_b64"] * 5_000
    yield bundle("a proof of many hashes", json.dumps(many).encode())


def test_both_verifiers_agree_on_mutated_signatures(tmp_path: Path) -> None:
    assert not disagreements(list(mutated()), tmp_path)


def test_both_verifiers_agree_on_large_files(tmp_path: Path) -> None:
    assert not disagreements(list(large()), tmp_path)


def test_both_verifiers_agree_on_good_and_faulty_bundles(tmp_path: Path) -> None:
    witnessed = list(cosigned())
    cases = [*good_bundles(), *distrusted_bundles(), *faulty_bundles(), *logins(), *witnessed]
    assert not disagreements(cases, tmp_path)
    said = [by_python(case) for case in witnessed]
    assert {len(one.witnesses) for one in said} == {0, 1, 2}
    assert {one.code for one in said} == {None, "bad_cosignature", "bad_log_form"}
    verdicts = {by_python(case).verdict for case in cases}
    assert verdicts == {"valid", "invalid", "incomplete"}


def test_both_verifiers_agree_on_bundles_with_a_changed_value(tmp_path: Path) -> None:
    assert not disagreements(list(changed_bundles()), tmp_path)


def test_both_verifiers_agree_on_stamped_bundles(tmp_path: Path) -> None:
    assert not disagreements(list(stamped()), tmp_path)


def test_both_verifiers_agree_on_bare_signatures(tmp_path: Path) -> None:
    cases = list(bare_signatures())
    assert not disagreements(cases, tmp_path)
    assert {by_python(case).verdict for case in cases} == {"valid", "invalid", "incomplete"}


def test_both_verifiers_agree_on_cms(tmp_path: Path) -> None:
    assert not disagreements(list(envelopes()), tmp_path)


def test_both_verifiers_agree_on_each_part(tmp_path: Path) -> None:
    assert not disagreements(list(parts()), tmp_path)


def test_bundle_without_a_root_is_never_valid(tmp_path: Path) -> None:
    (found,) = by_page([bundle("no root", bundles.good().encode(), roots=[])], tmp_path)
    assert found == Verdict("incomplete", "chain", "no_root")


def test_without_a_known_log_a_bundle_is_never_valid(tmp_path: Path) -> None:
    (found,) = by_page([bundle("no log", bundles.good().encode(), log_keys=[])], tmp_path)
    assert found == Verdict("incomplete", "log", "unknown_log")


def test_a_detached_cms_without_its_content_is_never_valid(tmp_path: Path) -> None:
    cases = [enveloped(f"bound {bound}", cms(inside=False, bound=bound)) for bound in (True, False)]
    assert by_page(cases, tmp_path) == [Verdict("incomplete", "content", "no_document")] * 2
