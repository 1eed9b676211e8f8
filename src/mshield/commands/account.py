"""`mshield account`: what customer service does with accounts, at the server."""

from typing import TYPE_CHECKING, get_args

import click

from mshield.commands.parts.output import Output, Refused, output_options
from mshield.commands.parts.service import Service, on_service

if TYPE_CHECKING:
    from mshield.services.accounts.change_phone import PhoneChanged, Wanted
    from mshield.services.accounts.phone_wait import PhoneChangeRow, PhoneWait

_TO = ("new", "old")


@click.group(name="account")
def command() -> None:
    """Change the phone number of an account; all else is done at the console."""


@command.command(name="send-code")
@click.argument("phone")
@click.argument("new_phone")
@click.option("--to", type=click.Choice(_TO), default="new", show_default=True, help="Which number gets it.")
@output_options
def send_code(out: Output, phone: str, new_phone: str, *, to: str) -> None:
    """Send the code that a change of the account of PHONE to NEW_PHONE needs.

    Its holder reads it out to you, if it was them who called. Never call anybody to ask for a code.
    """
    from mshield.domain.identity import mask_phone

    async def work(service: Service) -> "Wanted":
        from mshield.domain.actor import SERVICE
        from mshield.services.accounts.change_phone import Which

        change = (await _phones(out, service)).change_phone
        account = await change.find(phone)
        which = next(choice for choice in get_args(Which) if choice == to)
        return await change.send_code(
            account.id, phone=new_phone, to=which, by=SERVICE, address="", now=service.now
        )

    wanted = on_service(out, work, dated=True)
    masked = mask_phone(wanted.phone if to == "new" else wanted.account.phone)
    if wanted.is_unchanged:
        said = out.pick(
            f"{masked} 就是这个账号的手机号，没有发送", f"{masked} is the account's number; nothing was sent"
        )
        out.data({"phone_masked": masked, "unchanged": True}, [said])
        return
    out.data({"phone_masked": masked}, [out.pick(f"验证码已发到 {masked}", f"A code was sent to {masked}")])


@command.command(name="change-phone")
@click.argument("phone")
@click.argument("new_phone")
@click.option("--new-code", required=True, help="The code that NEW_PHONE got.")
@click.option("--old-code", help="The code that PHONE got; or --second-person.")
@click.option("--second-person", metavar="NAME", help="Who else is there and has seen the evidence.")
@click.option("--evidence", required=True, help="What shows that the account's owner asked.")
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
    """Bind the account of PHONE to NEW_PHONE (R18), with a code from the new number 更改绑定手机号.

    With a code from the old one it is done at once. With a second person who is there instead, it waits first
    (MSHIELD_PHONE_CHANGE_WAIT_HOURS): the old number is told and can stop it. When it is done, all logins of the
    account end. What proves the account stays.
    """
    if (old_code is None) == (second_person is None):
        raise click.UsageError("Say --old-code, or --second-person.")

    async def work(service: Service) -> "PhoneChanged | PhoneChangeRow":
        from mshield.domain.actor import SERVICE
        from mshield.domain.identity import normalise_name

        phones = await _phones(out, service)
        account, now = await phones.change_phone.find(phone), service.now
        if old_code is not None:
            return await phones.change_phone(
                account.id,
                phone=new_phone,
                evidence=evidence,
                new_code=new_code,
                old_code=old_code,
                by=SERVICE,
                now=now,
            )
        return await phones.with_another(
            account.id,
            phone=new_phone,
            evidence=evidence,
            new_code=new_code,
            second_person=normalise_name(second_person or ""),
            now=now,
        )

    from mshield.domain.identity import mask_phone
    from mshield.services.accounts.change_phone import PhoneChanged

    done = on_service(out, work, dated=True)
    if isinstance(done, PhoneChanged):
        data: dict[str, object] = {
            "phone_masked": mask_phone(done.phone),
            "logins_ended": done.logins_ended,
            "old_number_told": done.old_number_told,
        }
        said = ("已更改", "Changed")
    else:
        data = {"phone_masked": mask_phone(done.new_phone), "effective_at": done.effective_at}
        said = (
            "尚未更改：等待期过后由服务完成，期间可以叫停",
            "Not changed yet: the service does it after the wait",
        )
    out.data(data, [f"{name}  {value}" for name, value in data.items()])
    out.say(*said)


@command.command(name="stop-phone-change")
@click.argument("phone")
@click.option("--reason", required=True, help="Why, such as who called.")
@output_options
def stop_phone_change(out: Output, phone: str, *, reason: str) -> None:
    """Stop another number of the account of PHONE that waits 叫停; the number stays. One person is enough."""

    async def work(service: Service) -> None:
        from mshield.domain import errors
        from mshield.domain.actor import SERVICE
        from mshield.domain.identity import check_phone
        from mshield.domain.lines import checked_reason
        from mshield.services.accounts.stop_phone import stop_waiting
        from mshield.store.accounts.accounts import find_account

        account = await find_account(service.db, phone=check_phone(phone))
        if account is None:
            raise errors.NotFound
        said = checked_reason(reason)
        await stop_waiting(
            service.db, account.id, why="customer_service", reason=said, by=SERVICE, now=service.now
        )

    on_service(out, work)
    out.data({"stopped": True}, [out.pick("已叫停，手机号没有更改", "Stopped. The number stays")])


async def _phones(out: Output, service: Service) -> "PhoneWait":
    """Raises Refused in demo mode, whose SMS stay in the service's own process."""
    from mshield.gateways.sms import DevelopmentSms
    from mshield.gateways.sms_provider import SmsNotSetUp, open_gateway
    from mshield.keys.secrets import load_lookup_key
    from mshield.services.accounts.change_phone import ChangePhone
    from mshield.services.accounts.phone_wait import PhoneWait
    from mshield.services.accounts.sms_codes import SmsCodes
    from mshield.services.identity.proofs import Proofs
    from mshield.services.notices.notify import Notify
    from mshield.services.notices.sms_log import LoggedSms

    db, settings = service.db, service.settings
    try:
        gateway = open_gateway(settings)
    except SmsNotSetUp as error:
        raise Refused(out.pick(error.zh, error.en), code="sms_not_set_up", as_json=out.json) from error
    if isinstance(gateway, DevelopmentSms):
        raise Refused(
            out.pick(
                "演示模式的短信只在服务自己的进程里，请在控制台更改",
                "In demo mode SMS stay in the service's own process: change it at the console",
            ),
            code="sms_not_set_up",
            as_json=out.json,
        )
    lookup = await load_lookup_key(db, service.keyring, now=service.now)
    sms = LoggedSms(db, lookup, gateway)
    change = ChangePhone(
        db, SmsCodes(db, lookup, settings, sms), Notify(db, settings, sms), Proofs(db, settings)
    )
    return PhoneWait(db, settings, change)
