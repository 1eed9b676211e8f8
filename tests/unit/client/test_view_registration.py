"""The phone uses a view only if the log has its registration, under the log key that the phone stored."""

import json
from types import SimpleNamespace
from typing import Any, Final

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from mshield.client.errors import ProblemError, ProtocolError
from mshield.gm.sm3 import sm3
from mshield.pki.tlog.entry import ActEntry, LogEntry, ViewEntry
from mshield.pki.tlog.merkle import leaf_hash, node_hash
from mshield.pki.tlog.note import Checkpoint, VerifierKey
from mshield.pki.tlog.proof import InclusionProof
from mshield.testkit.phone.messages import Task
from mshield.testkit.phone.state import StoredCertificate
from mshield.testkit.phone.waiting import with_view
from mshield.wire.phone.requests import RequesterMessage, ViewMessage
from tests.support.display_statement import phone_task
from tests.support.small_view import VIEW_ID, small_view

OCTETS: Final = small_view()
PRIVATE: Final = Ed25519PrivateKey.from_private_bytes(bytes(31) + b"\1")
LOG: Final = VerifierKey("shield.example/log", PRIVATE.public_key().public_bytes_raw())
ASKER: Final = RequesterMessage("window", "单一窗口", "singlewindow.example", None, None)
ENTRY: Final = ViewEntry(
    at=1,
    client_id="window",
    view_id=VIEW_ID,
    version=1,
    digest=sm3(OCTETS),
    asked_by=bytes(32),
    approved_by=bytes(32),
    row=bytes(32),
)
TASK: Final = phone_task(
    media_type="application/json",
    title="订单",
    view=ViewMessage(id=VIEW_ID, version=1, digest=sm3(OCTETS).hex()),
)


def proof(
    entry: LogEntry = ENTRY, *, name: str = LOG.name, private: Ed25519PrivateKey = PRIVATE, **more: Any
) -> dict[str, object]:
    """Returns the proof of the second of two entries."""
    other, own = leaf_hash(b"other"), leaf_hash(entry.encode())
    key = VerifierKey(name, private.public_key().public_bytes_raw())
    note = Checkpoint(name, 2, node_hash(other, own)).sign(key, private)
    return InclusionProof(entry.encode(), 1, (other,), note).to_json() | more


class Phone:
    """A minimal phone for `with_view`: a key with its certificate, and the service's answer."""

    def __init__(self, answer: object, log_key: str = str(LOG)) -> None:
        self.asked: list[str] = []
        certificate = StoredCertificate(pem="", chain_pem=(), log_key=log_key)
        at = SimpleNamespace(certificate=certificate)
        self.vault = SimpleNamespace(state=SimpleNamespace(at=lambda _: at))
        self.connection = SimpleNamespace(get=self._get)
        self._answer = answer

    def logged_in(self) -> None:
        """No credentials: nobody asks for them here."""

    def _get(self, path: str, _: object) -> bytes:
        self.asked.append(path)
        if not path.endswith("/registration"):
            return OCTETS
        if isinstance(self._answer, Exception):
            raise self._answer
        return json.dumps(self._answer).encode()


def unproven(phone: Phone, task: Task = TASK, asker: RequesterMessage = ASKER) -> bool:
    return with_view(phone, task, asker).unproven  # type: ignore[arg-type]  # as far as it is asked


def test_view_registered_for_the_requester_is_proven() -> None:
    phone = Phone(proof())
    assert not unproven(phone)
    assert phone.asked[-1] == f"/api/phone/systems/window/views/{sm3(OCTETS).hex()}/registration"
    # After a restore, the log has another name and the same key.
    assert not unproven(Phone(proof(name="shield.example/log/2")))


@pytest.mark.parametrize("code", ["not_logged_yet", "not_found"])
def test_view_without_a_proof_is_unproven(code: str) -> None:
    assert unproven(Phone(ProblemError(code, 409, None)))
    # Whatever the service itself claims.
    assert unproven(Phone(ProblemError(code, 409, None)), msgspec.structs.replace(TASK, unproven=False))


@pytest.mark.parametrize(
    "bad",
    [
        proof(private=Ed25519PrivateKey.from_private_bytes(bytes(31) + b"\2")),
        proof(index=0),
        proof(hashes=[]),
        proof(checkpoint="none"),
        proof(more=1),
        proof(ActEntry(at=1, row=bytes(32))),
        *(
            proof(ViewEntry(**{**{name: getattr(ENTRY, name) for name in ENTRY.__slots__}, **changed}))
            for changed in (
                {"client_id": "other"},
                {"view_id": f"{VIEW_ID}x"},
                {"version": 2},
                {"digest": bytes(32)},
            )
        ),
    ],
)
def test_proof_of_something_else_is_a_bad_task(bad: dict[str, object]) -> None:
    with pytest.raises(ProtocolError, match="bad_task"):
        unproven(Phone(bad))


def test_other_answers_are_errors_of_the_call() -> None:
    with pytest.raises(ProblemError):
        unproven(Phone(ProblemError("internal", 500, None)))
