"""Proof of work of a captcha: an ALTCHA challenge (version 2) that only this service can make, bound to one captcha.

A client tries keys one after the other until one begins with the prefix in the challenge. The challenge's
signature shows that the key is right, so checking takes microseconds. Nothing is stored: a captcha has the
same challenge in all processes, however often it is requested, so a repeated call accepts the same solution.
"""

import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import altcha

from mshield.server.keys.secrets import LookupKey

ALGORITHM: Final = "PBKDF2/SHA-256"
"""Key derivation that browsers implement natively, off the page's thread; a memory-hard function would have
to be downloaded.
"""
ROUNDS: Final = 2_000
MAX_WORK: Final = 2_000
_CAPTCHA: Final = "captcha"
_HALF: Final = 16


@dataclass(frozen=True, slots=True)
class Work:
    """Creates challenges and checks solutions."""

    lookup: LookupKey = field(repr=False)

    def challenge(self, captcha: bytes, *, tries: int) -> Mapping[str, Any]:
        """Creates the challenge for the captcha with this fingerprint; solving it takes `tries` tries on average."""
        seed = self._hash("seed", captcha)
        parameters = altcha.ChallengeParameters(
            ALGORITHM,
            nonce=seed[:_HALF].hex(),
            salt=seed[_HALF:].hex(),
            cost=ROUNDS,
            data={_CAPTCHA: captcha.hex()},
        )
        # Spread evenly around the mean, so that nobody waits several times as long as others.
        counter = tries // 2 + int.from_bytes(self._hash("counter", captcha), "big") % (tries + 1)
        password = seed[:_HALF] + counter.to_bytes(4, "big")
        key = altcha.derive_key_pbkdf2(parameters, seed[_HALF:], password)
        parameters.key_prefix = key[:_HALF].hex()
        parameters.key_signature = hmac.digest(self._secret("key"), key, "sha256").hex()
        signed = json.dumps(parameters.to_dict(), sort_keys=True, separators=(",", ":")).encode()
        signature = hmac.digest(self._secret("challenge"), signed, "sha256").hex()
        return altcha.Challenge(parameters, signature).to_dict()

    def proves(self, work: str, captcha: bytes) -> bool:
        """Reports whether this is the solution of the challenge for this captcha."""
        if len(work) > MAX_WORK:
            return False
        try:
            payload = altcha.Payload.from_base64(work)
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            return False
        if payload.challenge.parameters.data != {_CAPTCHA: captcha.hex()}:
            return False
        return altcha.verify_solution(
            payload, self._secret("challenge"), hmac_key_secret=self._secret("key")
        ).verified

    def _hash(self, use: str, captcha: bytes) -> bytes:
        return self.lookup.lookup_hash(f"captcha-work-{use}", captcha.hex())

    def _secret(self, use: str) -> bytes:
        return self.lookup.key_for(f"captcha-work-{use}")
