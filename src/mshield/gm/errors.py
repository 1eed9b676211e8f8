"""What can go wrong in `gm`, one class per code of the co-signing protocol.

A code is stable and travels to the wire; the text is for developers and never holds a secret value.
"""

from typing import ClassVar


class GmError(Exception):
    """The base of all errors of this package."""

    code: ClassVar[str] = "gm_error"


class Malformed(GmError):
    """A field is missing, of the wrong length or outside its range; nothing may be counted."""

    code = "malformed"


class BadPoint(GmError):
    """Not `04‖x‖y` of 65 bytes with coordinates below p, on the curve."""

    code = "bad_point"


class BadSignature(GmError):
    """The signature is ill-formed or does not verify (GB/T 32918.2, 7.1)."""

    code = "bad_signature"


class BadProof(GmError):
    """A proof of knowledge does not hold; the phone stops and tells the user."""

    code = "bad_proof"


class BadOpening(GmError):
    """A nonce is no good point or is not the one that the commitment binds; the session is deleted."""

    code = "bad_opening"


class NoSession(GmError):
    """The items are not exactly those of the open session, in its order."""

    code = "no_session"


class WrongPin(GmError):
    """Some `s'` does not fit the share; which one is told to no one."""

    code = "wrong_pin"


class Retry(GmError):
    """A sum was zero or infinity, which never happens by chance; begin again with new nonces."""

    code = "retry"


class Fault(GmError):
    """The server's own result does not verify: release nothing, give the attempt back, alert."""

    code = "fault"


class BadAnswer(GmError):
    """The server's signature is not the one that the phone took part in."""

    code = "bad_answer"


class EngineFailure(Fault):
    """The cryptographic library refused a call that has to succeed."""


class EngineUnavailable(GmError):
    """No library for the curve arithmetic could be loaded; the text says what to install."""

    code = "engine_unavailable"
