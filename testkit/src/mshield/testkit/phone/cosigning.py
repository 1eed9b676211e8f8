"""The phone's side of `open` and `finish`, exactly as in cosign-protocol, "Signing" and "PIN change and refresh".

`rn` is stored before the first `open` under an `otp`. A resent `finish` has the identical body; a new `open`
has fresh nonces. Shares, nonces and proofs exist only in local variables of one call.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from secrets import token_bytes
from typing import Final

import msgspec

from mshield.client.errors import ClientError, PhoneError, ProblemError, ProtocolError, is_passing
from mshield.gm import cosign, mask, sm2
from mshield.gm.errors import BadAnswer, GmError, Retry
from mshield.gm.sm2 import Signature
from mshield.testkit.phone.connection import Credentials
from mshield.testkit.phone.cosign_answers import FinishAnswer, OpenAnswer, read_finish, read_open
from mshield.testkit.phone.operation import Operation
from mshield.testkit.phone.pin import PinPrompt, PinSource, ask
from mshield.testkit.phone.state import KeyPlace, KeyState, Slot
from mshield.wire.pin_tries import MAX_FAILURES

_BEGUN_AGAIN: Final = frozenset({"no_session", "bad_opening"})
"""Errors after which the phone opens again, with the PIN still in memory: replaced or expired, nothing counted.

`bad_opening` occurs if a later session has the same documents, for example from an `open` that was considered
lost but arrived: its commitment is to another `k1`.
"""


@dataclass(frozen=True, slots=True)
class ToSign:
    """One document of a session: its `sid` (16 bytes), M, and additional fields of its item in `finish`."""

    sid: bytes
    message: bytes
    says: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Session:
    """An answered `open` with valid proofs. None of it may be stored or shown."""

    slot: Slot
    nonces: tuple[cosign.PhoneNonce, ...] = field(repr=False)
    q2s: tuple[bytes, ...] = field(repr=False)
    left: int
    next_epoch: int | None


@dataclass(frozen=True, slots=True)
class _Halves:
    """The phone's halves under one PIN. `refreshed` is the slot of the share after applying `tau`, if any."""

    partials: tuple[cosign.Partial, ...] = field(repr=False)
    tau: int | None = field(repr=False)
    refreshed: Slot | None


class CoSigning:
    """One operation: documents of one key, one PIN entry, all or nothing."""

    def __init__(self, operation: Operation, place: KeyPlace, credentials: Credentials | None = None) -> None:
        """Takes the place of the signing key. Raises: PhoneError (`not_logged_in` without a valid login).

        `credentials`, for an unlock, replace those of the login.
        """
        self._operation = operation
        self._vault = operation.vault
        self._connection = operation.connection
        self._credentials = credentials or operation.logged_in()
        self._engine = operation.engine
        self._patience = operation.patience
        self._sleep = operation.sleep
        self._place: KeyPlace = place

    def sign(
        self,
        documents: Sequence[ToSign],
        pin: PinSource,
        *,
        new_pin: str | None = None,
        excluded: Mapping[str, str] | None = None,
    ) -> tuple[Signature | None, ...]:
        """Signs all documents under one PIN; the result has None for a document that was closed meanwhile.

        `excluded` are other documents of the request, by sid in hex, with the reasons for not signing them.

        `new_pin` is for a `refresh` task: the share of the next epoch is masked under it. Without it, a
        refresh offered by the service is done silently under the same PIN.

        Raises: ProblemError (`wrong_pin` and `pin_locked` with `left`, `clone`, `held`, …); NetworkError if
        the outcome is unknown (then the same documents may be signed again); ProtocolError (`bad_proof`,
        `bad_answer`).
        """
        pin_of: tuple[Slot, str] | None = None
        sessions = self._patience.sessions
        while True:
            before = self._key.left
            session = self._open(documents)
            if pin_of is None or pin_of[0] != session.slot:
                fell = before is not None and session.left < before
                prompt = PinPrompt(left=session.left, fell=fell, pin_set_at=session.slot.pin_set_at)
                pin_of = session.slot, ask(pin, prompt)
            sessions -= 1
            try:
                halves = self._halves(session, pin_of[1], new_pin)
                answer = self._finish(halves, documents, excluded or {})
            except ProblemError as error:
                if error.code not in _BEGUN_AGAIN or sessions == 0:
                    raise
            except Retry as error:
                if sessions == 0:
                    raise ProtocolError.of(error) from error
            else:
                return self._accept(session, halves, answer)

    @property
    def _key(self) -> KeyState:
        return self._vault.state.at(self._place)

    def _update(self, **changes: object) -> None:
        self._vault.put_key(self._place, msgspec.structs.replace(self._key, **changes))

    def _open(self, documents: Sequence[ToSign]) -> _Session:
        """Opens with the newest intact slot, and with an older one only after `stale_epoch`.

        If all slots are stale, the server has permanently lost the other half: only a restored server forgets
        an epoch, since the phone drops a slot only after a response made with another one. A damaged slot may
        be the right one. Raises: PhoneError (`damaged_slot`, `no_key`, `epoch_unknown`), ProblemError.
        """
        slots = [slot for slot in self._key.slots if slot.intact()]
        if not slots:
            raise PhoneError("damaged_slot" if self._key.slots else "no_key")
        if self._key.rn is None:
            self._update(rn=token_bytes(32))
        for slot in slots:
            try:
                return self._open_with(slot, documents)
            except ProblemError as error:
                if error.code != "stale_epoch":
                    raise
        raise PhoneError("epoch_unknown" if len(slots) == len(self._key.slots) else "damaged_slot")

    def _open_with(self, slot: Slot, documents: Sequence[ToSign]) -> _Session:
        failures, waits, pause = 0, 0, self._patience.network_pause
        while True:
            try:
                return self._open_once(slot, documents)
            except ClientError as error:
                if is_passing(error) and failures + 1 < self._patience.network_tries:
                    failures += 1
                    self._sleep(pause)
                    pause *= 2
                elif error.code == "busy" and waits + 1 < self._patience.busy_tries:
                    waits += 1
                    self._sleep(self._patience.busy_pause)
                else:
                    raise

    def _open_once(self, slot: Slot, documents: Sequence[ToSign]) -> _Session:
        key, engine = self._key, self._engine
        nonces = tuple(
            cosign.phone_commit(
                engine,
                uid=key.uid,
                epoch=slot.epoch,
                sid=document.sid,
                e=sm2.digest(key.public, document.message),
            )
            for document in documents
        )
        body = {
            "rn": (key.rn or b"").hex(),
            "otp": key.otp.hex(),
            "epoch": slot.epoch,
            "items": [{"sid": nonce.sid.hex(), "c": nonce.c.hex()} for nonce in nonces],
        }
        path = f"/api/phone/keys/{key.uid.hex()}/open"
        content = self._connection.post_bytes(path, self._credentials, msgspec.json.encode(body))
        answer = read_open(content, [document.sid for document in documents])
        self._check_proofs(slot, nonces, answer)
        if key.left != answer.left:
            self._update(left=answer.left)
        q2s = tuple(nonce.q2 for nonce in answer.nonces)
        return _Session(slot, nonces, q2s, answer.left, answer.next_epoch)

    def _check_proofs(self, slot: Slot, nonces: Sequence[cosign.PhoneNonce], answer: OpenAnswer) -> None:
        uid, epoch = self._key.uid, slot.epoch
        try:
            for nonce, (q2, a, z) in zip(nonces, answer.nonces, strict=True):
                proof = cosign.Proof(a, int.from_bytes(z))
                cosign.check_nonce(self._engine, uid=uid, epoch=epoch, nonce=nonce, Q2=q2, proof=proof)
        except GmError as error:
            raise ProtocolError("bad_proof", error.code) from error

    def _halves(self, session: _Session, pin: str, new_pin: str | None) -> _Halves:
        """Computes the phone's halves. `s'` of a nonce is computed only once; all responses are checked against it."""
        d1 = reveal_share(self._operation, session.slot, uid=self._key.uid, pin=pin)
        tau, slot = self._refreshed(session, d1, pin, new_pin)
        partials = tuple(
            cosign.phone_finish(self._engine, d1=d1, nonce=nonce, Q2=q2)
            for nonce, q2 in zip(session.nonces, session.q2s, strict=True)
        )
        return _Halves(partials, tau, slot)

    def _refreshed(
        self, session: _Session, d1: int, pin: str, new_pin: str | None
    ) -> tuple[int | None, Slot | None]:
        """Chooses `tau` and stores the slot of `d1·tau` beside the others, before anything is sent."""
        epoch, key = session.next_epoch, self._key
        if epoch is None:
            if new_pin is not None:
                raise ProtocolError("malformed", "a refresh without a next epoch")
            return None, None
        if any(epoch <= slot.epoch for slot in key.slots):
            raise ProtocolError("malformed", "an epoch that was used before")
        tau = self._engine.random_scalar()
        next_slot = hide_share(
            self._operation,
            uid=key.uid,
            epoch=epoch,
            d1=cosign.next_phone_share(d1, tau),
            pin=pin if new_pin is None else new_pin,
            pin_set_at=session.slot.pin_set_at if new_pin is None else None,
        )
        self._update(slots=(next_slot, *key.slots))
        return tau, next_slot

    def _finish(
        self, halves: _Halves, documents: Sequence[ToSign], excluded: Mapping[str, str]
    ) -> FinishAnswer:
        path = f"/api/phone/keys/{self._key.uid.hex()}/finish"
        items = [
            {
                "sid": partial.sid.hex(),
                "Q1": partial.Q1.hex(),
                "rho": partial.rho.hex(),
                "s_prime": partial.s_prime.to_bytes(32, "big").hex(),
                **document.says,
            }
            for partial, document in zip(halves.partials, documents, strict=True)
        ]
        tau = None if halves.tau is None else halves.tau.to_bytes(32, "big").hex()
        exclusions = [{"sid": sid, "reason": reason} for sid, reason in excluded.items()]
        more = {"excluded": exclusions} if exclusions else {}
        body = msgspec.json.encode({"items": items, "tau": tau, **more})
        try:
            content = self._connection.persistently(
                lambda: self._connection.post_bytes(path, self._credentials, body),
                tries=self._patience.finish_tries,
            )
        except ProblemError as error:
            if error.code in ("wrong_pin", "pin_locked"):
                slots = tuple(slot for slot in self._key.slots if slot != halves.refreshed)
                self._update(left=0 if error.code == "pin_locked" else error.left, slots=slots)
            raise
        return read_finish(content, [partial.sid for partial in halves.partials])

    def _accept(
        self, session: _Session, halves: _Halves, answer: FinishAnswer
    ) -> tuple[Signature | None, ...]:
        """Checks each signature, then stores the new `otp` and drops `rn` in one write."""
        key = self._key
        checked = False
        for nonce, partial, signature in zip(session.nonces, halves.partials, answer.signatures, strict=True):
            if signature is None:
                continue
            try:
                cosign.check_answer(
                    self._engine, P=key.public, e=nonce.e, partial=partial, signature=signature
                )
            except GmError as error:
                self._distrust()
                raise ProtocolError(BadAnswer.code, str(error)) from error
            checked = True
        self._update(
            otp=answer.otp,
            rn=None,
            left=MAX_FAILURES,
            # Drop other slots only after a checked response made with this one; the refreshed one of this
            # session stays.
            slots=((halves.refreshed, session.slot) if halves.refreshed else (session.slot,))
            if checked
            else key.slots,
            proven=key.proven or checked,
        )
        return answer.signatures

    def _distrust(self) -> None:
        """Deletes a key that never had a valid response, since it isn't the joint key."""
        if not self._key.proven:
            self._vault.put_key(self._place, None)


def hide_share(
    operation: Operation, *, uid: bytes, epoch: int, d1: int, pin: str, pin_set_at: int | None = None
) -> Slot:
    """Masks a share in a new slot with its own salt; `pin_set_at` (ms) is now, unless the PIN is an older one."""
    salt = token_bytes(16)
    pin_key = mask.derive_pin_key(pin, salt, operation.pin_rounds)
    hiding = mask.mask(operation.vault.mac, uid=uid, epoch=epoch, salt=salt, K=pin_key)
    return Slot.make(
        epoch=epoch,
        salt=salt,
        rounds=operation.pin_rounds,
        blob=mask.hide(d1, hiding).to_bytes(32, "big"),
        pin_set_at=operation.clock() if pin_set_at is None else pin_set_at,
    )


def reveal_share(operation: Operation, slot: Slot, *, uid: bytes, pin: str) -> int:
    """Returns the share `d1` that this PIN yields; a wrong PIN yields one too, and the phone can't tell."""
    pin_key = mask.derive_pin_key(pin, slot.salt, slot.rounds)
    hiding = mask.mask(operation.vault.mac, uid=uid, epoch=slot.epoch, salt=slot.salt, K=pin_key)
    return mask.reveal(int.from_bytes(slot.blob), hiding)
