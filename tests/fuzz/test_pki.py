"""DER and structures in it: each reader returns a value with one encoding, or refuses with its own error.

Work and memory are bounded by the size of the input.
"""

import dataclasses
from collections.abc import Callable
from typing import Any, Final

import pytest

from mshield.gm import errors as gm_errors
from mshield.gm.sm2 import Signature
from mshield.pki.asn1 import der as writing
from mshield.pki.asn1 import oids
from mshield.pki.asn1.frame import ALGORITHM, assemble
from mshield.pki.asn1.reader import check
from mshield.pki.certificates import extensions as ext
from mshield.pki.certificates.certificate import Certificate, parse_certificate
from mshield.pki.certificates.csr import build_request_info, parse_request_info
from mshield.pki.certificates.tbs import build_tbs
from mshield.pki.errors import PkiError
from mshield.pki.revocation import ocsp
from mshield.pki.revocation.crl import Crl, entry_der, parse_crl
from mshield.pki.revocation.ocsp import OcspResponse
from mshield.pki.revocation.ocsp_request import (
    OcspRequest,
    build_ocsp_request,
    nonce_extension,
    parse_ocsp_request,
)
from mshield.pki.signatures.cms import SignedData, build_signed_data, parse_signed_data
from mshield.pki.signatures.signed_attributes import SignedAttributes, parse_signed_attributes
from tests.fuzz import mutations
from tests.fuzz.running import fuzz, reading
from tests.fuzz.seeds import seeds
from tests.fuzz.tlv import canonical

_KINDS: Final = (
    *(
        "certificate",
        "crl",
        "ocsp_request",
        "ocsp_response",
        "request_info",
        "cms",
        "attributes",
        "signature",
    ),
)
_DEPTH: Final = 7
"""Depth down to which each value is changed once; deeper values of a CMS are parts of its certificates."""
_ALL: Final = [each for kind in _KINDS for each in seeds(kind)]


def test_any_der_is_canonical_or_refused() -> None:
    def check(data: bytes) -> None:
        if reading(_checked, data, PkiError, per_octet=100):
            assert canonical(data) == data

    fuzz("der", mutations.der(_ALL), check, examples=100)


def _checked(data: bytes) -> bool:
    check(data)
    return True


def _certificate(read: Certificate) -> bytes:
    if not read.extensions:
        return b""
    tbs = build_tbs(
        serial=read.serial,
        issuer_der=read.issuer_der,
        not_before=read.not_before,
        not_after=read.not_after,
        subject_der=read.subject_der,
        public=read.public_key,
        extensions=read.extensions,
    )
    return assemble(tbs, read.signature)


def _request_info(read: tuple[Any, bytes]) -> bytes:
    return build_request_info(*read)


def _cms(read: SignedData) -> bytes:
    if len(set(read.certificates)) < len(read.certificates):
        return b""
    return build_signed_data(
        content=read.content,
        signature=read.signature,
        certificate=read.signer,
        chain=read.certificates,
        attributes=read.attributes,
    )


@pytest.mark.parametrize(
    ("kind", "parse", "encode"),
    [
        ("certificate", parse_certificate, _certificate),
        ("request_info", parse_request_info, _request_info),
        ("cms", parse_signed_data, _cms),
        ("attributes", parse_signed_attributes, SignedAttributes.encode),
        ("signature", Signature.from_der, Signature.to_der),
    ],
)
def test_parsed_value_has_one_encoding(
    kind: str, parse: Callable[[bytes], Any], encode: Callable[[Any], bytes]
) -> None:
    """Empty stands for encodings never made: no extensions, the same certificate twice."""

    def check(data: bytes) -> None:
        value = reading(parse, data, PkiError, gm_errors.GmError)
        if value is not None:
            assert (encode(value) or canonical(data)) == data

    for data in mutations.each_place(seeds(kind)[0], depth=_DEPTH):
        check(data)
    fuzz(kind, mutations.der(seeds(kind), _ALL), check, examples=100)


def _crl(read: Crl) -> bytes:
    entries = [entry_der(entry) for entry in read.revoked.values()]
    extensions = (
        ext.authority_key_id(read.aki),
        ext.Extension(oids.CRL_NUMBER, writing.integer(read.number)),
    )
    tbs = writing.sequence(
        writing.integer(1),
        ALGORITHM,
        read.issuer.der,
        writing.time(read.this_update),
        writing.time(read.next_update),
        *((writing.sequence(*entries),) if entries else ()),
        writing.explicit(0, writing.sequence(*(each.der for each in extensions))),
    )
    return assemble(tbs, read.signature)


def _ocsp_request(read: OcspRequest) -> bytes:
    return build_ocsp_request(read.cert_ids, nonce=read.nonce)


def _ocsp_response(read: OcspResponse) -> bytes:
    singles = [
        ocsp._single(each.cert_id, each.status, each.this_update, each.next_update) for each in read.statuses
    ]
    nonce = () if read.nonce is None else (writing.sequence(nonce_extension(read.nonce).der),)
    tbs = writing.sequence(
        writing.explicit(2, writing.octet_string(read.responder_key_hash)),
        writing.generalized_time(read.produced_at),
        writing.sequence(*singles),
        *(writing.explicit(1, each) for each in nonce),
    )
    certificates = writing.sequence(*(each.der for each in read.certificates))
    more = (writing.explicit(0, certificates),) if read.certificates else ()
    return ocsp.successful(assemble(tbs, read.signature, *more))


@pytest.mark.parametrize(
    ("kind", "parse", "encode"),
    [
        ("crl", parse_crl, _crl),
        ("ocsp_request", parse_ocsp_request, _ocsp_request),
        ("ocsp_response", ocsp.parse_ocsp_response, _ocsp_response),
    ],
)
def test_ignored_extension_changes_nothing(
    kind: str, parse: Callable[[bytes], Any], encode: Callable[[Any], bytes]
) -> None:
    """Unknown non-critical extensions don't change the parsed values. All of it is DER."""

    def check(data: bytes) -> None:
        value = reading(parse, data, PkiError)
        if value is not None:
            assert canonical(data) == data
            assert said(parse(encode(value))) == said(value)

    for data in mutations.each_place(seeds(kind)[0], depth=_DEPTH):
        check(data)
    fuzz(kind, mutations.der(seeds(kind), _ALL), check, examples=100)


def said(value: Any) -> dict[str, Any]:
    """Returns the parsed fields except the value's own bytes."""
    fields = {each.name: getattr(value, each.name) for each in dataclasses.fields(value)}
    return {name: content for name, content in fields.items() if name not in {"der", "tbs"}}
