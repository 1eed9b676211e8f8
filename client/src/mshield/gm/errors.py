"""Errors of `gm`, one class per error code of the co-signing protocol.

A code is stable and goes on the wire. The text is for developers and never holds a secret value.
"""

from typing import ClassVar


class GmError(Exception):
    """The base of all errors of this package."""

    code: ClassVar[str] = "gm_error"


class Malformed(GmError):
    """A field is missing, of the wrong length or out of range. The attempt must not be counted."""

    code = "malformed"


class BadPoint(GmError):
    """The bytes aren't a point: 65 bytes `04‖x‖y` with coordinates below p, on the curve."""

    code = "bad_point"


class BadSignature(GmError):
    """The signature is ill-formed or does not verify (GB/T 32918.2, 7.1)."""

    code = "bad_signature"


class BadProof(GmError):
    """A proof of knowledge is invalid; the phone stops and warns the user."""

    code = "bad_proof"


class BadOpening(GmError):
    """A nonce isn't a valid point or doesn't match its commitment; the session is deleted."""

    code = "bad_opening"


class NoSession(GmError):
    """The items differ from those of the open session, or their order does."""

    code = "no_session"


class WrongPin(GmError):
    """Some `s'` doesn't match the share; the error never reveals which one."""

    code = "wrong_pin"


class Retry(GmError):
    """A sum was zero or infinity, which doesn't happen by chance; start again with new nonces."""

    code = "retry"


class Fault(GmError):
    """The server's own result doesn't verify: release nothing, refund the attempt and raise an alarm."""

    code = "fault"


class BadAnswer(GmError):
    """The server's signature doesn't match the one that the phone took part in."""

    code = "bad_answer"


class EngineFailure(Fault):
    """The cryptographic library failed in a call that must succeed."""


class EngineUnavailable(GmError):
    """No library for the curve arithmetic could be loaded; the text names the package to install."""

    code = "engine_unavailable"
