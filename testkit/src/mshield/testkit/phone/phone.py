"""The virtual phone: one method per function of the app, each one operation under the folder's lock.

State is read from the folder at the start of each operation and isn't cached, so several processes may share
it.
"""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Literal, Self

import httpx
import msgspec

from mshield.client.errors import PhoneError
from mshield.client.forms import read
from mshield.gm.engine import Engine, load_engine
from mshield.gm.mask import PIN_ROUNDS
from mshield.testkit.phone import binding, enrolment, pin, pin_change, renewal, unlock, vault
from mshield.testkit.phone.approval import AnswersRequests
from mshield.testkit.phone.connection import Clock, Connection, Patience, Sleep, system_clock
from mshield.testkit.phone.folder import Folder
from mshield.testkit.phone.identity import ProvesIdentity
from mshield.testkit.phone.messages import IssuedCertificate
from mshield.testkit.phone.operation import Operation
from mshield.testkit.phone.pin import PinSource
from mshield.testkit.phone.pin_change import ScheduledClosing
from mshield.testkit.phone.repeats import Repeats
from mshield.testkit.phone.state import Status
from mshield.wire.captchas import CaptchaMessage
from mshield.wire.outside_accounts import AccountSource, AccountSources, OutsideLoginBegun
from mshield.wire.phone.accounts import AccountOut, IdTypeName, SessionOut, SmsCodeOut
from mshield.wire.phone.devices import DeviceMessage, DevicesMessage
from mshield.wire.phone.enrolment import ApplicantMessage, ApplyMessage, RenewalPreviewMessage, UserType
from mshield.wire.phone.shield import MeMessage
from mshield.wire.phone.signatures import SignatureDetailMessage, SignaturesMessage

SmsPurpose = Literal["register", "apply", "renew", "reset", "close", "export"]


class VirtualPhone(ProvesIdentity, AnswersRequests, unlock.OpensAgain):
    """A phone whose storage is a folder. All errors are `mshield.client.errors.ClientError`."""

    def __init__(
        self,
        folder: str | Path,
        base_url: str | None = None,
        *,
        transport: httpx.BaseTransport | None = None,
        clock: Clock = system_clock,
        sleep: Sleep = time.sleep,
        patience: Patience | None = None,
        engine: Engine | None = None,
        pin_rounds: int = PIN_ROUNDS,
    ) -> None:
        """Takes the folder; with `base_url` the first operation makes it a phone, otherwise it must already be one.

        `clock` returns ms since the epoch. `pin_rounds` below the default are only for tests and benchmarks.
        """
        self._folder = Folder(Path(folder))
        self._server = base_url.rstrip("/") if base_url is not None else None
        self._transport = transport
        self._clock = clock
        self._sleep = sleep
        self._patience = patience or Patience()
        self._engine = engine
        self._pin_rounds = pin_rounds
        self._connections: dict[str, Connection] = {}

    def initialise(self) -> None:
        """Makes device key and device secret. Raises: PhoneError (`already_initialised`, `not_initialised`: no URL)."""
        if self._server is None:
            raise PhoneError("not_initialised", "a new phone needs its server's address")
        if self._folder.read(vault.STATE) is not None:
            raise PhoneError("already_initialised")
        with self._operation():
            pass

    def captcha(self, *, for_sms_code: bool = False) -> CaptchaMessage:
        """Gets a captcha for the next login, or after `captcha_needed` for an SMS code."""
        with self._operation() as operation:
            return enrolment.captcha(operation, for_sms_code=for_sms_code)

    def request_sms_code(
        self,
        purpose: SmsPurpose,
        *,
        phone: str | None = None,
        captcha_id: str | None = None,
        captcha: str | None = None,
    ) -> SmsCodeOut:
        """Has an SMS code sent: to the account's phone (needs a login), or to `phone` for `register` and `reset`.

        Raises: ProblemError (`captcha_needed` after too many codes: call again with a captcha and its
        answer).
        """
        with self._operation() as operation:
            return enrolment.request_sms_code(operation, purpose, phone, captcha_id, captcha)

    def register(
        self, *, name: str, id_type: IdTypeName, id_number: str, phone: str, sms_code: str, password: str
    ) -> str:
        """Registers an account (我要注册), logs this phone in with it, and returns its name, the phone number.

        Doesn't log in if the phone belongs to another account (R7). The caller declares that the user has
        read the privacy policy and user agreement, and agrees to both and to the use of the ID number.
        """
        payload: dict[str, object] = {
            "name": name,
            "id_type": id_type,
            "id_number": id_number,
            "phone": phone,
            "sms_code": sms_code,
            "password": password,
        }
        with self._operation() as operation:
            answer = operation.connection.post(
                "/api/phone/accounts", operation.anonymous(), {**payload, **enrolment.consents(operation)}
            )
            registered = read(answer, AccountOut)
            if registered.session is not None:
                unlock.keep(operation, registered.session, account=registered.account)
            return registered.account

    def reset_password(self, *, phone: str, sms_code: str, id_number: str, password: str) -> int:
        """Sets a new password, with an SMS code of purpose `reset`; returns how many logins were ended."""
        payload = {"phone": phone, "sms_code": sms_code, "id_number": id_number, "password": password}
        with self._operation() as operation:
            answer = operation.connection.post("/api/phone/password-resets", operation.anonymous(), payload)
            return read(answer, dict[str, int])["logins_ended"]

    def login(
        self, *, account: str, password: str, captcha_id: str, captcha: str, source: str | None = None
    ) -> SessionOut:
        """Logs in; the token is bound to this device's key and stored until it expires or `logout`.

        `source` names the account's outside system, if it isn't an account of this service; then the caller
        declares the consents described at `register`.
        """
        payload = {"account": account, "password": password, "captcha_id": captcha_id, "captcha": captcha}
        if source is not None:
            payload["source"] = source
        return self._log_in("/api/phone/sessions", payload, account=account)

    def account_sources(self) -> tuple[AccountSource, ...]:
        """Lists the outside systems whose accounts can log in."""
        with self._operation() as operation:
            answer = operation.connection.get("/api/phone/account-sources", operation.anonymous())
            return read(answer, AccountSources).items

    def begin_outside_login(self, source: str) -> OutsideLoginBegun:
        """Starts a login at an outside system; open the returned page in a browser. Only this phone can complete it."""
        with self._operation() as operation:
            path = "/api/phone/outside-logins"
            answer = operation.connection.post(path, operation.anonymous(), {"source": source})
            return read(answer, OutsideLoginBegun)

    def finish_outside_login(self, state: str, code: str) -> SessionOut:
        """Logs in with the parameters from the outside system's page."""
        payload = {"state": state, "code": code}
        return self._log_in("/api/phone/outside-logins/finish", payload, account=None)

    def _log_in(self, path: str, payload: Mapping[str, object], *, account: str | None) -> SessionOut:
        with self._operation() as operation:
            if isinstance(captcha_id := payload.get("captcha_id"), str):
                payload = {**payload, "work": operation.work(captcha_id)}
            if captcha_id is None or "source" in payload:
                payload = {**payload, **enrolment.consents(operation)}
            answer = operation.connection.post(path, operation.anonymous(), payload)
            return unlock.keep(operation, read(answer, SessionOut), account=account)

    def logout(self) -> None:
        """Ends the login, on the service too."""
        with self._operation() as operation:
            operation.connection.delete("/api/phone/sessions/current", operation.logged_in())
            operation.vault.save(msgspec.structs.replace(operation.vault.state, session=None))

    def me(self) -> MeMessage:
        """Returns account, shield number and certificate of this device, according to the service."""
        with self._operation() as operation:
            return read(operation.connection.get("/api/phone/me", operation.logged_in()), MeMessage)

    def call(
        self, method: Literal["GET", "POST", "DELETE"], path: str, payload: Mapping[str, object] | None = None
    ) -> bytes:
        """Calls a phone API path below /api/phone that has no method here, as the logged-in user; returns the body."""
        with self._operation() as operation:
            address, connection = f"/api/phone{path}", operation.connection
            if method == "GET":
                return connection.get(address, operation.logged_in())
            if method == "POST":
                return connection.post(address, operation.logged_in(), payload)
            connection.delete(address, operation.logged_in())
            return b""

    def apply(
        self,
        *,
        name: str,
        id_number: str | None,
        user_type: UserType,
        credit_code: str,
        sms_code: str,
        pin: str,
        again: bool = False,
    ) -> IssuedCertificate:
        """Applies for a certificate and sets the PIN; see `enrolment.apply` for `again`."""
        application = ApplyMessage(
            name=name,
            id_number=id_number,
            user_type=user_type,
            credit_code=credit_code,
            sms_code=sms_code,
            confirm_duplicate=again,
        )
        with self._operation() as operation:
            return enrolment.apply(operation, application, pin)

    def check_application(
        self, *, name: str, id_number: str | None, user_type: UserType, credit_code: str
    ) -> None:
        """Checks whether the service would accept this application. Raises: ProblemError, as `apply`."""
        application = ApplicantMessage(
            name=name, id_number=id_number, user_type=user_type, credit_code=credit_code
        )
        with self._operation() as operation:
            enrolment.check(operation, application)

    def resume_application(self, pin: str) -> IssuedCertificate:
        """Completes an application that was interrupted after its key was made, with the PIN chosen then."""
        with self._operation() as operation:
            return enrolment.resume(operation, pin)

    def certificate(self) -> IssuedCertificate:
        """Returns this device's certificate and its state. Raises: PhoneError (`no_key` if there is none)."""
        with self._operation() as operation:
            issued = enrolment.fetch(operation)
            if issued is None:
                raise PhoneError("no_key")
            if not enrolment.awaits_proof(operation, issued):
                renewal.take_over(operation, issued)
            return issued

    def close_account(self, *, pin: PinSource | None = None, sms_code: str = "") -> ScheduledClosing:
        """Closes the account (注销账号) after some days; pass `sms_code` if this phone has no shield that may sign."""
        with self._operation() as operation:
            if pin is None:
                return pin_change.close_by_sms(operation, sms_code)
            return pin_change.close_by_pin(operation, pin)

    def disown_device(self, shield_number: str, *, pin: PinSource) -> None:
        """Disowns another device of the account (不是我的), by the PIN: its shield is held and its login ended."""
        with self._operation() as operation:
            body = pin_change.signed_by_pin(operation, "device", pin)
            path = f"/api/phone/devices/{shield_number}/disowned"
            operation.connection.post(path, operation.logged_in(), body)

    def renewal_preview(self) -> RenewalPreviewMessage:
        """Returns what a renewal would change: the certificate's data beside those on file."""
        with self._operation() as operation:
            return renewal.preview(operation)

    def renew(
        self,
        *,
        sms_code: str,
        pin: PinSource,
        name: str | None = None,
        id_number: str | None = None,
        user_type: UserType | None = None,
        credit_code: str | None = None,
    ) -> IssuedCertificate:
        """Renews the certificate (更新证书); missing data are taken from the filing. The PIN stays the same."""
        data = {"name": name, "id_number": id_number, "credit_code": credit_code}
        with self._operation() as operation:
            filled = renewal.filled(operation, user_type=user_type, sms_code=sms_code, **data)
            return renewal.renew(operation, filled, pin)

    def resume_renewal(self, pin: PinSource) -> IssuedCertificate:
        """Continues an interrupted renewal. Raises: PhoneError (`no_renewal` if there is none any more)."""
        with self._operation() as operation:
            return renewal.resume(operation, pin)

    def give_up_renewal(self) -> None:
        """Abandons the renewal in progress; the certificate in force stays."""
        with self._operation() as operation:
            renewal.give_up(operation)

    def bind(self, pin: PinSource, *, client_id: str | None = None) -> binding.Bound:
        """Binds the certificate to the account (绑定证书), for one business system or for all of them."""
        with self._operation() as operation:
            return binding.bind(operation, pin, client_id)

    def unbind(self, sid: str) -> None:
        """Ends a binding; `sid` as in `me().bindings`."""
        with self._operation() as operation:
            binding.unbind(operation, sid)

    def change_pin(self, old: PinSource, new: str) -> pin_change.PinChanged:
        """Changes the PIN (修改 PIN 码), effective immediately. `old` is like `pin` of `approve`.

        If the outcome is unknown (NetworkError), call it again with the same PINs.
        """
        with self._operation() as operation:
            renewal.require_none(operation)
            pin.require_strong_for_change(operation, new)
            return pin_change.change_pin(operation, old, new)

    def devices(self) -> tuple[DeviceMessage, ...]:
        """Returns the account's devices with their shields, this one first."""
        with self._operation() as operation:
            answer = operation.connection.get("/api/phone/devices", operation.logged_in())
            return read(answer, DevicesMessage).items

    def signature(self, sid: str) -> SignatureDetailMessage:
        """Returns one signature of this phone in full; `sid` as in `signatures`."""
        with self._operation() as operation:
            path = f"/api/phone/signatures/{sid}"
            return read(operation.connection.get(path, operation.logged_in()), SignatureDetailMessage)

    def signatures(
        self,
        *,
        before: str | None = None,
        words: str | None = None,
        kind: Literal["login", "signature"] | None = None,
        limit: int = 20,
    ) -> SignaturesMessage:
        """Returns a page of the signature history, newest first; `words` as in the API."""
        filters = {"before": before, "q": words, "kind": kind}
        params = {"limit": str(limit)} | {name: text for name, text in filters.items() if text is not None}
        with self._operation() as operation:
            answer = operation.connection.get("/api/phone/signatures", operation.logged_in(), params)
            return read(answer, SignaturesMessage)

    def status(self) -> Status:
        """Returns the phone's local state, without contacting the service."""
        with self._operation() as operation:
            state = operation.vault.state
            session = state.session
            return Status(
                server=state.server,
                account=session.account if session else None,
                logged_in=session is not None and session.expires_at > self._clock(),
                shield_number=state.shield_number,
                has_certificate=state.key is not None,
                application_pending=state.pending is not None,
                operation_unfinished=state.key is not None and state.key.rn is not None,
                left=state.key.left if state.key else None,
                device_key_thumbprint=operation.vault.device_key.thumbprint(),
            )

    def close(self) -> None:
        """Closes the connections; the phone itself stays in its folder."""
        for connection in self._connections.values():
            connection.close()
        self._connections.clear()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @contextmanager
    def _operation(self) -> Iterator[Operation]:
        patience = self._patience
        with vault.opened(self._folder, server=self._server, patience=patience.lock_seconds) as opened:
            yield Operation(
                vault=opened,
                connection=self._connection(opened.state.server),
                engine=self._engine or load_engine(),
                patience=patience,
                clock=self._clock,
                sleep=self._sleep,
                pin_rounds=self._pin_rounds,
            )

    def _connection(self, server: str) -> Connection:
        if server not in self._connections:
            self._connections[server] = Connection(
                server,
                transport=self._transport,
                clock=self._clock,
                sleep=self._sleep,
                patience=self._patience,
                repeats=Repeats(self._folder),
            )
        return self._connections[server]
