"""The co-signing steps of `MSHIELD/v1`, of the phone and of the server, in one namespace.

Each step depends only on its inputs and the system's randomness; counting attempts, storing and replying are
the caller's tasks. Secret fields are excluded from every repr.
"""

from mshield.gm.enrolment import (
    PhoneEnrolment,
    ServerKey,
    check_enrolment,
    next_phone_share,
    next_server_share,
    parse_scalar,
    parse_tau,
    phone_enrol,
    phone_point,
    server_enrol,
)
from mshield.gm.phone import (
    Partial,
    PhoneNonce,
    check_answer,
    check_answer_values,
    check_nonce,
    phone_commit,
    phone_finish,
)
from mshield.gm.proofs import Proof, check_proof, prove
from mshield.gm.server import (
    BoundItem,
    FinishItem,
    ServerNonce,
    SessionItem,
    check_openings,
    server_finish,
    server_nonce,
)
from mshield.gm.transcript import finish_hash

__all__ = [
    "BoundItem",
    "FinishItem",
    "Partial",
    "PhoneEnrolment",
    "PhoneNonce",
    "Proof",
    "ServerKey",
    "ServerNonce",
    "SessionItem",
    "check_answer",
    "check_answer_values",
    "check_enrolment",
    "check_nonce",
    "check_openings",
    "check_proof",
    "finish_hash",
    "next_phone_share",
    "next_server_share",
    "parse_scalar",
    "parse_tau",
    "phone_commit",
    "phone_enrol",
    "phone_finish",
    "phone_point",
    "prove",
    "server_enrol",
    "server_finish",
    "server_nonce",
]
