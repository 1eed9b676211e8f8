"""Answers of outside CAs: nothing changed is ever believed, and each reader refuses with its own error."""

from typing import Final

from mshield.pki.asn1 import der
from mshield.pki.asn1.reader import Reader
from mshield.pki.errors import DerError
from mshield.server.authorities.outside.certs_only import read_certs_only
from mshield.server.authorities.outside.cmp.answers import Answer, read_body
from mshield.server.authorities.outside.cmp.errors import CmpError
from mshield.server.authorities.outside.cmp.messages import Received, Sent, read
from mshield.server.authorities.outside.cmp.protection import MAX_ROUNDS, MacProtection
from tests.fuzz import mutations
from tests.fuzz.running import fuzz, reading
from tests.fuzz.seeds import CMP_NONCE, CMP_TRANSACTION, seeds
from tests.support.cmp_ca import REFERENCE, SECRET

_SENT: Final = Sent(b"", CMP_TRANSACTION, CMP_NONCE)
_MAC: Final = MacProtection(REFERENCE, SECRET)
_CALLS: Final = 2000 + 4 * MAX_ROUNDS
"""Limit on function calls: a few for each round that derives the MAC's key."""


def _members(data: bytes) -> tuple[bytes, bytes]:
    """Returns header and body, which are what the MAC covers."""
    inside = Reader(data).enter()
    return inside.raw(der.SEQUENCE), inside.raw()


def _read(data: bytes) -> Received:
    return read(data, _SENT, _MAC)


def test_changed_answer_is_never_believed() -> None:
    given = seeds("cmp")
    covered = {_members(data) for data in given}
    for data in given:
        _read(data)

    def judge(data: bytes) -> None:
        if reading(_read, data, CmpError, calls=_CALLS) is not None:
            assert _members(data) in covered

    for data in mutations.each_place(given[0], depth=5):
        judge(data)
    fuzz("cmp", mutations.der(given, seeds("certificate")), judge, examples=200)


def test_each_body_is_read_or_refused() -> None:
    """The CA itself sends malformed bodies, each under a valid MAC."""
    bodies = [_members(data)[1] for data in seeds("cmp")]

    def judge(data: bytes) -> None:
        answer: Answer | None = reading(read_body, data, CmpError, DerError)
        if answer is not None:
            assert len(repr(answer)) < 1000 + 8 * len(data)

    for body in bodies:
        for data in mutations.each_place(body, depth=7):
            judge(data)
    fuzz("cmp_body", mutations.der(bodies, seeds("certificate")), judge, examples=200)


def test_certs_only_is_read_or_refused() -> None:
    given = seeds("certs_only")

    def judge(data: bytes) -> None:
        certificates = reading(read_certs_only, data, DerError)
        for one in certificates or ():
            assert one[0] == der.SEQUENCE

    for data in mutations.each_place(given[0], depth=6):
        judge(data)
    fuzz("certs_only", mutations.der(given, seeds("certificate")), judge, examples=200)
