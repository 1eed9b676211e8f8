"""The page's verifier and the command say the same of every bundle, CMS and bare signature, good or with one fault."""

import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest

from mshield.gm.sm3 import sm3
from mshield.pki.certificates.certificate import Certificate
from mshield.pki.revocation.crl import CERTIFICATE_HOLD, KEY_COMPROMISE, Revoked
from mshield.pki.revocation.ocsp import Good, RevokedAt, Unknown
from mshield.pki.signatures.cms import build_signed_data
from mshield.pki.signatures.formats import Format
from mshield.pki.signatures.signed_attributes import SignedAttributes, attributes_of
from tests.support.stamped_bundles import every, good
from tests.support.verifier_cases import Case, Verdict, by_page, by_python, disagreements
from tests.unit.client import test_evidence as bundles
from tests.unit.client.bundle import CONTENT, SIGNED_AT, VKEY, Maker, login_message, ocsp, v1
from tests.unit.pki.authority import DAY, NOW, OTHER_SHARD, URLS, YEAR, Authority, make_authority

pytestmark = pytest.mark.slow

A: Final = bundles.A
OTHER: Final = make_authority(A.engine)
AT: Final = SIGNED_AT + DAY
LATER: Final = SIGNED_AT + 3_600_000


def bundle(name: str, data: bytes, **changes: Any) -> Case:
    given: dict[str, Any] = {"roots": [A.root.der], "log_keys": [str(VKEY)], "at": AT}
    return Case(name=name, kind="evidence", signature=data, **(given | changes))


def made(name: str, **how: Any) -> Case:
    return bundle(name, Maker(A, **how).made().encode())


def good_bundles() -> Iterator[Case]:
    formats: tuple[Format, ...] = ("raw", "cms", "cms_detached")
    for each in formats:
        yield made(each, format=each)
    yield made("a digest alone", format="cms_detached", with_content=False)
    yield made("a login", format="raw", kind="login", content=login_message())
    for each in formats:
        yield made(f"{each}, logged without its asker", format=each, asked_logged=False)
    at = (SIGNED_AT // 1000 + 10) * 1000
    yield made("revoked later", status=RevokedAt(at, KEY_COMPROMISE), status_at=LATER)
    yield made("on hold later", status=RevokedAt(at, CERTIFICATE_HOLD), status_at=LATER)
    yield made("the CA revoked later", ca_status=RevokedAt(at, KEY_COMPROMISE), status_at=LATER)
    digest = Maker(A, format="cms_detached", with_content=False).made().encode()
    yield bundle("a digest and the file", digest, content=CONTENT)
    yield bundle("a digest and another file", digest, content=CONTENT + b" ")
    for each in formats:
        erased = Maker(A, format=each, erased=True).made().encode()
        yield bundle(f"{each}, erased, and the file", erased, content=CONTENT)
        yield bundle(f"{each}, erased, and another file", erased, content=CONTENT + b" ")
        yield bundle(f"{each}, erased", erased)
    yield bundle("from before time stamps", v1(bundles.good(drawn=False)))
    yield bundle("in another spelling", json.dumps(json.loads(digest), indent=3, sort_keys=True).encode())


def distrusted_bundles() -> Iterator[Case]:
    data = bundles.good().encode()
    yield bundle("another root", data, roots=[OTHER.root.der])
    yield bundle("both roots", data, roots=[OTHER.root.der, A.root.der])
    yield bundle("another log", data, log_keys=[str(VKEY).replace("shield.example", "other.example")])
    yield bundle("rubbish for a log", data, log_keys=["rubbish"])
    yield bundle("from the future", data, at=SIGNED_AT - 600_000)
    yield bundle("after all certificates' end", data, at=AT + 30 * YEAR)


def faulty_bundles() -> Iterator[Case]:
    for name, put_in, _ in bundles.FAULTS:
        yield bundle(name, put_in(bundles.good()).encode())
    attributes = bundles.good().signature.attributes
    assert attributes is not None
    yield made("attributes for raw content", format="raw", content=attributes)
    for text in (
        *("", "[]", "{}", "[" * 3000, '{"type":"mshield-evidence/v1"}'),
        *(bundles.good().encode().decode().replace(*pair) for pair in SPELLINGS),
        bundles.good().encode().decode()[:-1] + ',"more":1}',
        bundles.good().encode().decode()[:-1] + ',"type":"mshield-evidence/v2"}',
        bundles.good().encode().decode()[:-200],
    ):
        yield bundle(f"text {text[:40]}…{text[-40:]}", text.encode())
    for encoding in ("utf-16", "utf-32", "utf-8-sig"):
        yield bundle(encoding, bundles.good().encode().decode().encode(encoding))


SPELLINGS: Final = [
    ("evidence/v2", "evidence/v1"),
    ("evidence/v2", "evidence/v3"),
    (',"time_stamps":[]', ""),
    (',"time_stamps":[]', ',"time_stamps":null'),
    (',"time_stamps":[]', ',"time_stamps":{}'),
    ('"index":2', '"index":2.0'),
    ('"index":2', '"index":2e0'),
    ('"index":2', '"index":NaN'),
    ('"index":2', '"index":-1'),
    ('"index":2', '"index":true'),
    ('"index":2', '"index":"2"'),
    ('"index":2', '"index":9007199254740993'),
    ('"index":2', '"index":02'),
    ("报关单", "\\ud800"),
    ("报关单", "\\u62a5\\u5173\\u5355"),
    ("报关单", "报关单\t"),
    (sm3(CONTENT).hex(), sm3(CONTENT).hex().upper()),
    ('"kind":"signature"', '"kind":"other"'),
    ('"kind":"signature"', '"kind":"login"'),
    ('"kind":"signature"', '"kind":null'),
]  # fmt: skip


def changed_bundles() -> Iterator[Case]:
    """Every value of the file, changed in each of a few ways."""
    formats: tuple[Format, ...] = ("cms", "raw")
    for each in formats:
        found = json.loads(bundles.good(each).encode())
        for place, value in bundles.leaves(found):
            for number, other in enumerate(bundles.changed(place, value)):
                yield bundle(f"{each} {place} {number}", _put(found, place, other))


def _put(found: Any, place: str, value: Any) -> bytes:
    copy = json.loads(json.dumps(found))
    *above, name = place.split(".")
    part = copy
    for each in above:
        part = part[int(each) if isinstance(part, list) else each]
    part[int(name) if isinstance(part, list) else name] = value
    return json.dumps(copy).encode()


def stamped() -> Iterator[Case]:
    for case in every():
        yield bundle(
            f"stamped: {case.name}",
            case.evidence.encode(),
            tsa_roots=case.tsa_roots,
            crls=case.crls,
            at=case.at,
        )
    for case in every():
        signed_cms = case.evidence.signature.cms
        yield enveloped(f"stamped: {case.name}", signed_cms, tsa_roots=case.tsa_roots, at=case.at)
    (one,) = [case for case in good() if case.name == "own and outside"]
    for at in range(len(one.evidence.signature.cms) - 2000, len(one.evidence.signature.cms), 29):
        bad = flipped(one.evidence.signature.cms, at, 1 << at % 8)
        yield enveloped(f"stamped, bit {at}", bad, tsa_roots=one.tsa_roots, ocsp=None)
    told = json.loads(one.evidence.encode())
    for place, value in bundles.leaves(told["time_stamps"], "time_stamps"):
        for number, other in enumerate(bundles.changed(place, value)):
            yield bundle(f"stamped {place} {number}", _put(told, place, other), tsa_roots=one.tsa_roots)


def log_in(**changes: Any) -> bytes:
    """A login's message with other fields, in canonical form unless `spaced`."""
    spaced = changes.pop("spaced", False)
    fields = json.loads(login_message()) | changes
    separators = (", ", ": ") if spaced else (",", ":")
    return json.dumps(fields, ensure_ascii=False, separators=separators, sort_keys=True).encode()


def logins() -> Iterator[Case]:
    for change in ({"name": "别处"}, {"type": "x"}, {"more": "1"}, {"issued_at": "1"}, {"issued_at": 1.5}):
        yield made(f"a login with {change}", format="raw", kind="login", content=log_in(**change))
    yield made("a login with spaces", format="raw", kind="login", content=log_in(spaced=True))
    twice = log_in()[:-1] + b',"type":"mshield-login/v1"}'
    yield made("a login that says its type twice", format="raw", kind="login", content=twice)
    yield made("no login", format="raw", kind="login", content=b"[]")


def signed(name: str, **changes: Any) -> Case:
    """A bare signature with what clears it."""
    given: dict[str, Any] = {
        "signature": A.leaf_key.sign(CONTENT).to_der(),
        "certificate": A.leaf.der,
        "content": CONTENT,
        "chain": [A.issuing.der],
        "roots": [A.root.der],
        "ocsp": ocsp(A, A.leaf, Good(), at=NOW),
        "at": NOW + 1000,
    }
    return Case(name=name, kind="signature", **(given | changes))


def bare_signatures() -> Iterator[Case]:
    yield signed("good by OCSP")
    yield signed("good by a list", ocsp=None, crls=[A.crl()])
    yield signed(
        "good by its shard's list", ocsp=None, crls=[A.crl(point=URLS.crl), A.crl(point=OTHER_SHARD)]
    )
    yield signed("another shard's list says", ocsp=None, crls=[A.crl(point=OTHER_SHARD)])
    yield signed("good by both, issuers too", crls=[A.crl(), A.root_crl()])
    yield signed("nothing says", ocsp=None)
    yield signed("another CA's list says", ocsp=None, crls=[A.root_crl()])
    yield signed("another message", content=CONTENT + b" ")
    yield signed("an empty message", content=b"", signature=A.leaf_key.sign(b"").to_der())
    yield signed("another certificate", certificate=A.issue(public=OTHER.leaf_key.public).der)
    yield signed("another authority's", certificate=OTHER.leaf.der)
    yield signed("another root", roots=[OTHER.root.der])
    yield signed("no chain", chain=[])
    yield signed("surplus in the chain", chain=[OTHER.issuing.der, A.root.der, A.issuing.der, A.leaf.der])
    yield signed("the CA's own certificate", certificate=A.issuing.der)
    yield signed("a responder's certificate", certificate=A.ocsp.der)
    for state in (Unknown(), RevokedAt(NOW - 1000, KEY_COMPROMISE), RevokedAt(NOW - 1000, CERTIFICATE_HOLD)):
        yield signed(f"OCSP says {state}", ocsp=ocsp(A, A.leaf, state, at=NOW))
    yield signed("a stale answer", at=NOW + 2 * DAY)
    yield signed("an answer of tomorrow", ocsp=ocsp(A, A.leaf, Good(), at=NOW + DAY))
    yield signed("another's answer", ocsp=ocsp(A, A.issuing, Good(), at=NOW))
    yield signed("an error for an answer", ocsp=b"\x30\x03\x0a\x01\x06")
    listed = A.crl((Revoked(A.leaf.serial, NOW - 1000, KEY_COMPROMISE),))
    yield signed("listed", ocsp=None, crls=[listed])
    yield signed(
        "listed in its shard", ocsp=None, crls=[A.crl((Revoked(A.leaf.serial, NOW, 1),), point=URLS.crl)]
    )
    held = A.crl((Revoked(A.leaf.serial, NOW - 1000, CERTIFICATE_HOLD),))
    yield signed("held", ocsp=None, crls=[held])
    ca_listed = A.root_crl((Revoked(A.issuing.serial, NOW - 1000, KEY_COMPROMISE),))
    yield signed("the CA listed", crls=[ca_listed])
    yield signed("a list of yesterday", ocsp=None, crls=[A.crl(at=NOW - 3 * DAY)])
    yield from _times()
    yield from _changed_signatures()


def _times() -> Iterator[Case]:
    """At each edge of validity, judged without status."""
    leaf = A.issue(not_before=NOW, not_after=NOW + DAY)
    ends = (NOW - 1, NOW, NOW + DAY, NOW + DAY + 999, NOW + DAY + 1000)
    for at in ends:
        yield signed(f"at {at - NOW} ms", certificate=leaf.der, ocsp=None, at=at)


def _changed_signatures() -> Iterator[Case]:
    good = A.leaf_key.sign(CONTENT).to_der()
    for at in range(len(good)):
        yield signed(f"signature bit {at}", signature=flipped(good, at))
    for name, other in {
        "cut": good[:-1],
        "longer": good + b"\x00",
        "empty": b"",
        "in BER": b"\x30\x81" + good[1:],
        "zeros": b"\x30\x06\x02\x01\x00\x02\x01\x00",
        "huge": b"\x30\x84\xff\xff\xff\xff" + good,
    }.items():
        yield signed(f"signature {name}", signature=other)


def flipped(data: bytes, at: int, mask: int = 1) -> bytes:
    return data[:at] + bytes((data[at] ^ mask,)) + data[at + 1 :]


def attributes() -> SignedAttributes:
    return attributes_of(digest=sm3(CONTENT), title="报关单", media_type="a/b", size=len(CONTENT), lines=())


def cms(a: Authority = A, *, inside: bool, bound: bool, leaf: Certificate | None = None) -> bytes:
    """A CMS with the content `inside` or not, over attributes where `bound`."""
    found = attributes() if bound else None
    signature = a.leaf_key.sign(CONTENT if found is None else found.encode())
    return build_signed_data(
        content=CONTENT if inside else None,
        signature=signature,
        certificate=leaf or a.leaf,
        chain=[a.issuing, a.root],
        attributes=found,
    )


def enveloped(name: str, data: bytes, **changes: Any) -> Case:
    given: dict[str, Any] = {"roots": [A.root.der], "ocsp": ocsp(A, A.leaf, Good(), at=NOW), "at": NOW + 1000}
    return Case(name=name, kind="cms", signature=data, **(given | changes))


def envelopes() -> Iterator[Case]:
    for bound in (True, False):
        attached, detached = cms(inside=True, bound=bound), cms(inside=False, bound=bound)
        name = f"bound {bound}"
        yield enveloped(f"{name} attached", attached)
        yield enveloped(f"{name} attached and the file", attached, content=CONTENT)
        yield enveloped(f"{name} attached and another file", attached, content=CONTENT + b" ")
        yield enveloped(f"{name} detached", detached, content=CONTENT)
        yield enveloped(f"{name} detached and another file", detached, content=CONTENT + b" ")
        yield enveloped(f"{name} nothing says", attached, ocsp=None)
        yield enveloped(f"{name} another root", attached, roots=[OTHER.root.der])
        yield enveloped(f"{name} another authority's", cms(OTHER, inside=True, bound=bound))
        yield enveloped(f"{name} in BER", b"\x30\x80" + attached[4:] + b"\x00\x00")
        yield enveloped(f"{name} cut", attached[:-10])
        yield enveloped(f"{name} longer", attached + b"\x00")
        other = A.issue(public=OTHER.leaf_key.public)
        yield enveloped(f"{name} another certificate", cms(inside=True, bound=bound, leaf=other), ocsp=None)
        for at in range(0, len(attached), 7):
            yield enveloped(f"{name} bit {at}", flipped(attached, at, 1 << at % 8))
    over = attributes().encode()
    disguised = build_signed_data(
        content=over, signature=A.leaf_key.sign(over), certificate=A.leaf, chain=[A.issuing]
    )
    yield enveloped("attributes for content", disguised)


def parts() -> Iterator[Case]:
    """Bits of certificates and answers, each of which some check reads."""
    for at in range(0, len(A.leaf.der), 5):
        yield signed(f"leaf bit {at}", certificate=flipped(A.leaf.der, at, 1 << at % 8))
    for at in range(0, len(A.issuing.der), 11):
        changed = flipped(A.issuing.der, at, 1 << at % 8)
        yield enveloped(f"issuing bit {at}", cms(inside=True, bound=True).replace(A.issuing.der, changed))
    answer = ocsp(A, A.leaf, Good(), at=NOW)
    for at in range(0, len(answer), 5):
        yield signed(f"answer bit {at}", ocsp=flipped(answer, at, 1 << at % 8))


def mutations(name: str, data: bytes, count: int) -> Iterator[tuple[str, bytes]]:
    """Pieces cut out, put in, doubled or swapped; the same ones in each run."""
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


def test_mutations(tmp_path: Path) -> None:
    assert not disagreements(list(mutated()), tmp_path)


def test_large_ones(tmp_path: Path) -> None:
    assert not disagreements(list(large()), tmp_path)


def test_good_and_faulty_bundles(tmp_path: Path) -> None:
    cases = [*good_bundles(), *distrusted_bundles(), *faulty_bundles(), *logins()]
    assert not disagreements(cases, tmp_path)
    verdicts = {by_python(case).verdict for case in cases}
    assert verdicts == {"valid", "invalid", "incomplete"}


def test_every_value_of_a_bundle(tmp_path: Path) -> None:
    assert not disagreements(list(changed_bundles()), tmp_path)


def test_time_stamps(tmp_path: Path) -> None:
    assert not disagreements(list(stamped()), tmp_path)


def test_bare_signatures(tmp_path: Path) -> None:
    cases = list(bare_signatures())
    assert not disagreements(cases, tmp_path)
    assert {by_python(case).verdict for case in cases} == {"valid", "invalid", "incomplete"}


def test_cms(tmp_path: Path) -> None:
    assert not disagreements(list(envelopes()), tmp_path)


def test_each_part(tmp_path: Path) -> None:
    assert not disagreements(list(parts()), tmp_path)


def test_with_nobody_to_trust_a_bundle_is_never_valid(tmp_path: Path) -> None:
    (found,) = by_page([bundle("no root", bundles.good().encode(), roots=[])], tmp_path)
    assert found == Verdict("incomplete", "chain", "no_root")


def test_without_a_known_log_a_bundle_is_never_valid(tmp_path: Path) -> None:
    (found,) = by_page([bundle("no log", bundles.good().encode(), log_keys=[])], tmp_path)
    assert found == Verdict("incomplete", "log", "unknown_log")


def test_a_detached_cms_without_its_content_is_never_valid(tmp_path: Path) -> None:
    cases = [enveloped(f"bound {bound}", cms(inside=False, bound=bound)) for bound in (True, False)]
    assert by_page(cases, tmp_path) == [Verdict("incomplete", "content", "no_document")] * 2
