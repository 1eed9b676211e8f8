"""The service's side of the phone's calls, in process, for behaviour that a real server can't show on demand.

It checks DPoP and follows the co-signing protocol (counterpart_cosigning.py), holds everything in memory, and
can lose or falsify requests and answers. `tests/http` tests the phone with the real server.
"""

import base64
import hashlib
import json
import re
import secrets
from collections import deque
from collections.abc import Callable
from typing import Final, Literal

import altcha
import httpx

from mshield.gm import cosign, sm2
from mshield.gm.transcript import internal_message
from mshield.pki.certificates.csr import build_request_info
from mshield.pki.certificates.names import LeafSubject
from mshield.pki.tlog.note import VerifierKey
from mshield.wire.pin import PinRule
from tests.unit.client.counterpart_cosigning import CosigningCounterpart
from tests.unit.client.counterpart_state import (
    Call,
    Json,
    Key,
    Refused,
    Request,
    Task,
    b64,
    checked_proof,
    login_message,
)
from tests.unit.pki.authority import Authority

ORIGIN: Final = "http://shield.test"
CAPTCHA: Final = "7KQM"
SMS_CODE: Final = "246810"
PASSWORD: Final = "correct horse"
NAME: Final = "张伟"
ORGANISATION: Final = "深圳市蓝海报关有限公司"
LOG_KEY: Final = str(VerifierKey("shield.example/log", bytes(32)))
_MINE: Final = ("shield_number", "certificate", "renewal")
ACCOUNT: Final[Json] = {"name": NAME, "phone_masked": "138****0000", "id_type": "resident_id"}
CHALLENGE: Final[Json] = altcha.create_challenge("PBKDF2/SHA-256", 10, counter=2).to_dict() | {
    "signature": "00"
}
CAPTCHA_ANSWER: Final[Json] = {
    "captcha_id": "cap",
    "image_b64": base64.b64encode(b"\x89PNG").decode(),
    "challenge": CHALLENGE | {"parameters": CHALLENGE["parameters"] | {"keySignature": "00", "data": {}}},
    "expires_in": 120,
}
DOCUMENT: Final = b"<a>530120261010000001</a>"
"""A document that contains what the requester says of it."""
POLICY: Final[Json] = {"pin_rules": [rule.value for rule in PinRule], "pin_blocked": []}
Lost = Literal["request", "answer"]


class Counterpart:
    """The counterpart; its `transport` is given to the client under test."""

    def __init__(self, authority: Authority, *, now: Callable[[], int]) -> None:
        self.authority, self.engine, self.now = authority, authority.engine, now
        self.transport = httpx.MockTransport(self.handle)
        self.losing: deque[tuple[str, Lost]] = deque()
        self.lost: list[httpx.Request] = []
        self.falsify: dict[str, Callable[[Json], Json]] = {}
        self.bodies: list[tuple[str, bytes]] = []
        self.tokens: set[str] = set()
        self.key: Key | None = None
        self.tasks: dict[bytes, Task] = {}
        self.cosigning = CosigningCounterpart(self.engine, self.tasks)
        self.requests: dict[str, Request] = {}
        self.accounts: dict[str, str] = {}

    # ---- faults that tests cause ----

    def lose(self, end: str, what: Lost, times: int = 1) -> None:
        """Loses the next `times` calls whose path ends with `end`, before or after they take effect."""
        self.losing.extend([(end, what)] * times)

    def find_lost(self) -> None:
        """Delivers the last lost request late; nobody waits for its answer."""
        self.handle(self.lost.pop())

    def ask(self, *documents: bytes) -> str:
        """Creates a request for signatures on the documents, or for a login if there are none; returns the QR text."""
        assert self.key is not None
        request = Request(str(len(self.requests) + 1), "signature" if documents else "login", "k" * 22, [])
        for message in documents or (login_message(request.id, now=self.now()),):
            purpose = "sign" if documents else "login"
            task = Task(secrets.token_bytes(16), self.key.uid, purpose, message, "进口货物报关单")
            request.tasks.append(task)
            self.tasks[task.sid] = task
        self.requests[request.id] = request
        return f"{ORIGIN}/q/{request.id}?k={request.key}"

    def count(self, end: str) -> int:
        """Counts the calls whose path ends with `end`."""
        return sum(path.endswith(end) for path, _ in self.bodies)

    # ---- HTTP ----

    def handle(self, request: httpx.Request) -> httpx.Response:
        path, body = request.url.path, request.content
        losing = self.losing[0] if self.losing and path.endswith(self.losing[0][0]) else None
        if losing is not None:
            self.losing.popleft()
        if losing is not None and losing[1] == "request":
            self.lost.append(request)
            raise httpx.ConnectError("lost on the way", request=request)
        self.bodies.append((path, body))
        try:
            status, answer = self._answer(request, path.removeprefix("/api/phone"), body)
        except Refused as refusal:
            status, answer = refusal.status, {"code": refusal.code, "status": refusal.status, **refusal.extra}
        if losing is not None:
            raise httpx.ReadError("the answer is lost", request=request)
        if status < 400 and (falsify := next((f for e, f in self.falsify.items() if path.endswith(e)), None)):
            answer = falsify(json.loads(json.dumps(answer)))
        kind = "application/problem+json" if status >= 400 else "application/json"
        return httpx.Response(status, content=json.dumps(answer).encode(), headers={"content-type": kind})

    def _answer(self, request: httpx.Request, path: str, body: bytes) -> tuple[int, Json]:
        claims = checked_proof(request, origin=ORIGIN, now=self.now())
        call = Call(json.loads(body) if body else {}, claims, path.strip("/").split("/"))
        for method, pattern, open_to_all, answer in self._routes():
            if request.method == method and re.fullmatch(pattern, path):
                if not open_to_all:
                    self._authorised(request, claims)
                return answer(call)
        raise Refused(404, "not_found")

    def _routes(self) -> list[tuple[str, str, bool, Callable[[Call], tuple[int, Json]]]]:
        """Returns method, path, whether the call is open before login, and its handler."""
        return [
            ("POST", "(/sms-codes)?/captchas", True, lambda _: (201, CAPTCHA_ANSWER)),
            ("GET", "/captchas/[^/]+/challenge", True, lambda _: (200, CHALLENGE)),
            ("POST", "/sms-codes", True, lambda _: (202, {"expires_in": 300, "resend_in": 60})),
            ("POST", "/accounts", True, lambda c: self._register(c.sent)),
            ("POST", "/sessions", True, lambda c: self._log_in(c.sent)),
            ("DELETE", "/sessions/current", False, lambda _: self._log_out()),
            (
                "GET",
                "/me",
                False,
                lambda _: (200, {"account": ACCOUNT, **dict.fromkeys(_MINE), "bindings": []}),
            ),
            ("GET", "/policy", True, lambda _: (200, POLICY)),
            (
                "GET",
                "/me/birth-dates",
                False,
                lambda _: (200, {"birth_dates": ["1990-01-01"], "id_number_masked": None}),
            ),
            ("POST", "/enrolments", False, lambda c: self._enrol(c.sent)),
            ("POST", "/enrolments/[^/]+/key", False, lambda c: self._make_key(c.sent, c.claims)),
            ("GET", "/tasks/[^/]+", False, lambda c: (200, self._task(self.tasks[bytes.fromhex(c.path[1])]))),
            (
                "POST",
                "/keys/[^/]+/tasks",
                False,
                lambda c: (201, self._internal(self._key(c.path[1]), c.sent)),
            ),
            (
                "POST",
                "/keys/[^/]+/open",
                False,
                lambda c: (200, self.cosigning.open(self._key(c.path[1]), c.sent)),
            ),
            (
                "POST",
                "/keys/[^/]+/finish",
                False,
                lambda c: self.cosigning.finish(self._key(c.path[1]), c.sent),
            ),
            ("POST", "/scans", False, lambda c: (200, self._scan(c.sent["code"]))),
            ("POST", "/requests/[^/]+/decline", False, lambda c: self._decline(c.path[1], c.sent["reason"])),
            ("GET", "/certificate", False, lambda _: (200, self._certificate())),
            ("GET", "/signatures", False, lambda _: (200, self._signatures())),
        ]

    def _authorised(self, request: httpx.Request, claims: Json) -> None:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        bound = claims.get("ath") == b64(hashlib.sha256(token.encode()).digest())
        if scheme != "DPoP" or token not in self.tokens or not bound:
            raise Refused(401, "unauthenticated")

    # ---- the calls ----

    def _register(self, sent: Json) -> tuple[int, Json]:
        self.accounts[sent["phone"]] = sent["password"]
        return 201, {"account": sent["phone"], "session": None}

    def _log_out(self) -> tuple[int, Json]:
        self.tokens.clear()
        return 204, {}

    def _decline(self, request_id: str, reason: str) -> tuple[int, Json]:
        self.requests[request_id].state, self.requests[request_id].reason = "declined", reason
        return 204, {}

    def _log_in(self, sent: Json) -> tuple[int, Json]:
        if sent["captcha"] != CAPTCHA:
            raise Refused(403, "captcha_wrong")
        if self.accounts.get(sent["account"]) != sent["password"]:
            raise Refused(403, "login_failed")
        self.tokens.add(token := secrets.token_urlsafe(32))
        login = {"access_token": token, "token_type": "DPoP", "expires_in": 3600}
        return 201, {**login, "account": ACCOUNT, "shield_number": None}

    def _enrol(self, sent: Json) -> tuple[int, Json]:
        if sent["sms_code"] != SMS_CODE:
            raise Refused(403, "sms_code_wrong")
        if self.key is not None and self.key.certificate is not None and not self.key.revoked:
            if not sent.get("confirm_duplicate", False):
                raise Refused(409, "already_certified")
            self.key.held = "held"
            raise Refused(409, "duplicate_application")
        role = {"legal_person": "法人", "operator": "操作员"}[sent["user_type"]]
        subject = LeafSubject(organisation=ORGANISATION, role=role, common_name=NAME)
        key = Key(secrets.token_bytes(16), secrets.token_bytes(16), secrets.token_urlsafe(32), subject)
        self.key = key
        names = {"country": "CN", "organisation": ORGANISATION, "role": role, "common_name": NAME}
        ids = {"uid": key.uid.hex(), "sid": key.sid.hex(), "challenge": key.challenge}
        return 201, {**ids, "shield_number": "MS12345678901", "subject": names, "id_number": None}

    def _make_key(self, sent: Json, claims: Json) -> tuple[int, Json]:
        key = self.key
        assert key is not None
        if claims.get("nonce") != key.challenge:
            raise Refused(401, "invalid_proof")
        point = bytes.fromhex(sent["P1"])
        if key.share is None:
            proof = cosign.Proof(bytes.fromhex(sent["A"]), int(sent["z"], 16))
            key.share = cosign.server_enrol(self.engine, uid=key.uid, sid=key.sid, P1=point, proof=proof)
            key.point = point
            info = build_request_info(key.subject, key.share.P)
            self.tasks[key.sid] = Task(key.sid, key.uid, "enrol", info, "申请证书")
        if key.point != point:
            raise Refused(409, "conflict")
        return 200, {"P": key.share.P.hex()}

    def _scan(self, code: str) -> Json:
        request = self.requests[code.rpartition("/")[2].partition("?")[0]]
        request.state = "scanned"
        return {
            "request_id": request.id,
            "kind": request.kind,
            "number": "07",
            "requester": self._requester(),
            "return_url": None,
            "asked_at": self.now(),
            "expires_at": self.now() + 120_000,
            "prolongs_by": None,
            "tasks": [self._task(task) for task in request.tasks],
        }

    @staticmethod
    def _requester() -> Json:
        pc = {"pc_address": "203.0.113.9", "pc_browser": "Firefox"}
        return {"client_id": "window", "name": "单一窗口", "domain": "swapp.example.cn", **pc}

    def _task(self, task: Task) -> Json:
        drawing = {"view": None, "drawn": None} if task.purpose == "sign" else {}
        return drawing | {
            "sid": task.sid.hex(),
            "uid": task.uid.hex(),
            "purpose": task.purpose,
            "message_b64": base64.b64encode(task.message).decode(),
            "media_type": "application/xml",
            "title": task.title,
            "display": [{"label": "报关单号", "value": "530120261010000001"}],
            "format": "raw",
            "content_b64": None,
            "size": None,
            "requester": self._requester(),
            "state": task.state,
            "expires_at": self.now() + 120_000,
        }

    def _internal(self, key: Key, sent: Json) -> Json:
        sid = secrets.token_bytes(16)
        message = internal_message(sent["purpose"], uid=key.uid, sid=sid)
        self.tasks[sid] = Task(sid, key.uid, sent["purpose"], message, "确认证书")
        return self._task(self.tasks[sid])

    def _certificate(self) -> Json:
        key = self.key
        if key is None or self.tasks.get(key.sid) is None or self.tasks[key.sid].state != "signed":
            raise Refused(409, "no_certificate")
        assert key.share is not None
        if key.certificate is None:
            key.certificate = self.authority.issue(subject=key.subject, public=key.share.P)
        names = ("country", "organisation", "role", "common_name")
        return {
            "state": "active",
            "holds": [],
            "serial": f"{key.certificate.serial:x}",
            "shield_number": "MS12345678901",
            "pem": key.certificate.pem(),
            "chain_pem": [self.authority.issuing.pem(), self.authority.root.pem()],
            "log_key": LOG_KEY,
            "subject": {name: getattr(key.subject, name) for name in names},
            "not_before": key.certificate.not_before,
            "not_after": key.certificate.not_after,
            "pin_change_due": False,
            "changes": [],
        }

    def _signatures(self) -> Json:
        return {
            "items": [self._signature(task) for task in self.tasks.values() if task.signature],
            "next": None,
        }

    def _signature(self, task: Task) -> Json:
        assert self.key is not None
        assert self.key.share is not None
        return {
            "sid": task.sid.hex(),
            "kind": "login" if task.purpose == "login" else "signature",
            "title": task.title,
            "media_type": "application/xml",
            "drawn": None,
            "confirmed": None if task.purpose == "login" else "none",
            "business_name": "单一窗口",
            "signed_at": self.now(),
            "serial": None,
            "digest": sm2.digest(self.key.share.P, task.message).hex(),
        }

    def _key(self, uid: str) -> Key:
        if self.key is None or self.key.uid.hex() != uid:
            raise Refused(404, "not_found")
        return self.key
