"""A phone with a certificate, over HTTP: co-signing without a PIN."""

import base64

import httpx

from mshield.gm import cosign, sm2
from mshield.gm.cosign import PhoneNonce
from mshield.gm.engine import load_engine
from tests.support.application import Application, Device
from tests.support.display_statement import display_statement


class Shield:
    """A phone's co-signing over HTTP; its share takes the place of a correct PIN."""

    def __init__(self, application: Application, device: Device) -> None:
        self.application = application
        self.device = device
        self.engine = load_engine()
        self.uid = self.P = b""
        self.d1 = 0
        self.otp = bytes(32)
        self.told: dict[str, dict[str, str]] = {}

    async def enrol(self, **form_of: str) -> None:
        """Runs the protocol's enrolment; `form_of` changes the application form."""
        form = await self.application.application_form(self.device, **form_of)
        begun = (await self.device.call("POST", "/api/phone/enrolments", form)).json()
        self.uid, sid = bytes.fromhex(begun["uid"]), bytes.fromhex(begun["sid"])
        offer = cosign.phone_enrol(self.engine, uid=self.uid, sid=sid)
        self.d1 = offer.d1
        message = {"P1": offer.P1.hex(), "A": offer.proof.A.hex(), "z": f"{offer.proof.z:064x}"}
        answer = await self.device.call(
            "POST", f"/api/phone/enrolments/{begun['uid']}/key", message, nonce=begun["challenge"]
        )
        self.P = bytes.fromhex(answer.json()["P"])
        task = (await self.device.call("GET", f"/api/phone/tasks/{begun['sid']}")).json()
        assert task["purpose"] == "enrol"
        assert task["requester"] is None
        await self.sign([task])

    async def sign(self, tasks: list[dict[str, str]]) -> dict[str, object]:
        """Opens and finishes a session for these documents."""
        nonces, opened = await self.open(tasks)
        finished = await self.finish(nonces, opened)
        assert finished.status_code == 200, finished.text
        assert finished.headers["cache-control"] == "no-store"
        answer: dict[str, object] = finished.json()
        self.otp = bytes.fromhex(str(answer["otp"]))
        return answer

    async def open(self, tasks: list[dict[str, str]]) -> tuple[list[PhoneNonce], httpx.Response]:
        """Calls `open`. Returns the nonces that `finish` needs, and the response."""
        nonces = []
        self.told = {task["sid"]: display_statement(task) for task in tasks}
        for task in tasks:
            e = sm2.digest(self.P, base64.b64decode(task["message_b64"]))
            sid = bytes.fromhex(task["sid"])
            nonces.append(cosign.phone_commit(self.engine, uid=self.uid, epoch=0, sid=sid, e=e))
        opening = {
            "rn": bytes(32).hex(),
            "otp": self.otp.hex(),
            "epoch": 0,
            "items": [{"sid": nonce.sid.hex(), "c": nonce.c.hex()} for nonce in nonces],
        }
        opened = await self.device.call("POST", f"/api/phone/keys/{self.uid.hex()}/open", opening)
        assert opened.headers["cache-control"] == "no-store"
        return nonces, opened

    async def finish(self, nonces: list[PhoneNonce], opened: httpx.Response) -> httpx.Response:
        """Calls `finish` like after a correct PIN."""
        items = []
        for nonce, item in zip(nonces, opened.json()["items"], strict=True):
            half = cosign.phone_finish(self.engine, d1=self.d1, nonce=nonce, Q2=bytes.fromhex(item["Q2"]))
            items.append(
                {
                    "sid": half.sid.hex(),
                    "Q1": half.Q1.hex(),
                    "rho": half.rho.hex(),
                    "s_prime": f"{half.s_prime:064x}",
                    **self.told[half.sid.hex()],
                }
            )
        path = f"/api/phone/keys/{self.uid.hex()}/finish"
        return await self.device.call("POST", path, {"items": items, "tau": None})
