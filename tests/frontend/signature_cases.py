"""Bare signatures and CMS, valid or with one fault, for the page's verifier and the command."""

from collections.abc import Iterator
from typing import Any, Final

from mshield.gm.sm3 import sm3
from mshield.pki.certificates.certificate import Certificate
from mshield.pki.revocation.crl import CERTIFICATE_HOLD, KEY_COMPROMISE, Revoked
from mshield.pki.revocation.ocsp import Good, RevokedAt, Unknown
from mshield.pki.signatures.cms import build_signed_data
from mshield.pki.signatures.signed_attributes import SignedAttributes
from tests.support.signed_data import attributes_of
from tests.support.verifier_cases import Case
from tests.unit.client import bundles
from tests.unit.client.bundle import CONTENT
from tests.unit.client.statuses import ocsp
from tests.unit.pki.authority import DAY, NOW, OTHER_SHARD, URLS, Authority, make_authority

A: Final = bundles.A
OTHER: Final = make_authority(A.engine)


def signed(name: str, **changes: Any) -> Case:
    """Returns a bare signature with all it needs to verify."""
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
    yield signed("cleared only by another shard's list", ocsp=None, crls=[A.crl(point=OTHER_SHARD)])
    yield signed("good by both, issuers too", crls=[A.crl(), A.root_crl()])
    yield signed("no status", ocsp=None)
    yield signed("cleared only by another CA's list", ocsp=None, crls=[A.root_crl()])
    yield signed("another message", content=CONTENT + b" ")
    yield signed("an empty message", content=b"", signature=A.leaf_key.sign(b"").to_der())
    yield signed("another certificate", certificate=A.issue(public=OTHER.leaf_key.public).der)
    yield signed("another CA's", certificate=OTHER.leaf.der)
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
    yield signed("an error response", ocsp=b"\x30\x03\x0a\x01\x06")
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
    """Yields times at each edge of validity, verified without status."""
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
    """Returns a CMS with the content `inside` or not, over attributes if `bound`."""
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
        yield enveloped(f"{name} no status", attached, ocsp=None)
        yield enveloped(f"{name} another root", attached, roots=[OTHER.root.der])
        yield enveloped(f"{name} another CA's", cms(OTHER, inside=True, bound=bound))
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
    """Yields certificates and responses with a flipped bit, each read by some check."""
    for at in range(0, len(A.leaf.der), 5):
        yield signed(f"leaf bit {at}", certificate=flipped(A.leaf.der, at, 1 << at % 8))
    for at in range(0, len(A.issuing.der), 11):
        changed = flipped(A.issuing.der, at, 1 << at % 8)
        yield enveloped(f"issuing bit {at}", cms(inside=True, bound=True).replace(A.issuing.der, changed))
    answer = ocsp(A, A.leaf, Good(), at=NOW)
    for at in range(0, len(answer), 5):
        yield signed(f"answer bit {at}", ocsp=flipped(answer, at, 1 << at % 8))
