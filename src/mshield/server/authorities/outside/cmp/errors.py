"""Errors of reading an answer."""

from typing import Literal

Reason = Literal[
    "body",
    "encrypted_certificate",
    "form",
    "other_nonce",
    "other_sender",
    "other_transaction",
    "protection_algorithm",
    "too_long",
    "unprotected",
    "version",
    "wrong_mac",
    "wrong_signature",
]


class CmpError(Exception):
    """The answer can't be read, or isn't proven to be the CA's answer to this message; `reason` is stable."""

    def __init__(self, reason: Reason, detail: str = "") -> None:
        self.reason: Reason = reason
        super().__init__(f"{reason}: {detail}" if detail else reason)
