"""`mshield legal-person`: the legal representative's operations at the portal, on the command line.

The login is kept in a private file until it ends. Every action has a reason; revoking explains its
consequence and asks for confirmation.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Final, get_args

import click
import msgspec

from mshield.cli.parts.folder import group_in_folder
from mshield.cli.parts.output import Output, Refused, shown_time, table
from mshield.testkit.commands.legal_person import applications as legal_applications
from mshield.testkit.commands.legal_person import people as legal_people
from mshield.testkit.commands.legal_person.login import LoginOptions, begin_login, fetch_captcha
from mshield.testkit.commands.legal_person.options import Portal, enterprise_option, portal_command
from mshield.wire.portal import Act, Cause, OutcomeMessage, PortalSessionMessage, ShieldMessage
from mshield.wire.state_words import HOLDS_ZH, STATES_ZH

_FILE: Final = click.Path(exists=True, dir_okay=False, readable=True, path_type=Path)


@group_in_folder(
    "legal-person",
    whose="PORTAL",
    kept_in="mshield-legal-person",
    holds="Folder that stores the login",
    remembers="by default that of the login.",
)
def command() -> None:
    """The legal representative 法人: look up shields, report loss, lift, freeze, revoke; confirm operators."""


@command.command()
@click.option("--account", help="The account: its phone number, or its name at --source.")
@click.option(
    "--source",
    help="The outside system that the account belongs to; one with a login page needs no other option.",
)
@click.option(
    "--password-file",
    type=_FILE,
    help="File with the password; otherwise MSHIELD_PORTAL_PASSWORD, or a prompt.",
)
@click.option("--captcha-id", help="A captcha fetched by `captcha`; by default one is fetched and asked for.")
@click.option("--captcha", help="The captcha's answer.")
@click.option(
    "--activation-code",
    help="Activation code 激活码 that proves who you are, if nothing has yet; by default it is asked for.",
)
@click.option("--login-id", help="ID of a login begun earlier; then only --sms-code is used.")
@click.option("--sms-code", "code", help="The code that was sent; by default it is asked for.")
@portal_command
def login(
    out: Output,
    portal: Portal,
    *,
    account: str | None,
    source: str | None,
    password_file: Path | None,
    captcha_id: str | None,
    captcha: str | None,
    activation_code: str | None,
    login_id: str | None,
    code: str | None,
) -> None:
    """Log in 登录: account, password, captcha, then the SMS code.

    A user of an outside system, such as the Single Window, logs in with that account: name the system with
    --source. For a system with its own login page the command prints the page to open, and asks for the
    address that the browser shows afterwards. A user who logs in with --source has read the service's privacy
    policy and user agreement (隐私政策、用户协议), and agrees to both, and to the use of the ID number.

    With --json nothing else is asked: without --login-id the login is begun and its ID printed, with it the
    login is finished.
    """
    if login_id is None:
        options = LoginOptions(
            account=account,
            source=source,
            password_file=password_file,
            captcha_id=captcha_id,
            captcha=captcha,
            activation_code=activation_code,
        )
        begun = begin_login(out, portal.client, portal.folder, options)
        if out.json:
            out.data(msgspec.to_builtins(begun), ())
            return
        login_id = begun.login_id
    code = code or str(click.prompt(out.pick("短信验证码", "SMS code"), err=True))
    session = portal.client.finish_login(login_id, code)
    portal.keep([enterprise.credit_code for enterprise in session.enterprises])
    data = {"name": session.name, "enterprises": msgspec.to_builtins(session.enterprises)}
    out.data(data | {"expires_in": session.expires_in}, _session_lines(out, session))


@command.command()
@click.argument("code")
@portal_command
def activate(out: Output, portal: Portal, *, code: str) -> None:
    """Add an enterprise with an activation code 激活码, if you are on file as its legal representative too."""
    added = portal.client.add_enterprise(code)
    portal.keep([enterprise.credit_code for enterprise in added.enterprises])
    lines = [f"{enterprise.credit_code}  {enterprise.name}" for enterprise in added.enterprises]
    out.data(msgspec.to_builtins(added), lines)


@command.command()
@click.option("--output", type=click.Path(dir_okay=False, path_type=Path), help="File for the PNG image.")
@portal_command
def captcha(out: Output, portal: Portal, *, output: Path | None) -> None:
    """Fetch a captcha image, for a scripted login."""
    path, captcha_id = fetch_captcha(portal.client, portal.folder, output)
    out.data({"captcha_id": captcha_id, "image": str(path)}, [f"{captcha_id}  {path}"])


@command.command()
@portal_command
def logout(out: Output, portal: Portal) -> None:
    """Log out 退出登录."""
    portal.client.logout()
    portal.keep(())
    out.data({"logged_in": False}, [out.pick("已退出登录", "Logged out")])


@command.command(name="list")
@click.option("--name", help="Any part of a name.")
@click.option("--shield-number", help="Only this shield.")
@click.option("--end", help="The end (尾号) of a shield, phone or ID number: four or more characters.")
@click.option("--state", type=click.Choice(list(STATES_ZH)))
@click.option("--hold", type=click.Choice(list(HOLDS_ZH)))
@enterprise_option
@portal_command
def list_(
    out: Output,
    portal: Portal,
    *,
    name: str | None,
    shield_number: str | None,
    end: str | None,
    state: str | None,
    hold: str | None,
    credit_code: str | None,
) -> None:
    """List the enterprise's shields, newest first."""
    filters = {"name": name, "shield_number": shield_number, "end": end, "state": state, "hold": hold}
    words = {field: word for field, word in filters.items() if word is not None}
    shields = list(portal.client.all_shields(portal.enterprise(credit_code), **words))
    headers = (
        ("手机盾号", "姓名", "状态", "停用原因", "有效期至")
        if out.lang == "zh"
        else ("shield number", "name", "state", "holds", "valid until")
    )
    out.data(msgspec.to_builtins(shields), table(headers, [_row(out, shield) for shield in shields]))


@command.command()
@click.argument("shield_number")
@enterprise_option
@portal_command
def show(out: Output, portal: Portal, *, shield_number: str, credit_code: str | None) -> None:
    """Show a shield, its history (who, why and when), and the proofs of its holder's identity."""
    history = portal.client.shield(portal.enterprise(credit_code), shield_number)
    headers = ("时间", "事件", "操作人", "原因") if out.lang == "zh" else ("time", "event", "by", "reason")
    events = [
        (shown_time(event.at), event.event, event.actor_name or event.actor, event.reason)
        for event in history.events
    ]
    lines = ["  ".join(_row(out, history.shield)), *table(headers, events)]
    lines += legal_people.proof_lines(out, history.proofs)
    out.data(msgspec.to_builtins(history), lines)


def _act_command(name: str, act: Act, help_text: str) -> None:
    @command.command(name=name, help=help_text)
    @click.argument("shield_numbers", nargs=-1, required=True)
    @click.option("--reason", required=True, help="Reason, recorded in the shield's history.")
    @enterprise_option
    @portal_command
    def run(
        out: Output, portal: Portal, *, shield_numbers: Sequence[str], reason: str, credit_code: str | None
    ) -> None:
        outcomes = portal.client.act(portal.enterprise(credit_code), act, list(shield_numbers), reason=reason)
        _show(out, outcomes)


_act_command(
    "report-loss",
    "report_loss",
    "Report loss 挂失: the shield can't log in or sign until the loss is lifted.",
)
_act_command("lift-loss", "lift_loss", "Lift a reported loss 解挂失.")
_act_command("freeze", "freeze", "Freeze 冻结: the shield can't log in or sign until it is unfrozen.")
_act_command("unfreeze", "unfreeze", "Unfreeze 解冻结.")


@command.command()
@click.argument("shield_numbers", nargs=-1, required=True)
@click.option("--reason", required=True, help="Reason, recorded in the shield's history.")
@click.option(
    "--cause",
    type=click.Choice(get_args(Cause)),
    default="unspecified",
    show_default=True,
    help="Reason in the revocation list.",
)
@click.option("--sms-code", "code", help="A code sent earlier; by default one is sent and asked for.")
@click.option("--yes", is_flag=True, help="Don't ask for confirmation.")
@enterprise_option
@portal_command
def revoke(
    out: Output,
    portal: Portal,
    *,
    shield_numbers: Sequence[str],
    reason: str,
    cause: Cause,
    code: str | None,
    yes: bool,
    credit_code: str | None,
) -> None:
    """Revoke 作废 shields permanently; their users have to apply again."""
    enterprise = portal.enterprise(credit_code)
    if not yes:
        numbers = ", ".join(shield_numbers)
        out.say(
            f"作废后不能恢复，{numbers} 不能再登录或签名；需要时请用户重新申请",
            f"Revoking can't be undone: {numbers} will never log in or sign again; their users have to apply again",
        )
        click.confirm(out.pick("确定作废？", "Revoke?"), abort=True, err=True)
    if code is None:
        portal.client.request_revocation_code()
        code = str(click.prompt(out.pick("短信验证码", "SMS code"), err=True))
    _show(
        out,
        portal.client.revoke(enterprise, list(shield_numbers), reason=reason, cause=cause, sms_code=code),
    )


@command.command()
@portal_command
def revocation_code(out: Output, portal: Portal) -> None:
    """Send the SMS code for a revocation, for scripts that revoke with --sms-code."""
    sent = portal.client.request_revocation_code()
    out.data(
        msgspec.to_builtins(sent),
        [out.pick(f"验证码已发送，{sent.expires_in} 秒内有效", f"Sent; valid for {sent.expires_in} seconds")],
    )


def _show(out: Output, outcomes: Sequence[OutcomeMessage]) -> None:
    words = {
        "changed": ("已执行", "done"),
        "unchanged": ("无变化", "unchanged"),
        "refused": ("未执行", "refused"),
    }
    rows = []
    for outcome in outcomes:
        why = "" if outcome.refusal is None else out.pick(outcome.refusal.zh, outcome.refusal.en)
        state = "" if outcome.state is None else _standing(out, outcome.state, outcome.holds)
        rows.append((outcome.shield_number, out.pick(*words[outcome.outcome]), state, why))
    out.data(msgspec.to_builtins(list(outcomes)), table(("", "", "", ""), rows)[1:])
    refused = sum(outcome.outcome == "refused" for outcome in outcomes)
    if refused:
        raise Refused(
            out.pick(f"有 {refused} 个手机盾没有执行", f"Shields that were refused: {refused}"),
            code="some_refused",
            extra={"refused": refused},
            as_json=out.json,
        )


def _row(out: Output, shield: ShieldMessage) -> tuple[str, ...]:
    state_code = _format_state(shield)
    state = out.pick(STATES_ZH.get(state_code, state_code), state_code)
    holds = " ".join(out.pick(HOLDS_ZH.get(hold, hold), hold) for hold in shield.holds)
    return (shield.shield_number, shield.name, state, holds, shown_time(shield.not_after)[:10])


def _format_state(shield: ShieldMessage) -> str:
    """Returns the state as shown by the portal's page."""
    if shield.state != "active" or shield.holds:
        return shield.state
    if shield.filing_ended:
        return "filing_ended"
    if shield.filing_changed:
        return "filing_changed"
    return "expiring" if shield.expiring else shield.state


def _standing(out: Output, state: str, holds: Sequence[str]) -> str:
    words = [STATES_ZH.get(state, state), *(HOLDS_ZH.get(hold, hold) for hold in holds)]
    return out.pick(" ".join(words), " ".join((state, *holds)))


def _session_lines(out: Output, session: PortalSessionMessage) -> list[str]:
    enterprises = [f"{enterprise.credit_code}  {enterprise.name}" for enterprise in session.enterprises]
    waits = [enterprise.acts_from for enterprise in session.enterprises if enterprise.acts_from is not None]
    until = [
        out.pick(
            f"密码刚用短信重设过：{shown_time(at)} 前不能确认操作员、制作激活码、解挂失、解冻结、作废",
            f"The password was reset by SMS: until {shown_time(at)} you can't confirm operators, create activation "
            "codes, lift holds or revoke shields",
        )
        for at in waits[:1]
    ]
    return [out.pick(f"已登录：{session.name}", f"Logged in: {session.name}"), *enterprises, *until]


for _command in (*legal_applications.COMMANDS, *legal_people.COMMANDS):
    command.add_command(_command)
