"""`mshield account`: customer service's operations on accounts, run on the server."""

from typing import TYPE_CHECKING, get_args

import click

from mshield.cli.parts.output import Output, Refused, output_options
from mshield.server.commands.parts.number_search import by_number
from mshield.server.commands.parts.second_person import SERVING, confirmed_by, second_person_option
from mshield.server.commands.parts.service import Service, on_service

if TYPE_CHECKING:
    from mshield.server.accounts.change_phone import PhoneChange, PhoneChanged
    from mshield.server.accounts.phone_wait import PhoneChangeRow, PhoneWait

_TO = ("new", "old")


@click.group(name="account")
def command() -> None:
    """Change the phone number of an account; everything else is done in the console."""


@command.command(name="send-code")
@click.argument("phone")
@click.argument("new_phone")
@click.option(
    "--to", type=click.Choice(_TO), default="new", show_default=True, help="Number that the code goes to."
)
@output_options
def send_code(out: Output, phone: str, new_phone: str, *, to: str) -> None:
    """Send the code for changing the account of PHONE to NEW_PHONE.

    The holder of the number called you and reads it out to you. Never call anybody to ask for a code.
    """
    from mshield.server.values.names import mask_phone

    async def work(service: Service) -> "PhoneChange":
        from mshield.server.accounts.change_phone import Which
        from mshield.server.acts.actor import SERVICE

        change = (await _phones(out, service)).change_phone
        account = await by_number(
            service,
            lambda: change.find(phone),
            kind="accounts",
            number=phone,
            subjects=lambda found: [found.id],
        )
        which = next(choice for choice in get_args(Which) if choice == to)
        return await change.send_code(
            account.id, phone=new_phone, to=which, by=SERVICE, address="", now=service.now
        )

    sent = on_service(out, work, dated=True)
    masked = mask_phone(sent.phone if to == "new" else sent.account.phone)
    if sent.is_unchanged:
        message = out.pick(
            f"{masked} 就是这个账号的手机号，没有发送",
            f"{masked} is already the account's number; nothing was sent",
        )
        out.data({"phone_masked": masked, "unchanged": True}, [message])
        return
    out.data({"phone_masked": masked}, [out.pick(f"验证码已发到 {masked}", f"A code was sent to {masked}")])


@command.command(name="change-phone")
@click.argument("phone")
@click.argument("new_phone")
@click.option("--new-code", required=True, help="The code sent to NEW_PHONE.")
@click.option("--old-code", help="The code sent to PHONE; or --second-person.")
@second_person_option("a second person, who has seen the evidence", required=False)
@click.option("--evidence", required=True, help="Evidence that the account's owner requested the change.")
@output_options
def change_phone(
    out: Output,
    phone: str,
    new_phone: str,
    *,
    new_code: str,
    old_code: str | None,
    second_person: str | None,
    evidence: str,
) -> None:
    """Change the phone number of the account of PHONE to NEW_PHONE (R18) 更改绑定手机号.

    It needs a code from the new number. With a code from the old number it takes effect at once. With a
    second person instead, there is a waiting period (MSHIELD_PHONE_CHANGE_WAIT_HOURS): the old number is
    notified and can stop it. All logins of the account end when the change takes effect. Proofs of the
    account's identity remain.
    """
    if (old_code is None) == (second_person is None):
        raise click.UsageError("Give --old-code or --second-person.")

    async def work(service: Service) -> "PhoneChanged | PhoneChangeRow":
        from mshield.server.acts.actor import SERVICE

        phones = await _phones(out, service)
        account = await by_number(
            service,
            lambda: phones.change_phone.find(phone),
            kind="accounts",
            number=phone,
            subjects=lambda found: [found.id],
        )
        if old_code is not None:
            return await phones.change_phone(
                account.id,
                phone=new_phone,
                evidence=evidence,
                new_code=new_code,
                old_code=old_code,
                by=SERVICE,
                now=service.now,
            )
        return await phones.with_another(
            account.id,
            phone=new_phone,
            evidence=evidence,
            new_code=new_code,
            second_person=await confirmed_by(out, service, second_person or "", SERVING),
            now=service.now,
        )

    from mshield.server.accounts.change_phone import PhoneChanged
    from mshield.server.values.names import mask_phone

    result = on_service(out, work, dated=True)
    if isinstance(result, PhoneChanged):
        data: dict[str, object] = {
            "phone_masked": mask_phone(result.phone),
            "logins_ended": result.logins_ended,
            "old_number_told": result.old_number_told,
        }
        message = ("已更改", "Changed")
    else:
        data = {"phone_masked": mask_phone(result.new_phone), "effective_at": result.effective_at}
        message = (
            "尚未更改：等待期过后由服务完成，期间可以叫停",
            "Not changed yet: the service changes it after the waiting period",
        )
    out.data(data, [f"{name}  {value}" for name, value in data.items()])
    out.say(*message)


@command.command(name="stop-phone-change")
@click.argument("phone")
@click.option("--reason", required=True, help="Reason, such as who called.")
@output_options
def stop_phone_change(out: Output, phone: str, *, reason: str) -> None:
    """Stop a pending change of the phone number of the account of PHONE 叫停. One person is enough."""

    async def work(service: Service) -> None:
        from mshield.server.accounts.rows.accounts import find_account
        from mshield.server.accounts.stop_phone import stop_waiting
        from mshield.server.acts.actor import SERVICE
        from mshield.server.errors import NotFound
        from mshield.server.values.lines import checked_reason
        from mshield.server.values.names import check_phone

        account = await by_number(
            service,
            lambda: find_account(service.db, phone=check_phone(phone)),
            kind="accounts",
            number=phone,
            subjects=lambda found: [] if found is None else [found.id],
        )
        if account is None:
            raise NotFound
        said = checked_reason(reason)
        await stop_waiting(
            service.db, account.id, why="customer_service", reason=said, by=SERVICE, now=service.now
        )

    on_service(out, work)
    out.data({"stopped": True}, [out.pick("已叫停，手机号没有更改", "Stopped. The number stays")])


async def _phones(out: Output, service: Service) -> "PhoneWait":
    """Opens the service that changes phone numbers.

    Raises: Refused (no SMS gateway, or demo mode, where SMS stay in the service's own process).
    """
    from mshield.server.accounts.change_phone import ChangePhone
    from mshield.server.accounts.phone_wait import PhoneWait
    from mshield.server.accounts.sms_codes import SmsCodes
    from mshield.server.identity.proofs import Proofs
    from mshield.server.keys.secrets import load_lookup_key
    from mshield.server.notices.external.sms import DevelopmentSms
    from mshield.server.notices.external.sms_provider import SmsNotSetUp, open_gateway
    from mshield.server.notices.notify import Notify
    from mshield.server.notices.sms_log import LoggedSms

    db, settings = service.db, service.settings
    try:
        gateway = open_gateway(settings)
    except SmsNotSetUp as error:
        raise Refused(out.pick(error.zh, error.en), code="sms_not_set_up", as_json=out.json) from error
    if isinstance(gateway, DevelopmentSms):
        raise Refused(
            out.pick(
                "演示模式的短信只在服务自己的进程里，请在控制台更改",
                "In demo mode SMS stay in the service's own process: use the console instead",
            ),
            code="sms_not_set_up",
            as_json=out.json,
        )
    lookup = await load_lookup_key(db, service.keyring, now=service.now)
    sms = LoggedSms(db, lookup, gateway)
    change = ChangePhone(
        db,
        SmsCodes(db, lookup, settings.accounts, sms),
        Notify(db, settings, sms),
        Proofs(db, settings.identity),
    )
    return PhoneWait(db, settings.accounts, change)
