"""Path verification: each fault of a chain raises its own error."""

from dataclasses import replace
from itertools import pairwise

import pytest

from mshield.gm.sm2 import Signature
from mshield.pki.asn1 import der
from mshield.pki.asn1.frame import assemble
from mshield.pki.certificates.certificate import Certificate, parse_certificate
from mshield.pki.certificates.extensions import Extension, KeyUse, basic_constraints, key_usage
from mshield.pki.certificates.trust import require_ca
from mshield.pki.errors import (
    BadCertificateSignature,
    Expired,
    NotACa,
    NotYetValid,
    PathError,
    UnknownCritical,
    UnknownIssuer,
    WrongUsage,
)
from mshield.pki.verification.path import VerifiedChain, verify_chain
from tests.unit.pki.authority import DAY, NOW, YEAR, authority, make_authority, new_key
from tests.unit.pki.forge import SIGNS, SIGNS_CERTIFICATES, forge

A = authority()
OTHER = make_authority(A.engine)


def verify(
    leaf: Certificate = A.leaf,
    intermediates: tuple[Certificate, ...] = (A.issuing,),
    roots: tuple[Certificate, ...] = (A.root,),
    at: int = NOW,
) -> VerifiedChain:
    """Verifies a chain; the defaults are valid."""
    return verify_chain(A.engine, leaf=leaf, intermediates=intermediates, roots=roots, at=at)


def test_valid_chain_is_verified() -> None:
    chain = verify()
    assert chain == VerifiedChain(A.leaf, (A.issuing,), A.root, NOW)
    assert chain.issuer == A.issuing


def test_order_and_surplus_do_not_matter() -> None:
    chain = verify(intermediates=(OTHER.issuing, A.root, A.issuing, A.issuing), roots=(OTHER.root, A.root))
    assert chain.intermediates == (A.issuing,)


def test_validity_includes_its_ends() -> None:
    verify(at=A.leaf.not_before)
    verify(at=A.leaf.not_after + 999)


@pytest.mark.parametrize(
    ("at", "error"),
    [
        (A.leaf.not_before - 1, NotYetValid),
        (A.leaf.not_after + 1000, Expired),
        (A.issuing.not_after + 1000, Expired),
        (A.root.not_before - 1, NotYetValid),
    ],
)
def test_time_outside_the_validity_is_refused(at: int, error: type[PathError]) -> None:
    with pytest.raises(error):
        verify(at=at)


def test_expired_issuer_is_refused_even_if_the_leaf_is_valid() -> None:
    key = new_key(A.engine)
    short = forge(
        basic_constraints(path_length=0), SIGNS_CERTIFICATES,
        key=key, issuer=A.root, issuer_key=A.root_key, not_after=NOW + DAY,
    )  # fmt: skip
    leaf = forge(SIGNS, key=A.leaf_key, issuer=short, issuer_key=key)
    verify(leaf, (short,))
    with pytest.raises(Expired):
        verify(leaf, (short,), at=NOW + 2 * DAY)


@pytest.mark.parametrize(
    ("intermediates", "roots"),
    [((), (A.root,)), ((A.issuing,), ()), ((A.issuing,), (OTHER.root,)), ((OTHER.issuing,), (A.root,))],
)
def test_missing_path_is_an_unknown_issuer(
    intermediates: tuple[Certificate, ...], roots: tuple[Certificate, ...]
) -> None:
    with pytest.raises(UnknownIssuer) as caught:
        verify(A.leaf, intermediates, roots)
    assert caught.value.code == "unknown_issuer"


def _damaged(certificate: Certificate) -> Certificate:
    signature = Signature(certificate.signature.s, certificate.signature.r)
    return parse_certificate(assemble(certificate.tbs, signature))


@pytest.mark.parametrize(
    ("leaf", "issuing", "root"),
    [
        (_damaged(A.leaf), A.issuing, A.root),
        (A.leaf, _damaged(A.issuing), A.root),
        (A.leaf, A.issuing, _damaged(A.root)),
    ],
)
def test_every_signature_of_the_path_is_checked(
    leaf: Certificate, issuing: Certificate, root: Certificate
) -> None:
    with pytest.raises(BadCertificateSignature) as caught:
        verify(leaf, (issuing,), (root,))
    assert caught.value.code == "bad_signature"


def test_issuer_with_another_key_is_unknown() -> None:
    assert OTHER.issuing.subject_der == A.issuing.subject_der
    with pytest.raises(UnknownIssuer):
        verify(A.leaf, (OTHER.issuing,), (OTHER.root,))


def test_false_key_identifier_is_refused() -> None:
    leaf = forge(SIGNS, key=A.leaf_key, issuer=A.issuing, issuer_key=OTHER.issuing_key)
    with pytest.raises(BadCertificateSignature):
        verify(leaf)


def test_a_leaf_is_no_ca() -> None:
    leaf = forge(SIGNS, key=new_key(A.engine), issuer=A.leaf, issuer_key=A.leaf_key)
    with pytest.raises(NotACa) as caught:
        verify(leaf, (A.leaf, A.issuing))
    assert caught.value.code == "not_a_ca"


def test_path_length_is_enforced() -> None:
    key = new_key(A.engine)
    third = forge(
        basic_constraints(), SIGNS_CERTIFICATES, key=key, issuer=A.issuing, issuer_key=A.issuing_key
    )
    leaf = forge(SIGNS, key=A.leaf_key, issuer=third, issuer_key=key)
    with pytest.raises(NotACa, match="permits 0"):
        verify(leaf, (third, A.issuing))


def test_longer_path_without_limit_is_accepted() -> None:
    keys = [A.root_key, *(new_key(A.engine) for _ in range(3))]
    cas = [A.root]
    for issuer_key, key in pairwise(keys):
        cas.append(
            forge(basic_constraints(), SIGNS_CERTIFICATES, key=key, issuer=cas[-1], issuer_key=issuer_key)
        )
    leaf = forge(SIGNS, key=A.leaf_key, issuer=cas[-1], issuer_key=keys[-1])
    assert verify(leaf, tuple(cas[1:])).intermediates == tuple(reversed(cas[1:]))


def test_a_ca_without_certificate_signing_is_refused() -> None:
    key = new_key(A.engine)
    crl_only = forge(
        basic_constraints(), key_usage(KeyUse.CRL_SIGN), key=key, issuer=A.root, issuer_key=A.root_key
    )
    leaf = forge(SIGNS, key=A.leaf_key, issuer=crl_only, issuer_key=key)
    with pytest.raises(NotACa):
        verify(leaf, (crl_only,))


def test_a_ca_without_key_usage_is_refused() -> None:
    ca = forge(basic_constraints(), key=new_key(A.engine), issuer=A.root, issuer_key=A.root_key)
    with pytest.raises(NotACa):
        require_ca(ca, below=0)


@pytest.mark.parametrize("extensions", [(), (key_usage(KeyUse.CRL_SIGN),)])
def test_a_leaf_that_may_not_sign_is_refused(extensions: tuple[Extension, ...]) -> None:
    leaf = forge(*extensions, key=A.leaf_key, issuer=A.issuing, issuer_key=A.issuing_key)
    with pytest.raises(WrongUsage):
        verify(leaf)


def test_an_unknown_critical_extension_is_refused() -> None:
    odd = Extension("2.5.29.30", der.sequence(), critical=True)
    leaf = forge(SIGNS, odd, key=A.leaf_key, issuer=A.issuing, issuer_key=A.issuing_key)
    with pytest.raises(UnknownCritical):
        verify(leaf)
    verify(
        forge(SIGNS, replace(odd, critical=False), key=A.leaf_key, issuer=A.issuing, issuer_key=A.issuing_key)
    )


def test_certificates_that_issue_each_other_end_the_search() -> None:
    """Two CAs that issued each other lead to no root, and must not cause an endless loop."""
    one, two = new_key(A.engine), new_key(A.engine)
    names = OTHER.root.subject, OTHER.issuing.subject
    ca = (basic_constraints(), SIGNS_CERTIFICATES)
    seed = forge(*ca, key=two, issuer=A.root, issuer_key=A.root_key, subject=names[1])
    first = forge(*ca, key=one, issuer=seed, issuer_key=two, subject=names[0])
    second = forge(*ca, key=two, issuer=first, issuer_key=one, subject=names[1], not_after=NOW + 2 * YEAR)
    leaf = forge(SIGNS, key=A.leaf_key, issuer=first, issuer_key=one)
    with pytest.raises(UnknownIssuer):
        verify(leaf, (first, second), (OTHER.issuing,))
