"""Main workflow over HTTP: from a spreadsheet of filed people to a signature that anybody can verify.

Each step is what a person or a business system would do; the phone is the virtual phone, the PC side is the
public SDK.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from xml.etree import ElementTree as ET

import httpx

from mshield.client import BusinessClient, Document, Pc, Result
from mshield.testkit.demo import identity, legal_person
from mshield.testkit.demo.people import LEGAL_PERSON, OPERATOR
from mshield.testkit.demo.service import Service, StepFailed, shown
from mshield.testkit.phone import VirtualPhone
from mshield.testkit.portal import PortalClient

SYSTEM_NAME: Final = "国际贸易单一窗口（演示）"
SYSTEM_DOMAIN: Final = "singlewindow.example"
STAFF_NAME: Final = "管理员（演示）"
STAFF_ROLES: Final = ("--role", "filing_officer", "--role", "customer_service")
STAFF_TOKEN: Final = (
    *("--name", "夜间导入（演示）", "--role", "filing_officer", "--scope", "filing_import", "--days", "30"),
)
_PC: Final = Pc(address="203.0.113.24", browser="Firefox 145, Windows")
_MEDIA_TYPES: Final = {
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ".csv": "text/csv",
}

Step = tuple[str, str, Callable[[], str]]


@dataclass(slots=True)
class Job:
    """Steps in their order; each uses what the previous ones left."""

    service: Service
    examples: Path
    system: dict[str, str]
    staff_token: str
    phone: VirtualPhone = field(init=False)
    business: BusinessClient = field(init=False)
    signed: Result | None = None

    def __post_init__(self) -> None:
        self.phone = VirtualPhone(self.service.folder / "phone", self.service.origin)
        self.business = BusinessClient(
            self.service.origin,
            client_id=self.system["client_id"],
            client_secret=self.system["client_secret"],
        )

    def steps(self) -> list[Step]:
        """Returns (Chinese, English, action) for each step; an action returns a short description of what it did."""
        return [
            (
                "导入备案 .xlsx，含法人，两人在场",
                "import filing records from .xlsx; legal representatives need two approvers",
                self._import_by_two,
            ),
            (
                "程序导入备案 .csv",
                "a program imports filing records from .csv",
                lambda: self._import("filing.csv"),
            ),
            ("注册，短信验证码", "register with SMS code", self._register),
            ("登录，图形验证码", "log in with captcha", self._login),
            (
                "申请证书，设置 PIN；备案手机号一致，即核验为本人",
                "apply for a certificate, set the PIN; the filed phone number proves who they are",
                self._apply,
            ),
            ("扫码登录业务系统", "log in to a business system by scan", self._scan_login),
            ("扫码签名报关单", "sign a customs declaration by scan", self._scan_sign),
            ("离线验证签名", "verify the signature offline", self._verify),
            (
                "取证据包，用命令离线验证",
                "fetch the evidence bundle, verify it with the command",
                self._prove,
            ),
            (
                "法人注册",
                "register the legal representative",
                lambda: identity.register(self.phone, LEGAL_PERSON, self._read),
            ),
            (
                "法人凭激活码核验为本人，登录法人管理",
                "the legal representative proves their identity with an activation code, logs in at the portal",
                lambda: identity.activate_legal_person(self.service, self._read),
            ),
            ("法人挂失，解挂失", "report a loss at the portal, lift the hold", self._report_loss),
            (
                "未备案手机号的操作员不能申请，请法人确认",
                "an operator without a filed number can't apply, and is confirmed by the legal representative",
                lambda: identity.confirm_operator(self.service, self._read),
            ),
        ]

    def close(self) -> None:
        """Closes the connections."""
        self.phone.close()
        self.business.close()

    def _import_by_two(self) -> str:
        report = self.service.by_two("filing", "import", str(self.examples / "filing.xlsx"))
        return _counts(report)

    def _import(self, name: str) -> str:
        """Imports like a program: the file is the request's body, and a staff token authorises it."""
        file = self.examples / name
        answer = httpx.post(
            f"{self.service.origin}/api/console/filing/imports",
            content=file.read_bytes(),
            headers={
                "Authorization": f"Bearer {self.staff_token}",
                "Content-Type": _MEDIA_TYPES[file.suffix],
            },
            trust_env=False,
        )
        if not answer.is_success:
            raise StepFailed(f"{name} was not imported: {answer.text}")
        return _counts(answer.json())

    def _register(self) -> str:
        self.phone.request_sms_code("register", phone=OPERATOR.phone)
        account = self.phone.register(
            name=OPERATOR.name,
            id_type="resident_id",
            id_number=OPERATOR.id_number,
            phone=OPERATOR.phone,
            sms_code=self._sms_code("register"),
            password=OPERATOR.password,
        )
        return f"account {account}"

    def _login(self) -> str:
        captcha = self.phone.captcha()
        # A person would read the picture; demo mode serves the answer at an address that production mode
        # doesn't have.
        answer = self._development(f"/dev/captchas/{captcha.captcha_id}")["answer"]
        session = self.phone.login(
            account=OPERATOR.phone, password=OPERATOR.password, captcha_id=captcha.captcha_id, captcha=answer
        )
        return f"{session.account.name} {session.account.phone_masked}"

    def _apply(self) -> str:
        self.phone.request_sms_code("apply")
        issued = self.phone.apply(
            name=OPERATOR.name,
            id_number=OPERATOR.id_number,
            user_type="operator",
            credit_code=OPERATOR.credit_code,
            sms_code=self._sms_code("apply"),
            pin=OPERATOR.pin,
        )
        return f"shield {issued.shield_number}, serial {issued.serial}; {identity.describe_proof(self.phone)}"

    def _scan_login(self) -> str:
        created = self.business.request_login(pc=_PC)
        scan = self.phone.scan(created.qr)
        if scan.number != created.number:
            raise StepFailed(f"the phone shows number {scan.number}, the PC {created.number}")
        self.phone.approve(scan.request_id, pin=OPERATOR.pin)
        self.business.wait_until_done(created.id, timeout=10)
        (login,) = self.business.result(created.id).verify(
            roots=[self._root()], client_id=self.system["client_id"]
        )
        return f"{login.name}, {login.organisation}"

    def _scan_sign(self) -> str:
        content = (self.examples / "declaration.xml").read_bytes()
        document = Document(
            title="进口货物报关单",
            media_type="application/xml",
            content=content,
            display=_display(content),
            format="cms",
        )
        created = self.business.request_signature([document], pc=_PC)
        scan = self.phone.scan(created.qr)
        self.phone.approve(scan.request_id, pin=OPERATOR.pin)
        status = self.business.wait_until_done(created.id, timeout=10)
        if status.state != "signed":
            raise StepFailed(f"the request is {status.state}")
        self.signed = self.business.result(created.id)
        return f"{len(content)} bytes, signature of {len(self.signed.documents[0].signature)} bytes"

    def _verify(self) -> str:
        if self.signed is None:
            raise StepFailed("nothing was signed")
        content = (self.examples / "declaration.xml").read_bytes()
        (verified,) = self.signed.verify(
            roots=[self._root()], documents=[content], expected_credit_code=OPERATOR.credit_code
        )
        folder = self.service.folder / "evidence"
        write_evidence(folder, self.signed, content, self.service.origin)
        return f"valid: {verified.name}, {verified.organisation}; evidence in {shown(folder)}"

    def _prove(self) -> str:
        """Verifies the evidence file alone; a verifier obtains root and log key once, from a trusted source."""
        if self.signed is None:
            raise StepFailed("nothing was signed")
        bundle, root = self.service.folder / "evidence.json", self.service.folder / "root.cer"
        bundle.write_bytes(self.business.evidence(self.signed.id).encode())
        root.write_bytes(self._root())
        log_key = self.service.command("log", "key")["vkey"]
        result = self.service.command("verify", str(bundle), "--root", str(root), "--log-key", log_key)
        entry = f"entry {result['log_index']} of {result['log_size']} in the log"
        return f"valid: {result['name']}, {entry}; {shown(bundle)}"

    def _report_loss(self) -> str:
        with PortalClient(self.service.origin) as portal:
            return legal_person.report_loss(portal, self.phone, self.business, self._read)

    def _read(self, what: str) -> str:
        """Returns what a person would read from the picture or a phone; without a number, the legal person's phone."""
        kind, which, *number = what.split(" ")
        if kind == "captcha":
            return str(self._development(f"/dev/captchas/{which}")["answer"])
        return self._sms_code(which, number[0] if number else LEGAL_PERSON.phone)

    def _root(self) -> bytes:
        """Fetches the trusted root. A real business system obtains it once, from a trusted source, and stores it."""
        answer = httpx.get(f"{self.service.origin}/pki/root.cer", trust_env=False)
        answer.raise_for_status()
        return answer.content

    def _sms_code(self, purpose: str, number: str = OPERATOR.phone) -> str:
        """Reads the code from the development gateway's outbox, which keeps it until it is used."""
        for message in self._development("/dev/sms.json"):
            if message["phone"] == number and message["purpose"] == purpose and message["code"]:
                return str(message["code"])
        raise StepFailed(f"no SMS code for {purpose} in the outbox")

    def _development(self, path: str) -> Any:
        answer = httpx.get(self.service.origin + path, trust_env=False)
        answer.raise_for_status()
        return answer.json()


def _counts(report: dict[str, Any]) -> str:
    counted = ("will_add", "will_change", "unchanged", "enterprises_add", "enterprises_change")
    names = (
        "persons added",
        "persons changed",
        "persons unchanged",
        "enterprises added",
        "enterprises changed",
    )
    return ", ".join(f"{report[key]} {name}" for key, name in zip(counted, names, strict=True) if report[key])


_DISPLAYED: Final = ("报关单号", "进口口岸", "境内收货人", "商品名称", "件数", "总价", "币制")


def _display(xml: bytes) -> tuple[tuple[str, str], ...]:
    """Returns the lines that the phone shows beside the document itself."""
    root = ET.fromstring(xml)  # noqa: S314  # our own example, not input from outside
    values = {element.tag: (element.text or "").strip() for element in root.iter()}
    return tuple((label, values[label]) for label in _DISPLAYED if values.get(label))


def write_evidence(folder: Path, result: Result, content: bytes, origin: str) -> None:
    """Writes the files of a signature's evidence into `folder`.

    These are root.pem, issuing.pem, leaf.pem, message.bin, attributes.der, signature.der, signature.p7s,
    crl.der, root-crl.der and ocsp.der. The signature is over attributes.der, which binds the content in
    message.bin. The revocation lists are fetched from the service's publication; everything else comes from
    the result.
    """
    folder.mkdir(parents=True, exist_ok=True)
    document = result.documents[0]
    issuing, root = result.chain_pem
    files = {
        "root.pem": root.encode(),
        "issuing.pem": issuing.encode(),
        "leaf.pem": result.certificate_pem.encode(),
        "message.bin": content,
        "attributes.der": document.message,
        "signature.der": document.signature,
        "signature.p7s": document.cms,
        "crl.der": _fetch(f"{origin}/pki/issuing.crl"),
        "root-crl.der": _fetch(f"{origin}/pki/root.crl"),
        "ocsp.der": result.ocsp or b"",
    }
    for name, octets in files.items():
        (folder / name).write_bytes(octets)


def _fetch(url: str) -> bytes:
    answer = httpx.get(url, trust_env=False)
    answer.raise_for_status()
    return answer.content
