"""Binding the certificate to the account (绑定证书, manual 2.3.1.4): a statement, checked and signed under the PIN."""

from typing import Final

import msgspec

from mshield.client.errors import PhoneError, ProtocolError
from mshield.client.forms import read, unhex
from mshield.pki.certificates.certificate import parse_certificate_pem
from mshield.testkit.phone.cosigning import CoSigning, ToSign
from mshield.testkit.phone.messages import Task
from mshield.testkit.phone.operation import Operation
from mshield.testkit.phone.pin import PinSource, checked_pin

BIND_TYPE: Final = "mshield-bind/v1"


class BindStatement(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """M of a binding; `client_id` and `name` are the business system's, None for all; `issued_at` is in ms."""

    type: str
    account: str
    shield_number: str
    serial: str
    client_id: str | None
    name: str | None
    nonce: str
    issued_at: int

    def encode(self) -> bytes:
        """Encodes the canonical form."""
        return msgspec.json.encode(self, order="sorted")


class Bound(msgspec.Struct, frozen=True, kw_only=True):
    """A signed binding; `sid` (hex) identifies it."""

    sid: str
    statement: BindStatement


def bind(operation: Operation, pin: PinSource, client_id: str | None) -> Bound:
    """Binds this phone's certificate, for one business system or for all. Raises: as `CoSigning.sign`."""
    if isinstance(pin, str):
        checked_pin(pin)
    answer = operation.connection.post("/api/phone/bindings", operation.logged_in(), {"client_id": client_id})
    task = read(answer, Task)
    statement = _check(operation, task, client_id)
    (signature,) = CoSigning(operation, "key").sign([ToSign(unhex(task.sid, 16), task.message)], pin)
    if signature is None:
        raise PhoneError("not_bound")
    return Bound(sid=task.sid, statement=statement)


def unbind(operation: Operation, sid: str) -> None:
    """Ends a binding of this phone."""
    operation.connection.delete(f"/api/phone/bindings/{sid}", operation.logged_in())


def _check(operation: Operation, task: Task, client_id: str | None) -> BindStatement:
    """Checks that the statement is about this phone's certificate and the user's request; the account isn't checked."""
    state = operation.vault.state
    key = state.at("key")
    statement = read(task.message, BindStatement)
    if task.purpose != "bind" or task.uid != key.uid.hex() or statement.encode() != task.message:
        raise ProtocolError("bad_task", "not a statement that binds this key")
    if key.certificate is None:
        raise PhoneError("no_key")
    serial = f"{parse_certificate_pem(key.certificate.pem).serial:040x}"
    expected = (BIND_TYPE, serial, state.shield_number, client_id)
    if (statement.type, statement.serial, statement.shield_number, statement.client_id) != expected:
        raise ProtocolError("bad_task", "the statement is about another certificate or business system")
    return statement
