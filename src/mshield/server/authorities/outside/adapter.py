"""Interface of an outside CA: what a protocol (plain HTTP, CMP, EST) must offer for the service to use it.

An adapter stores nothing. The service stores the request and the adapter's `transaction` before each call, and
each call is safe to repeat. An adapter believes an answer only if it comes from the CA; all else is `Unreachable`.
It never judges a certificate: `checks` does, and the service then confirms or rejects it.
"""

from dataclasses import dataclass, field
from typing import Final, Literal, Protocol

from mshield.pki.certificates.names import LeafSubject

Means = Literal["api", "by_hand", "no"]
"""How an act is done at the CA: by the protocol, by people, or not at all."""

MAX_WORDS: Final = 500
"""Maximum length of a CA's own words, in characters."""


class Unreachable(Exception):
    """No answer, or none that can be believed: nothing is known, and the same call is made later.

    `operator` marks faults that only an operator can end, such as wrong credentials. The text has no secret.
    """

    def __init__(self, reason: str, *, operator: bool = False) -> None:
        self.reason, self.operator = reason, operator
        super().__init__(reason)


class DuplicateRequest(Exception):
    """The CA has the request already and gives no certificate for it: an operator must ask the CA."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Capabilities:
    """Acts that a CA offers. `confirm`: a certificate that isn't confirmed is withdrawn by the CA."""

    hold: Means = "no"
    release: Means = "no"
    revoke: Means = "by_hand"
    confirm: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Data of the holder and enterprise, for CAs that want them beside the request; phone and id number by setting."""

    name: str
    id_type: str
    enterprise: str
    credit_code: str
    role: str
    id_number: str | None = field(default=None, repr=False)
    phone: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Held:
    """A certificate of the CA, by which it is named there: issuer (DER of the name), serial, and its DER."""

    issuer: bytes
    serial: int
    der: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission:
    """A request as stored; `key` is the SHA-256 of `p10` and never used for another request.

    `transaction` is what the adapter's `begin` or last answer returned. `reference` is the CA's name for it.
    """

    key: bytes
    p10: bytes = field(repr=False)
    subject: LeafSubject
    public_key: bytes
    person: Person
    transaction: bytes = field(default=b"", repr=False)
    reference: str = ""
    renewal_of: Held | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Pending:
    """The CA is still deciding; `transaction` replaces the stored one unless it is None."""

    after_s: int
    reference: str = ""
    words: str = ""
    transaction: bytes | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """The CA refuses permanently; `code` is the protocol's own, `words` those of the CA."""

    code: str
    words: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """A certificate with what came along, all unchecked. `unusable`: what else came with it (a private key)."""

    der: bytes
    chain: tuple[bytes, ...] = ()
    reference: str = ""
    transaction: bytes | None = field(default=None, repr=False)
    unusable: bool = False


@dataclass(frozen=True, slots=True)
class Missing:
    """The CA has no such request: it never arrived, or its transaction is over. Only `poll` answers so."""


Outcome = Pending | Refused | Answered | Missing


@dataclass(frozen=True, slots=True)
class Confirmed:
    """The CA knows that the certificate is accepted, or rejected. Also the answer of CAs without confirmation."""


@dataclass(frozen=True, slots=True)
class ConfirmPending:
    """The CA will answer the confirmation later: `confirm` is called again with this transaction."""

    after_s: int
    transaction: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Unknown:
    """The CA doesn't know the certificate, or withdrew it: the request is made again."""


Confirmation = Confirmed | ConfirmPending | Unknown


@dataclass(frozen=True, slots=True)
class ActDone:
    """The act is done at the CA, now or before; `at` in ms if the CA says when."""

    at: int | None = None


@dataclass(frozen=True, slots=True)
class ActPending:
    """The CA will do the act later: the same call is made again."""

    after_s: int


@dataclass(frozen=True, slots=True)
class ActRefused:
    """The CA refuses the act."""

    code: str
    words: str = ""


@dataclass(frozen=True, slots=True)
class Unsupported:
    """The CA has no such act."""


ActOutcome = ActDone | ActPending | ActRefused | Unsupported
Act = Literal["revoke", "hold", "release"]


class OutsideCa(Protocol):
    """An outside CA. Each call raises Unreachable; `submit` and `poll` also DuplicateRequest. `now` is ms."""

    @property
    def name(self) -> str:
        """Name in the settings: [a-z][a-z0-9-]{0,31}, never `local`."""
        ...

    @property
    def can(self) -> Capabilities:
        """What the CA offers."""
        ...

    def begin(self) -> bytes:
        """Returns a new transaction (ids, nonces), ≤ 1 KiB. It is stored, sealed, before `submit` sends it."""
        ...

    async def submit(self, submission: Submission, *, now: int) -> Outcome:
        """Sends the request; repeated under a new transaction if the outcome of the last call is unknown."""
        ...

    async def poll(self, submission: Submission, *, now: int) -> Outcome:
        """Asks for a pending request, under the transaction of its `submit`."""
        ...

    async def confirm(self, submission: Submission, der: bytes, *, accepted: bool, now: int) -> Confirmation:
        """Accepts or rejects the certificate; repeated until the CA has answered."""
        ...

    async def act(self, certificate: Held, act: Act, reason: int, *, key: str, now: int) -> ActOutcome:
        """Revokes, holds or releases; `reason` is an RFC 5280 code, `key` is the same in each repetition."""
        ...


def plain_words(text: str) -> str:
    """Returns a CA's words as plain text: no control or format characters (bidi), at most `MAX_WORDS` characters."""
    kept = "".join(c if c.isprintable() else " " for c in text[: 4 * MAX_WORDS])
    return " ".join(kept.split())[:MAX_WORDS]
