"""The service's side of the co-signing protocol, in process, on `mshield.gm`, with one-time value and PIN attempts."""

import secrets

from mshield.gm import cosign, sm2, transcript
from mshield.gm.engine import Engine
from mshield.gm.errors import BadOpening, NoSession, WrongPin
from tests.unit.client.counterpart_state import Json, Key, Refused, Session, Task


class CosigningCounterpart:
    """The co-signing part; it shares the counterpart's `tasks` by session id and marks them as signed."""

    def __init__(self, engine: Engine, tasks: dict[bytes, Task]) -> None:
        self.engine, self.tasks = engine, tasks

    def open(self, key: Key, sent: Json) -> Json:
        assert key.share is not None
        otp, rn = bytes.fromhex(sent["otp"]), bytes.fromhex(sent["rn"])
        if key.held:
            raise Refused(403, key.held)
        if key.busy:
            key.busy -= 1
            raise Refused(409, "busy")
        shown = transcript.H("otp", otp)
        if shown == key.otp_hash:
            key.otp_previous = None
        elif shown != key.otp_previous or rn != key.rn_previous:
            key.held = "clone"
            raise Refused(403, "clone")
        if sent["epoch"] != key.epoch:
            raise Refused(409, "stale_epoch")
        if key.failures >= 5:
            raise Refused(403, "pin_locked")
        nonces = [self.nonce(key, key.share, item) for item in sent["items"]]
        items = [cosign.SessionItem(each.sid, each.e, each.c, each.k2) for each in nonces]
        key.session = Session([each.sid for each in nonces], items, otp, rn)
        return {
            "items": [
                {
                    "sid": each.sid.hex(),
                    "Q2": each.Q2.hex(),
                    "A": each.proof.A.hex(),
                    "z": f"{each.proof.z:064x}",
                }
                for each in nonces
            ],
            "left": 5 - key.failures,
            "next_epoch": None,
        }

    def nonce(self, key: Key, share: cosign.ServerKey, item: Json) -> cosign.ServerNonce:
        task = self.tasks[bytes.fromhex(item["sid"])]
        if task.state != "waiting":
            raise Refused(409, "task_closed")
        return cosign.server_nonce(
            self.engine,
            uid=key.uid,
            epoch=key.epoch,
            d2=share.d2,
            sid=task.sid,
            e=sm2.digest(share.P, task.message),
            c=bytes.fromhex(item["c"]),
        )

    def finish(self, key: Key, sent: Json) -> tuple[int, Json]:
        items = [
            cosign.FinishItem(
                bytes.fromhex(item["sid"]),
                bytes.fromhex(item["Q1"]),
                bytes.fromhex(item["rho"]),
                int(item["s_prime"], 16),
            )
            for item in sent["items"]
        ]
        assert sent["tau"] is None
        fb = cosign.finish_hash(uid=key.uid, items=items, tau=None)
        if key.outcome is not None and key.outcome[0] == fb:
            return key.outcome[1], key.outcome[2]
        status, answer = self._finish_once(key, fb, items)
        key.outcome = (fb, status, answer)
        return status, answer

    def _finish_once(self, key: Key, fb: bytes, items: list[cosign.FinishItem]) -> tuple[int, Json]:
        session, share = key.session, key.share
        assert share is not None
        if session is None or session.fb not in {None, fb}:
            raise Refused(409, "no_session")
        try:
            cosign.check_openings(
                self.engine, uid=key.uid, epoch=key.epoch, session=session.items, items=items
            )
        except (NoSession, BadOpening) as error:
            raise Refused(409, error.code) from error
        session.fb, key.session = fb, None
        key.failures += 1
        try:
            made = cosign.server_finish(
                self.engine, P=share.P, d2=share.d2, session=session.items, items=items
            )
        except WrongPin:
            if key.failures >= 5:
                return 403, {"code": "pin_locked", "status": 403, "left": 0}
            return 403, {"code": "wrong_pin", "status": 403, "left": 5 - key.failures}
        otp = secrets.token_bytes(32)
        key.failures = 0
        key.otp_previous, key.rn_previous = transcript.H("otp", session.otp), session.rn
        key.otp_hash = transcript.H("otp", otp)
        for sid, signature in zip(session.sids, made, strict=True):
            self.tasks[sid].state, self.tasks[sid].signature = "signed", signature
        answered = [
            {"sid": sid.hex(), "r": f"{signature.r:064x}", "s": f"{signature.s:064x}"}
            for sid, signature in zip(session.sids, made, strict=True)
        ]
        return 200, {"items": answered, "otp": otp.hex()}
