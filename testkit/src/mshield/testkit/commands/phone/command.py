"""`mshield phone`: the virtual phone, with one command per function of the app; its storage is a folder.

PIN and password come from a prompt without echo, a file or the environment, never from an argument, which
other users of the machine could see.
"""

import functools
from pathlib import Path
from typing import get_args

import click
import msgspec

from mshield.cli.parts.folder import group_in_folder
from mshield.cli.parts.output import Output, shown_time, table
from mshield.client.errors import ProblemError
from mshield.testkit.commands.parts.account_source import code_of_page, kind_of
from mshield.testkit.commands.phone import identity as phone_identity
from mshield.testkit.commands.phone import renewal as phone_renewal
from mshield.testkit.commands.phone import unlock as phone_unlock
from mshield.testkit.commands.phone.approve import approve
from mshield.testkit.commands.phone.captcha import captcha, fetch_captcha, require_together
from mshield.testkit.commands.phone.display import (
    return_lines,
    scan_lines,
    show_certificate,
    show_inbox,
    show_logged_in,
    show_status,
)
from mshield.testkit.commands.phone.options import (
    FILE,
    asking,
    new_pin,
    phone_command,
    pin_option,
    secret_from,
)
from mshield.testkit.phone.approval import DeclineReason
from mshield.testkit.phone.enrolment import OWN_NUMBER_PURPOSES
from mshield.testkit.phone.phone import SmsPurpose, VirtualPhone
from mshield.wire.phone.accounts import IdTypeName
from mshield.wire.phone.enrolment import UserType


@group_in_folder(
    "phone",
    whose="PHONE",
    kept_in="mshield-phone",
    holds="Storage folder of the phone",
    remembers="by default that of init.",
)
def command() -> None:
    """A virtual phone 手机盾: register, log in, apply for a certificate, scan, log in and sign with it."""


@command.command()
@phone_command
def init(out: Output, phone: VirtualPhone) -> None:
    """Initialise a phone in the folder: its device key and device secret."""
    phone.initialise()
    show_status(out, phone.status())


@command.command()
@click.option(
    "--purpose", type=click.Choice(get_args(SmsPurpose)), required=True, help="Purpose of the code."
)
@click.option("--phone", "number", help="The phone number; needed for register and reset only.")
@click.option("--captcha-id", help="After `captcha_needed`: a captcha fetched by `captcha --for-sms-code`.")
@click.option("--captcha", "answer", help="The captcha's answer.")
@phone_command
def sms_code(
    out: Output,
    phone: VirtualPhone,
    *,
    purpose: SmsPurpose,
    number: str | None,
    captcha_id: str | None,
    answer: str | None,
) -> None:
    """Request an SMS code 获取验证码."""
    if purpose not in OWN_NUMBER_PURPOSES and number is None:
        raise click.UsageError("Give the phone number with --phone.")
    require_together(captcha_id, answer)
    sent = phone.request_sms_code(
        purpose,
        phone=None if purpose in OWN_NUMBER_PURPOSES else number,
        captcha_id=captcha_id,
        captcha=answer,
    )
    out.data(
        {"expires_in": sent.expires_in, "resend_in": sent.resend_in},
        [out.pick(f"验证码已发送，{sent.expires_in} 秒内有效", f"Sent; valid for {sent.expires_in} seconds")],
    )


@command.command()
@click.option("--name", required=True, help="Name, as in the ID document.")
@click.option("--id-type", type=click.Choice(get_args(IdTypeName)), default="resident_id", show_default=True)
@click.option("--id-number", required=True)
@click.option("--phone", "number", required=True, help="Phone number; it becomes the account's name.")
@click.option("--sms-code", "code", required=True, help="The code from `sms-code --purpose register`.")
@click.option(
    "--password-file",
    type=FILE,
    help="File with the password; otherwise MSHIELD_PHONE_PASSWORD, or a prompt.",
)
@phone_command
def register(
    out: Output,
    phone: VirtualPhone,
    *,
    name: str,
    id_type: IdTypeName,
    id_number: str,
    number: str,
    code: str,
    password_file: Path | None,
) -> None:
    """Register an account 我要注册."""
    password = secret_from(password_file, "MSHIELD_PHONE_PASSWORD") or click.prompt(
        out.pick("密码", "Password"), hide_input=True, confirmation_prompt=True, err=True
    )
    account = phone.register(
        name=name, id_type=id_type, id_number=id_number, phone=number, sms_code=code, password=password
    )
    out.data(
        {"account": account}, [out.pick(f"已注册，账号 {account}", f"Registered; the account is {account}")]
    )


@command.command()
@click.option("--phone", "number", required=True, help="The account's phone number.")
@click.option("--id-number", required=True)
@click.option("--sms-code", "code", required=True, help="The code from `sms-code --purpose reset`.")
@click.option(
    "--password-file",
    type=FILE,
    help="File with the password; otherwise MSHIELD_PHONE_PASSWORD, or a prompt.",
)
@phone_command
def reset_password(
    out: Output,
    phone: VirtualPhone,
    *,
    number: str,
    id_number: str,
    code: str,
    password_file: Path | None,
) -> None:
    """Reset a forgotten password 忘记密码. All logins of the account end."""
    password = secret_from(password_file, "MSHIELD_PHONE_PASSWORD") or click.prompt(
        out.pick("新密码", "New password"), hide_input=True, confirmation_prompt=True, err=True
    )
    count = phone.reset_password(phone=number, sms_code=code, id_number=id_number, password=password)
    out.data(
        {"logins_ended": count},
        [out.pick(f"密码已重设，{count} 个登录已结束", f"Reset; logins that ended: {count}")],
    )


@command.command()
@click.option("--account", help="The account: its phone number, or its name at --source.")
@click.option(
    "--password-file",
    type=FILE,
    help="File with the password; otherwise MSHIELD_PHONE_PASSWORD, or a prompt.",
)
@click.option("--captcha-id", help="A captcha fetched by `captcha`; by default one is fetched and asked for.")
@click.option("--captcha", "answer", help="The captcha's answer.")
@click.option(
    "--source",
    help="The outside system that the account belongs to; one with a login page needs no other option.",
)
@phone_command
def login(
    out: Output,
    phone: VirtualPhone,
    *,
    account: str | None,
    password_file: Path | None,
    captcha_id: str | None,
    answer: str | None,
    source: str | None,
) -> None:
    """Log in 登录: account, password, captcha; or on the page of an outside system."""
    if source is not None and kind_of(phone.account_sources(), source) == "page":
        begun = phone.begin_outside_login(source)
        show_logged_in(out, phone.finish_outside_login(begun.state, code_of_page(out, begun)))
        return
    if account is None:
        raise click.UsageError("Say which --account.")
    require_together(captcha_id, answer)
    password = secret_from(password_file, "MSHIELD_PHONE_PASSWORD") or click.prompt(
        out.pick("密码", "Password"), hide_input=True, err=True
    )
    if captcha_id is None or answer is None:
        path, captcha_id = fetch_captcha(phone, None)
        out.say(f"验证码图片：{path}", f"The captcha's image: {path}")
        answer = click.prompt(out.pick("验证码", "Captcha"), err=True)
    result = phone.login(
        account=account, password=password, captcha_id=captcha_id, captcha=answer or "", source=source
    )
    show_logged_in(out, result)


@command.command()
@phone_command
def logout(out: Output, phone: VirtualPhone) -> None:
    """Log out 退出登录."""
    phone.logout()
    out.data({"logged_in": False}, [out.pick("已退出登录", "Logged out")])


@command.command()
@phone_command
def status(out: Output, phone: VirtualPhone) -> None:
    """Show the phone's local state, without contacting the service."""
    show_status(out, phone.status())


@command.command()
@click.option("--name", help="Name, as on file.")
@click.option("--id-number", help="ID number, as on file.")
@click.option("--user-type", type=click.Choice(get_args(UserType)), default="operator", show_default=True)
@click.option("--credit-code", help="The enterprise's unified social credit code.")
@click.option("--sms-code", "code", help="The code from `sms-code --purpose apply`.")
@click.option("--resume", is_flag=True, help="Complete an interrupted application; needs only its PIN.")
@click.option(
    "--again",
    is_flag=True,
    help="Put this phone's present certificate on hold without a question; see above.",
)
@pin_option
@phone_command
def apply(
    out: Output,
    phone: VirtualPhone,
    *,
    name: str | None,
    id_number: str | None,
    user_type: UserType,
    credit_code: str | None,
    code: str | None,
    resume: bool,
    again: bool,
    pin_file: Path | None,
) -> None:
    """Apply for a certificate 申请证书 and set the PIN, exactly 6 digits.

    On a phone whose certificate the legal representative has not revoked, applying fails and also puts that
    certificate on hold: the command warns and asks first. --again is that confirmation for scripts.
    """
    if resume:
        show_certificate(out, phone.resume_application(new_pin(out, pin_file, confirm=False)))
        return
    if name is None or id_number is None or credit_code is None or code is None:
        raise click.UsageError("Give --name, --id-number, --credit-code and --sms-code, or --resume.")
    application = functools.partial(
        phone.apply,
        name=name,
        id_number=id_number,
        user_type=user_type,
        credit_code=credit_code,
        sms_code=code,
        pin=new_pin(out, pin_file, confirm=True),
    )
    try:
        issued = application(again=again)
    except ProblemError as warning:
        if warning.code != "already_certified" or out.json:
            raise
        out.say(warning.zh, warning.en)
        click.confirm(
            out.pick("仍要申请，停用现有证书？", "Apply anyway and put the present certificate on hold?"),
            abort=True,
            err=True,
        )
        issued = application(again=True)
    show_certificate(out, issued)


@command.command()
@pin_option
@click.option("--new-pin-file", type=FILE, help="Like --pin-file, for the new PIN (MSHIELD_PHONE_NEW_PIN).")
@phone_command
def change_pin(out: Output, phone: VirtualPhone, *, pin_file: Path | None, new_pin_file: Path | None) -> None:
    """Change the PIN 修改 PIN 码; the new one is valid at once. Safe to repeat after a network failure."""
    new = secret_from(new_pin_file, "MSHIELD_PHONE_NEW_PIN") or click.prompt(
        out.pick("新 PIN 码（6 位数字）", "New PIN (6 digits)"),
        hide_input=True,
        confirmation_prompt=True,
        err=True,
    )
    result = phone.change_pin(secret_from(pin_file, "MSHIELD_PHONE_PIN") or asking(out), new)
    out.data(
        {"changed": True, "recovered": result.recovered}, [out.pick("PIN 码已修改", "The PIN is changed")]
    )


@command.command()
@click.argument("code")
@phone_command
def scan(out: Output, phone: VirtualPhone, *, code: str) -> None:
    """Scan a QR code 扫一扫: CODE is its text, or another app's link.

    Shows the request and the business system; then approve or decline.
    """
    scanned = phone.scan(code)
    out.data(msgspec.to_builtins(scanned), scan_lines(out, scanned))


@command.command()
@phone_command
def inbox(out: Output, phone: VirtualPhone) -> None:
    """List the requests waiting for this shield 待办, with their amounts.

    Amounts are read from the contents, by their views; this doesn't take a request.
    """
    show_inbox(out, phone)


@command.command()
@click.argument("request_ids", nargs=-1, required=True, metavar="REQUEST_ID...")
@phone_command
def take(out: Output, phone: VirtualPhone, *, request_ids: tuple[str, ...]) -> None:
    """Take a request from the inbox, or several of one system, to answer together with one PIN.

    Shows the request and the business system; then approve or decline.
    """
    scanned = phone.take(*request_ids)
    out.data(msgspec.to_builtins(scanned), scan_lines(out, scanned))


@command.command()
@click.argument("request_id", required=False)
@phone_command
def prolong(out: Output, phone: VirtualPhone, *, request_id: str | None) -> None:
    """Prolong the scanned signature 延长时间, once, to continue reading. Safe to repeat."""
    end = phone.prolong(request_id)
    until = shown_time(end)
    out.data({"expires_at": end}, [out.pick(f"已延长到 {until}", f"Prolonged until {until}")])


@command.command()
@click.argument("request_id", required=False)
@click.option("--reason", type=click.Choice(get_args(DeclineReason)), default="declined", show_default=True)
@phone_command
def decline(out: Output, phone: VirtualPhone, *, request_id: str | None, reason: DeclineReason) -> None:
    """Decline the scanned request 拒绝; `--reason not_me` reports that somebody else started it."""
    back = phone.decline(request_id, reason=reason)
    out.data(
        {"declined": True, "reason": reason, "return_address": back},
        [out.pick("已拒绝", "Declined"), *return_lines(out, back)],
    )


@command.command()
@phone_command
def certificate(out: Output, phone: VirtualPhone) -> None:
    """Show my certificate 我的证书, with its state at the service."""
    show_certificate(out, phone.certificate())


@command.command()
@click.option("--before", help="The `next` of the previous page.")
@click.option("--limit", type=click.IntRange(1, 100), default=20, show_default=True)
@phone_command
def signatures(out: Output, phone: VirtualPhone, *, before: str | None, limit: int) -> None:
    """List my signatures 我的签名, newest first."""
    page = phone.signatures(before=before, limit=limit)
    headers = (
        ("时间", "类型", "业务系统", "标题") if out.lang == "zh" else ("time", "kind", "business", "title")
    )
    rows = [
        (shown_time(item.signed_at), item.kind, item.business_name or "", item.title) for item in page.items
    ]
    out.data(msgspec.to_builtins(page), table(headers, rows))


command.add_command(approve)
command.add_command(captcha)
command.add_command(phone_identity.identity)
for _command in (*phone_renewal.COMMANDS, phone_unlock.unlock, phone_unlock.claim):
    command.add_command(_command)
