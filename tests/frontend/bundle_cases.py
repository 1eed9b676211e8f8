"""Evidence bundles, valid or with one fault, for the page's verifier and the command."""

import base64
import json
from collections.abc import Iterator
from typing import Any, Final

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from mshield.gm.sm3 import sm3
from mshield.pki.revocation.crl import CERTIFICATE_HOLD, KEY_COMPROMISE
from mshield.pki.revocation.ocsp import RevokedAt
from mshield.pki.signatures.evidence import Evidence
from mshield.pki.signatures.formats import Format
from mshield.pki.tlog.cosignature import WitnessKey, cosign
from tests.frontend.signature_cases import OTHER, enveloped, flipped
from tests.support.stamped_bundles import every, good
from tests.support.verifier_cases import Case
from tests.unit.client import bundles
from tests.unit.client.bundle import CONTENT, SIGNED_AT, VKEY, Maker, login_message
from tests.unit.pki.authority import DAY, YEAR

A: Final = bundles.A
AT: Final = SIGNED_AT + DAY
LATER: Final = SIGNED_AT + 3_600_000


def bundle(name: str, data: bytes, **changes: Any) -> Case:
    given: dict[str, Any] = {"roots": [A.root.der], "log_keys": [str(VKEY)], "at": AT}
    return Case(name=name, kind="evidence", signature=data, **(given | changes))


_PRIVATE: Final = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
WITNESS: Final = WitnessKey("witness.example/w1", _PRIVATE.public_key().public_bytes_raw())
_OTHER_WITNESS: Final = WitnessKey("witness.example/w2", _PRIVATE.public_key().public_bytes_raw())


def with_lines(evidence: Evidence, lines: str) -> bytes:
    """Returns the bundle with these lines added to its checkpoint."""
    log = msgspec.structs.replace(evidence.log, checkpoint=evidence.log.checkpoint + lines)
    return msgspec.structs.replace(evidence, log=log).encode()


def cosigned() -> Iterator[Case]:
    """Yields bundles with a witness's line: valid, wrong, unknown, doubled, or malformed."""
    evidence, other = bundles.good(), bundles.good(kind="login")
    line = cosign(evidence.log.checkpoint, WITNESS, _PRIVATE, now=SIGNED_AT)
    known = {"witness_keys": [str(WITNESS)]}
    data = with_lines(evidence, line)
    yield bundle("cosigned", data, **known)
    yield bundle("cosigned, without required witnesses", data)
    yield bundle("cosigned, but another witness is required", data, witness_keys=[str(_OTHER_WITNESS)])
    yield bundle("cosigned twice", with_lines(evidence, line + line), **known)
    later = cosign(evidence.log.checkpoint, WITNESS, _PRIVATE, now=SIGNED_AT + 60_000)
    second = cosign(evidence.log.checkpoint, _OTHER_WITNESS, _PRIVATE, now=SIGNED_AT)
    both = [str(_OTHER_WITNESS), str(WITNESS)]
    yield bundle("cosigned by two", with_lines(evidence, later + second), witness_keys=both)
    yield bundle("not cosigned", evidence.encode(), **known)
    wrong = cosign(other.log.checkpoint, WITNESS, _PRIVATE, now=SIGNED_AT)
    yield bundle("another checkpoint's line", with_lines(evidence, wrong), **known)
    yield bundle("a wrong line of somebody unknown", with_lines(evidence, wrong))
    for text in ("rubbish", str(VKEY), str(WITNESS)[:-4], f" {WITNESS} ", str(WITNESS).replace("w1", "w3")):
        yield bundle(f"the key {text}", data, witness_keys=[text])
    name, _, encoded = line.removeprefix("— ").rstrip().rpartition(" ")
    content = base64.b64decode(encoded)
    for at in range(0, len(content), 5):
        bad = content[:at] + bytes([content[at] ^ 0x81]) + content[at + 1 :]
        yield bundle(f"cosigned, octet {at}", with_lines(evidence, _line(name, bad)), **known)
    for bad in (content[:-1], content + b"x", content[:4] + b"\xff" * 8 + content[12:], content[:12]):
        yield bundle(f"cosigned, {len(bad)} octets", with_lines(evidence, _line(name, bad)), **known)


def _line(name: str, content: bytes) -> str:
    return f"— {name} {base64.b64encode(content).decode()}\n"


def made(name: str, **how: Any) -> Case:
    return bundle(name, Maker(A, **how).made().encode())


def good_bundles() -> Iterator[Case]:
    formats: tuple[Format, ...] = ("raw", "cms", "cms_detached")
    for each in formats:
        yield made(each, format=each)
    yield made("a digest alone", format="cms_detached", with_content=False)
    yield made("a login", format="raw", kind="login", content=login_message())
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
        *("", "[]", "{}", "[" * 3000, '{"type":"mshield-evidence/v2"}'),
        *(bundles.good().encode().decode().replace(*pair) for pair in SPELLINGS),
        bundles.good().encode().decode()[:-1] + ',"more":1}',
        bundles.good().encode().decode()[:-1] + ',"type":"mshield-evidence/v2"}',
        bundles.good().encode().decode()[:-200],
    ):
        yield bundle(f"text {text[:40]}…{text[-40:]}", text.encode())
    for each in bundles.without(bundles.good()):
        yield bundle(f"a field is missing: {each[-60:]}", each.encode())
    yield bundle("a document without what was shown", bundles.put_shown(None).encode())
    shown = {"compared": None, "confirmed": "none"}
    yield bundle("a login with what was shown", bundles.put_shown(shown, kind="login").encode())
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
    """Yields every value of the file, changed in a few ways."""
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
    """Returns a login's message with other fields, in canonical form unless `spaced`."""
    spaced = changes.pop("spaced", False)
    fields = json.loads(login_message()) | changes
    separators = (", ", ": ") if spaced else (",", ":")
    return json.dumps(fields, ensure_ascii=False, separators=separators, sort_keys=True).encode()


def logins() -> Iterator[Case]:
    for change in ({"name": "别处"}, {"type": "x"}, {"more": "1"}, {"issued_at": "1"}, {"issued_at": 1.5}):
        yield made(f"a login with {change}", format="raw", kind="login", content=log_in(**change))
    yield made("a login with spaces", format="raw", kind="login", content=log_in(spaced=True))
    twice = log_in()[:-1] + b',"type":"mshield-login/v1"}'
    yield made("a login that states its type twice", format="raw", kind="login", content=twice)
    yield made("no login", format="raw", kind="login", content=b"[]")
