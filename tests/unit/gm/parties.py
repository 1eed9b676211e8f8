"""A phone and a server that follow the protocol, so that tests can let one of them deviate."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from mshield.gm.cosign import (
    FinishItem,
    Partial,
    PhoneNonce,
    ServerNonce,
    SessionItem,
    check_answer,
    check_nonce,
    check_openings,
    phone_commit,
    phone_enrol,
    phone_finish,
    server_enrol,
    server_finish,
    server_nonce,
)
from mshield.gm.engine import Engine
from mshield.gm.sm2 import Signature


@dataclass(frozen=True, slots=True)
class Opened:
    """Values of both sides after `open`."""

    nonces: tuple[PhoneNonce, ...]
    answers: tuple[ServerNonce, ...]

    @property
    def session(self) -> tuple[SessionItem, ...]:
        return tuple(SessionItem(answer.sid, answer.e, answer.c, answer.k2) for answer in self.answers)


@dataclass(frozen=True, slots=True)
class Parties:
    """One enrolled key with both shares."""

    engine: Engine
    uid: bytes
    epoch: int
    d1: int
    d2: int
    P1: bytes
    P: bytes

    @classmethod
    def enrol(cls, engine: Engine, epoch: int = 0) -> Self:
        uid, sid = secrets.token_bytes(16), secrets.token_bytes(16)
        phone = phone_enrol(engine, uid=uid, sid=sid)
        server = server_enrol(engine, uid=uid, sid=sid, P1=phone.P1, proof=phone.proof)
        return cls(engine, uid, epoch, phone.d1, server.d2, phone.P1, server.P)

    def open(self, digests: Sequence[bytes]) -> Opened:
        """Opens one session over these digests; the phone checks the server's proofs."""
        nonces = tuple(self.commit(e) for e in digests)
        answers = tuple(self.answer(nonce) for nonce in nonces)
        for nonce, answer in zip(nonces, answers, strict=True):
            check_nonce(
                self.engine, uid=self.uid, epoch=self.epoch, nonce=nonce, Q2=answer.Q2, proof=answer.proof
            )
        return Opened(nonces, answers)

    def commit(self, e: bytes) -> PhoneNonce:
        return phone_commit(self.engine, uid=self.uid, epoch=self.epoch, sid=secrets.token_bytes(16), e=e)

    def answer(self, nonce: PhoneNonce, w: bytes | None = None) -> ServerNonce:
        return server_nonce(
            self.engine,
            uid=self.uid,
            epoch=self.epoch,
            d2=self.d2,
            sid=nonce.sid,
            e=nonce.e,
            c=nonce.c,
            w=w,
        )

    def halves(self, opened: Opened, d1: int | None = None) -> tuple[Partial, ...]:
        """Returns the phone's partial signatures, under the right share or another."""
        share = self.d1 if d1 is None else d1
        return tuple(
            phone_finish(self.engine, d1=share, nonce=nonce, Q2=answer.Q2)
            for nonce, answer in zip(opened.nonces, opened.answers, strict=True)
        )

    def finish(
        self, session: Sequence[SessionItem], items: Sequence[FinishItem], P1: bytes | None = None
    ) -> tuple[Signature, ...]:
        """Handles a `finish` as the server does."""
        check_openings(self.engine, uid=self.uid, epoch=self.epoch, session=session, items=items)
        return server_finish(self.engine, P=self.P, d2=self.d2, session=session, items=items, P1=P1)

    def sign(self, digests: Sequence[bytes], P1: bytes | None = None) -> tuple[Signature, ...]:
        """Runs a whole session; the phone checks the signatures."""
        opened = self.open(digests)
        halves = self.halves(opened)
        signatures = self.finish(opened.session, items_of(halves), P1)
        for e, half, signature in zip(digests, halves, signatures, strict=True):
            check_answer(self.engine, P=self.P, e=e, partial=half, signature=signature)
        return signatures


def items_of(halves: Sequence[Partial]) -> list[FinishItem]:
    """Returns what the phone sends of its partial signatures."""
    return [FinishItem(half.sid, half.Q1, half.rho, half.s_prime) for half in halves]


def digests(count: int) -> list[bytes]:
    """Returns `count` random digests."""
    return [secrets.token_bytes(32) for _ in range(count)]
