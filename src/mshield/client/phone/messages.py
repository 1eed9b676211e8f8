"""The service's answers to the phone as typed values, and strict reading of the co-signing ones.

Answers of `open` and `finish` must have exactly the protocol's fields; elsewhere a newer service may say more.
"""

from typing import Literal

import msgspec

from mshield.client.phone.state import Subject
from mshield.client.wire import unbase64
from mshield.pki.signatures.formats import NO_OPTIONS, Format, Options, signs_content


class Captcha(msgspec.Struct, frozen=True, kw_only=True):
    """A captcha to answer; `image` is a PNG, and empty where the work alone is asked for."""

    captcha_id: str
    image_b64: str | None
    expires_in: int

    @property
    def image(self) -> bytes:
        """The PNG's bytes."""
        return unbase64(self.image_b64 or "")


class SmsCodeSent(msgspec.Struct, frozen=True, kw_only=True):
    """An SMS code is on its way; both in seconds."""

    expires_in: int
    resend_in: int


class Account(msgspec.Struct, frozen=True, kw_only=True):
    """The account as its owner sees it."""

    name: str
    phone_masked: str
    id_type: str | None = None


class LoggedIn(msgspec.Struct, frozen=True, kw_only=True):
    """The answer to a login; `expires_in` in seconds."""

    access_token: str
    token_type: Literal["DPoP"]
    expires_in: int
    account: Account
    shield_number: str | None = None


class RenewalDue(msgspec.Struct, frozen=True, kw_only=True):
    """Whether to renew; `reason` is `ending` or `filing_changed`, `until` (ms) the last moment for it."""

    due: bool
    reason: str | None
    until: int


class BindingRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A binding in force; `client_id` is None for all business systems."""

    sid: str
    serial: str
    client_id: str | None
    system_name: str | None
    bound_at: int


class Me(msgspec.Struct, frozen=True, kw_only=True):
    """Account, shield number and certificate of this device, as the service sees them."""

    account: Account
    shield_number: str | None = None
    certificate: dict[str, object] | None = None
    renewal: RenewalDue | None = None
    bindings: tuple[BindingRecord, ...] = ()


class Enrolment(msgspec.Struct, frozen=True, kw_only=True):
    """A begun enrolment; `uid` and `sid` in hex; `id_number` is the holder's where the application had none."""

    uid: str
    sid: str
    challenge: str
    shield_number: str
    subject: Subject
    id_number: str | None = None


class JointKey(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename={"public": "P"}):
    """The answer to the phone's half of the key."""

    public: str


class Field(msgspec.Struct, frozen=True, kw_only=True):
    """One line of what is displayed."""

    label: str
    value: str


class Requester(msgspec.Struct, frozen=True, kw_only=True):
    """Who asks (an older service tells no `client_id`), and the PC in front of which the user should sit."""

    name: str
    domain: str
    client_id: str | None = None
    pc_address: str | None = None
    pc_browser: str | None = None


class TaskView(msgspec.Struct, frozen=True, kw_only=True):
    """The view (展示规则) that draws a document; `digest` is SM3 of its octets, in hex."""

    id: str
    version: int
    digest: str


class Task(msgspec.Struct, frozen=True, kw_only=True):
    """One document to sign; `message` is M, the exact bytes that a verifier hashes.

    `format` and `options` say what M is (protocol, "Documents"), `signing_time` (ms) is in it; `size` is that of a
    content which isn't here. `drawn` is SM3 of the drawn lines, in hex; an older service tells neither it nor `view`.
    `view_b64` is what this phone fetched, `own_certificate` SM3 of its own; `unproven`: the log doesn't prove it.
    """

    sid: str
    uid: str
    purpose: Literal[
        "enrol", "login", "sign", "consent", "confirm", "refresh", "renew", "bind", "close", "device"
    ]
    message_b64: str
    media_type: str
    title: str
    display: tuple[Field, ...] = ()
    requester: Requester | None = None
    state: str = "waiting"
    expires_at: int | None = None
    format: Format = "raw"
    content_b64: str | None = None
    size: int | None = None
    view: TaskView | msgspec.UnsetType | None = msgspec.UNSET
    drawn: str | msgspec.UnsetType | None = msgspec.UNSET
    view_b64: str | None = None
    unproven: bool = False
    options: Options = NO_OPTIONS
    signing_time: int | None = None
    update_b64: str | None = None  # stands behind the content of a PDF
    gap: tuple[int, int] | None = None
    own_certificate: str | None = None

    @property
    def is_drawn(self) -> bool:
        """Whether its view and drawn lines are bound, be they none."""
        return self.drawn is not msgspec.UNSET

    @property
    def named_view(self) -> TaskView | None:
        """The view that draws it."""
        return self.view if isinstance(self.view, TaskView) else None

    @property
    def view_octets(self) -> bytes | None:
        """The view's octets; None until this phone has fetched them."""
        return None if self.view_b64 is None else unbase64(self.view_b64)

    @property
    def message(self) -> bytes:
        """M."""
        return unbase64(self.message_b64)

    @property
    def content(self) -> bytes | None:
        """What is shown: M itself where that is signed as it stands; None where only its digest is here."""
        if signs_content(self.format, self.options):
            return self.message
        return None if self.content_b64 is None else unbase64(self.content_b64)


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """One of several requests that are answered together, and the documents in it."""

    request_id: str
    sids: tuple[str, ...]


class Scan(msgspec.Struct, frozen=True, kw_only=True):
    """A scanned request. `number` (two digits) must be the one that the PC shows.

    `return_url` is where one by another app leads back to; its reader may prolong it once, by `prolongs_by`. In ms.
    Of several requests of one system that are answered together `tasks` are those of all; this is the first.
    """

    request_id: str
    kind: Literal["login", "signature"]
    number: str
    requester: Requester
    expires_at: int
    tasks: tuple[Task, ...]
    return_url: str | None = None
    asked_at: int | None = None
    prolongs_by: int | None = None
    parts: tuple[Part, ...] = ()

    @property
    def requests(self) -> tuple[Part, ...]:
        """The requests in it; most often it is one."""
        own = Part(request_id=self.request_id, sids=tuple(task.sid for task in self.tasks))
        return self.parts or (own,)


class WayBack(msgspec.Struct, frozen=True, kw_only=True):
    """How a request by another app ended, and the address that leads back to it."""

    state: Literal["signed", "declined", "expired", "cancelled"]
    address: str


class CertificateChange(msgspec.Struct, frozen=True, kw_only=True):
    """What happened to the certificate; `by` is `service`, `user`, `legal_person` or `staff`; ms."""

    event: str
    by: str
    reason: str
    at: int


class IssuedCertificate(msgspec.Struct, frozen=True, kw_only=True):
    """The certificate of this device, its state, and the log's vkey; times in ms since epoch."""

    state: str
    holds: tuple[str, ...] = ()
    serial: str
    shield_number: str
    pem: str
    chain_pem: tuple[str, ...]
    log_key: str | None = None
    subject: Subject
    not_before: int
    not_after: int
    pin_change_due: bool = False
    changes: tuple[CertificateChange, ...] = ()


class Device(msgspec.Struct, frozen=True, kw_only=True):
    """A device of the account with its shield; `used_at` is its last login or signature; times in ms."""

    shield_number: str
    state: str
    holds: tuple[str, ...] = ()
    organisation: str
    role: str
    issued_at: int
    not_after: int
    device_since: int
    used_at: int | None = None
    is_this_device: bool


class DeviceList(msgspec.Struct, frozen=True, kw_only=True):
    """This phone first."""

    items: tuple[Device, ...]


class SignatureDetail(msgspec.Struct, frozen=True, kw_only=True):
    """A signature in full; `signature` is r‖s in hex, `size` in bytes, `log_index` its log entry, times in ms."""

    sid: str
    kind: str
    title: str
    media_type: str
    format: Format
    size: int
    lines: tuple[Field, ...] = ()
    business_name: str | None
    domain: str | None
    request_id: str | None = None
    pc_address: str | None = None
    pc_browser: str | None = None
    log_index: int | None = None
    signed_at: int
    serial: str | None
    digest: str
    content_digest: str | None = None
    signature: str
    certificate_state: str | None
    revoked_at: int | None


class SignatureRecord(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the signature history; `sid` and `digest` (e) in hex, `signed_at` in ms."""

    sid: str
    kind: str
    title: str
    business_name: str | None
    signed_at: int
    serial: str | None
    digest: str


class SignatureList(msgspec.Struct, frozen=True, kw_only=True):
    """A page of the history; `next` is the `before` of the following page."""

    items: tuple[SignatureRecord, ...]
    next: str | None = None
