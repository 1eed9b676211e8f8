"""Identity subcommands of `mshield legal-person`: operators to confirm, and activation codes."""

from typing import Final, get_args

import click
import msgspec

from mshield.cli.parts.output import Output, shown_time, table
from mshield.testkit.commands.legal_person.options import Portal, enterprise_option, portal_command
from mshield.testkit.commands.phone.identity import STATES
from mshield.wire.identity import grouped_code
from mshield.wire.portal import ApplicationDecision, ApplicationMessage, ApplicationState

_code_option: Final = click.option(
    "--sms-code",
    help="A code from `vouching-code` for this operator; by default one is sent and asked for.",
)


@click.command()
@click.option("--state", type=click.Choice(get_args(ApplicationState)), help="Only those in this state.")
@click.option("--before", help="The `next` of the previous page.")
@enterprise_option
@portal_command
def applications(
    out: Output,
    portal: Portal,
    *,
    state: ApplicationState | None,
    before: str | None,
    credit_code: str | None,
) -> None:
    """List the operators who ask to be confirmed 待确认的申请, newest first."""
    filters = {} if before is None else {"before": before}
    page = portal.client.applications(portal.enterprise(credit_code), state=state, **filters)
    headers = (
        ("编号", "状态", "姓名", "证件号码", "手机号", "与备案手机号", "申请时间")
        if out.lang == "zh"
        else ("id", "state", "name", "id number", "phone", "phone on file", "asked")
    )
    out.data(
        msgspec.to_builtins(page), table(headers, [_row(out, application) for application in page.items])
    )
    if page.next is not None:
        out.say(f"下一页：--before {page.next}", f"The next page: --before {page.next}")


@click.command()
@click.argument("application_id")
@_code_option
@click.option("--yes", is_flag=True, help="Don't ask whether you have spoken with them.")
@enterprise_option
@portal_command
def confirm(
    out: Output,
    portal: Portal,
    *,
    application_id: str,
    sms_code: str | None,
    yes: bool,
    credit_code: str | None,
) -> None:
    """Confirm 确认 permanently that it is the operator on file, who can then apply for a certificate."""
    enterprise = portal.enterprise(credit_code)
    if not yes:
        out.say(
            "请先当面或按备案电话与本人核实。确认后不能撤回，此账号即可申请该操作员的证书",
            "Ask them first, in person or by the number on file. It can't be undone: the account may then apply",
        )
        click.confirm(out.pick("确认是本人？", "Is it them?"), abort=True, err=True)
    if sms_code is None:
        sms_code = _prompted_code(out, portal, enterprise, _person_of(portal, enterprise, application_id))
    portal.client.decide_application(enterprise, application_id, "confirm", sms_code=sms_code)
    _print_decision(out, application_id, "confirm")


@click.command()
@click.argument("application_id")
@enterprise_option
@portal_command
def refuse(out: Output, portal: Portal, *, application_id: str, credit_code: str | None) -> None:
    """Refuse an application: it isn't the operator on file 不是本人."""
    portal.client.decide_application(portal.enterprise(credit_code), application_id, "refuse")
    _print_decision(out, application_id, "refuse")


@click.command()
@click.argument("person_id")
@_code_option
@enterprise_option
@portal_command
def code(
    out: Output, portal: Portal, *, person_id: str, sms_code: str | None, credit_code: str | None
) -> None:
    """Create an operator's activation code 激活码, to print or hand over; PERSON_ID is that of the person on file.

    `applications --json` and the portal's API return it as `person_id`. The code works once, within seven
    days, and replaces the previous one.
    """
    enterprise = portal.enterprise(credit_code)
    if sms_code is None:
        sms_code = _prompted_code(out, portal, enterprise, person_id)
    code = portal.client.make_activation_code(enterprise, person_id, sms_code=sms_code)
    grouped = grouped_code(code.code)
    rows = [
        (out.pick("激活码", "code"), grouped),
        (out.pick("姓名", "name"), code.name),
        (out.pick("有效期至", "valid until"), shown_time(code.expires_at)),
    ]
    out.data({**msgspec.to_builtins(code), "code": grouped}, table(("", ""), rows)[1:])
    out.say(
        "激活码只显示这一次，请打印或当面交给本人，不要发送",
        "Shown only once. Print it or hand it over; don't send it",
    )


@click.command()
@click.argument("person_id")
@enterprise_option
@portal_command
def vouching_code(out: Output, portal: Portal, *, person_id: str, credit_code: str | None) -> None:
    """Send the SMS code for confirming an operator, for scripts that use --sms-code."""
    sent = portal.client.request_vouching_code(portal.enterprise(credit_code), person_id)
    out.data(
        msgspec.to_builtins(sent),
        [out.pick(f"验证码已发送，{sent.expires_in} 秒内有效", f"Sent; valid for {sent.expires_in} seconds")],
    )


def _prompted_code(out: Output, portal: Portal, enterprise: str, person_id: str) -> str:
    portal.client.request_vouching_code(enterprise, person_id)
    return str(click.prompt(out.pick("短信验证码", "SMS code"), err=True))


def _person_of(portal: Portal, enterprise: str, application_id: str) -> str:
    """Returns the person that a waiting application is about. Raises: UsageError (no such application)."""
    before: str | None = None
    while True:
        filters = {} if before is None else {"before": before}
        page = portal.client.applications(enterprise, state="waiting", **filters)
        for application in page.items:
            if application.id == application_id:
                return application.person_id
        if page.next is None:
            raise click.UsageError("No such application is waiting.")
        before = page.next


def _print_decision(out: Output, application_id: str, decision: ApplicationDecision) -> None:
    words = {"confirm": ("已确认", "Confirmed"), "refuse": ("已拒绝", "Refused")}
    out.data({"id": application_id, "decision": decision}, [out.pick(*words[decision])])


def _row(out: Output, application: ApplicationMessage) -> tuple[str, ...]:
    same = {
        None: out.pick("未备案", "none"),
        True: out.pick("一致", "the same"),
        False: out.pick("不一致", "another"),
    }
    return (
        application.id,
        out.pick(*STATES[application.state]),
        application.name,
        application.id_number_masked,
        application.phone_masked,
        same[application.same_phone],
        shown_time(application.asked_at),
    )


COMMANDS: Final = (applications, confirm, refuse, code, vouching_code)
"""Commands of this module, added to the group by command.py."""
