"""Certification requests: what enrolment signs, and what the server accepts."""

import pytest

from mshield.pki.asn1 import der
from mshield.pki.asn1.frame import public_key_info
from mshield.pki.certificates.csr import build_request_info, parse_request_info
from mshield.pki.certificates.names import leaf_name, make_name
from mshield.pki.errors import BadName, DerError, PkiError, RequestError
from tests.unit.pki.authority import SUBJECT, authority

A = authority()
PUBLIC = A.leaf_key.public
INFO = build_request_info(SUBJECT, PUBLIC)


def test_request_info_round_trips() -> None:
    assert parse_request_info(INFO) == (SUBJECT, PUBLIC)


def test_a_key_off_the_curve_is_refused() -> None:
    with pytest.raises(RequestError):
        build_request_info(SUBJECT, bytes((4,)) + bytes(64))


NAME, KEY = leaf_name(SUBJECT).der, public_key_info(PUBLIC)


@pytest.mark.parametrize(
    ("error", "info"),
    [
        (RequestError, der.sequence(der.integer(1), NAME, KEY, b"\xa0\x00")),
        (RequestError, der.sequence(der.integer(0), NAME, KEY, b"\xa0\x02\x05\x00")),
        (DerError, der.sequence(der.integer(0), NAME, KEY)),
        (DerError, der.sequence(der.integer(0), NAME, KEY, b"\xa0\x00", der.null())),
        (RequestError, der.sequence(der.integer(0), NAME, public_key_info(bytes(65)), b"\xa0\x00")),
        (BadName, der.sequence(der.integer(0), make_name(common_name="张伟").der, KEY, b"\xa0\x00")),
        (DerError, INFO + b"\x00"),
        (DerError, b""),
    ],
)
def test_other_forms_are_refused(error: type[PkiError], info: bytes) -> None:
    with pytest.raises(error):
        parse_request_info(info)
