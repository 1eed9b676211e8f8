"""The plain interface as a server: `python -m ra_server.server` in `examples`. Read it from `RaServer.handle` down.

Its rules: a request is stored under its key before it is answered, and the same request always gets the same
answer. Nothing is published before its confirmation arrives; what is rejected, or never confirmed, is withdrawn.

Faults are chosen by the first part of the address, so `url = "http://127.0.0.1:18830/wait"` in cas.toml lets every
request wait. `FAULTS` lists them.
"""

import argparse
import base64
import hashlib
import hmac
import json
import secrets
import sys
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from mshield.gm import sm2
from mshield.pki.certificates.certificate import Certificate
from ra_server.authority import TestAuthority

FAULTS = {
    "ok": "issues at once",
    "wait": "lets requests wait until somebody calls `decide`",
    "refuse": "refuses",
    "cut": "issues, but the first answer to each request is lost",
    "forget": "issues another certificate for each PUT, and loses the first two answers",
    "down": "answers 500",
    "other_key": "certifies another key",
    "other_names": "certifies another name",
    "too_long": "certifies for five years",
    "other_ca": "issues under a root that nobody trusts",
    "garbage": "returns what isn't a certificate",
    "hand": "knows no act",
}
_CLOCK_S = 300
_MAX_BODY = 256 * 1024


@dataclass
class Request:
    """A request; `state` is waiting, issued or refused. `issued` are all certificates made for it."""

    body: bytes
    document: dict[str, Any]
    state: str = "waiting"
    words: str = ""
    reference: str = field(default_factory=lambda: f"RA-{secrets.token_hex(4)}")
    certificate: Certificate | None = None
    issued: list[Certificate] = field(default_factory=list)
    answers: int = 0


@dataclass
class Reply:
    """Status and JSON; `cut` closes the connection without an answer."""

    status: int
    document: Any = None
    cut: bool = False


class RaServer:
    """Requests and certificates in memory. A real server stores them, in the same order."""

    def __init__(self, authority: TestAuthority, secret: bytes) -> None:
        self.authority, self.secret = authority, secret
        self.clock = authority.clock
        self.other = TestAuthority("other.example", self.clock)
        self.requests: dict[str, Request] = {}
        self.states: dict[str, str] = {}
        """State of each certificate by serial: unconfirmed, good, withdrawn, held, revoked."""
        self.changed: dict[str, int] = {}
        self.keys: dict[str, str] = {}
        self.calls = 0
        self._lock = threading.Lock()

    def handle(self, method: str, path: str, headers: dict[str, str], body: bytes) -> Reply:
        """Answers one call."""
        with self._lock:
            self.calls += 1
            fault, _, rest = path.lstrip("/").partition("/")
            if fault not in FAULTS:
                fault, rest = "ok", path.lstrip("/")
            if fault == "down":
                return Reply(500)
            if not self._signed(method, path, headers, body):
                return Reply(401, {"words": "signature or time"})
            return self._answer_call(method, rest, body, fault)

    def _answer_call(self, method: str, rest: str, body: bytes, fault: str) -> Reply:
        match [method, *rest.split("?", maxsplit=1)[0].split("/")]:
            case ["PUT", "v1", "requests", key]:
                return self._put(key, body, fault)
            case ["GET", "v1", "requests", key]:
                return self._answer(key, fault)
            case ["PUT", "v1", "requests", key, "confirmation"]:
                return self._confirm(key, json.loads(body))
            case ["PUT", "v1", "certificates", serial, "acts", _]:
                return self._act(serial, json.loads(body), fault)
            case ["GET", "v1", "certificates"]:
                return Reply(200, self._list())
        return Reply(404)

    def _signed(self, method: str, path: str, headers: dict[str, str], body: bytes) -> bool:
        """Checks the signature: HMAC-SHA-256 of `time.method.path.hex(sha256(body))`, five minutes at most."""
        at = headers.get("x-mshield-time", "")
        text = ".".join((at, method, path, hashlib.sha256(body).hexdigest()))
        mac = base64.b64encode(hmac.digest(self.secret, text.encode(), "sha256")).decode()
        fresh = at.isascii() and at.isdecimal() and abs(int(at) - self.clock() / 1000) <= _CLOCK_S
        return fresh and hmac.compare_digest(headers.get("x-mshield-signature", ""), f"v1,{mac}")

    def _put(self, key: str, body: bytes, fault: str) -> Reply:
        request = self.requests.get(key)
        if request is None:
            document = json.loads(body)
            if hashlib.sha256(base64.b64decode(document["csr_b64"])).hexdigest() != key:
                return Reply(422, {"words": "the key is not the SHA-256 of the request"})
            request = self.requests[key] = Request(body, document)
            if fault == "refuse":
                request.state, request.words = "refused", "单位名称与登记不一致"
            elif fault != "wait":
                self._issue(key, request, fault)
        elif request.body != body:
            return Reply(409, {"words": "another request has this key"})
        elif fault == "forget":
            self._issue(key, request, fault)
        return self._answer(key, fault)

    def decide(self, key: str, *, words: str | None = None, fault: str = "ok") -> None:
        """Issues a waiting request, or refuses it with these words: what a person at the CA does."""
        with self._lock:
            request = self.requests[key]
            if words is None:
                self._issue(key, request, fault)
            else:
                request.state, request.words = "refused", words

    def _issue(self, key: str, request: Request, fault: str) -> None:
        csr = base64.b64decode(request.document["csr_b64"])
        subject, public = self.authority.subject_of(csr)
        if fault == "other_key":
            public = sm2.generate(self.authority.engine).public
        if fault == "other_names":
            subject = type(subject)(
                organisation="Another", role=subject.role, common_name=subject.common_name
            )
        ca = self.other if fault == "other_ca" else self.authority
        code = request.document["enterprise"]["credit_code"]
        certificate = ca.certify(subject, public, code, days=1800 if fault == "too_long" else 365)
        request.state, request.certificate = "issued", certificate
        request.issued.append(certificate)
        serial = _hex(certificate.serial)
        self.states[serial], self.keys[serial] = "unconfirmed", key
        self.changed[serial] = self.clock()

    def _answer(self, key: str, fault: str) -> Reply:
        request = self.requests.get(key)
        if request is None:
            return Reply(404)
        request.answers += 1
        lost = {"cut": 1, "forget": 2}.get(fault, 0)
        document: dict[str, Any] = {"state": request.state, "reference": request.reference}
        if request.state == "waiting":
            document |= {"retry_after_s": 1, "words": "请等待人工审核"}
        elif request.state == "refused":
            document |= {"code": "not_approved", "words": request.words}
        elif request.certificate is not None:
            der = b"garbage" if fault == "garbage" else request.certificate.der
            document["certificate_b64"] = base64.b64encode(der).decode()
            document["chain_b64"] = [base64.b64encode(self.authority.ca.der).decode()]
        return Reply(202 if request.state == "waiting" else 200, document, cut=request.answers <= lost)

    def _confirm(self, key: str, document: dict[str, Any]) -> Reply:
        """Only the certificate that was named is published; others of the same request are withdrawn."""
        request = self.requests.get(key)
        if request is None or request.certificate is None:
            return Reply(404)
        for certificate in request.issued:
            serial = _hex(certificate.serial)
            named = hashlib.sha256(certificate.der).hexdigest() == document["certificate_sha256"]
            if named and document["accepted"]:
                if self.states[serial] not in {"unconfirmed", "good"}:
                    return Reply(409)
                self._set(serial, "good")
            elif self.states[serial] == "unconfirmed":
                self._set(serial, "withdrawn")
            elif named:
                return Reply(409)  # it was accepted, so only an act ends it
        return Reply(204)

    def _act(self, serial: str, document: dict[str, Any], fault: str) -> Reply:
        state = self.states.get(serial)
        if state is None:
            return Reply(404)
        if fault == "hand":
            return Reply(200, {"state": "unsupported"})
        following = {"revoke": "revoked", "hold": "held", "release": "good"}[document["act"]]
        if state != following:
            if state in {"revoked", "withdrawn"} and document["act"] != "revoke":
                return Reply(200, {"state": "refused", "code": "revoked"})
            self._set(serial, following)
        return Reply(200, {"state": "done", "at": self.changed[serial]})

    def _set(self, serial: str, state: str) -> None:
        if self.states[serial] != state:
            self.states[serial], self.changed[serial] = state, self.clock()

    def _list(self) -> list[dict[str, Any]]:
        return [
            {"serial": serial, "key": self.keys[serial], "state": state, "at": self.changed[serial]}
            for serial, state in self.states.items()
        ]


def _hex(serial: int) -> str:
    text = f"{serial:x}"
    return text if len(text) % 2 == 0 else "0" + text


def http_server(ra: RaServer, port: int = 0) -> ThreadingHTTPServer:
    """Creates the HTTP server on this machine; the caller runs `serve_forever`."""

    class Handler(BaseHTTPRequestHandler):
        def _serve(self) -> None:
            length = int(self.headers.get("content-length") or 0)
            if length > _MAX_BODY:
                self.send_error(413)
                return
            headers = {name.lower(): value for name, value in self.headers.items()}
            reply = ra.handle(self.command, self.path, headers, self.rfile.read(length))
            if reply.cut:
                self.close_connection = True
                return
            content = b"" if reply.document is None else json.dumps(reply.document).encode()
            self.send_response(reply.status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_PUT = _serve

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the base class's name
            """Logs nothing."""

    return ThreadingHTTPServer(("127.0.0.1", port), Handler)


def cas_toml(folder: Path, url: str, ra: RaServer, *, extra: str = "") -> Path:
    """Writes the files that the service needs, and returns the path of cas.toml."""
    root = ra.authority.write(folder / "example-ca.pem")
    (folder / "example-ca.secret").write_bytes(ra.secret)
    path = folder / "cas.toml"
    path.write_text(
        f"""[[ca]]
name = "example"
kind = "http"
url = "{url}"
display = "示例签发机构"
display_en = "Example CA"
secret_file = "{folder / "example-ca.secret"}"
certificates = "{folder / "example-ca.pem"}"
roots = ["{root}"]
status_hosts = ["status.example"]
{extra}
[[route]]
ca = "example"
""",
        "utf-8",
    )
    return path


def main() -> None:
    """Serves until interrupted, and prints what to set."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=18830)
    parser.add_argument("--folder", type=Path, default=Path("var/ra_server"))
    parser.add_argument("--fault", choices=sorted(FAULTS), default="ok", help="first part of the address")
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    ra = RaServer(TestAuthority("status.example"), secrets.token_hex(32).encode())
    folder = options.folder.resolve()
    path = cas_toml(folder, f"http://127.0.0.1:{options.port}/{options.fault}", ra)
    sys.stdout.write(f"MSHIELD_CAS={path}\n")
    sys.stdout.flush()
    http_server(ra, options.port).serve_forever()


if __name__ == "__main__":
    main()
