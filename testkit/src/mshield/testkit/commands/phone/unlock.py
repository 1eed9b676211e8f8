"""`mshield phone unlock`, which logs in again with the PIN, and `claim`, which reserves a QR code read before that."""

from pathlib import Path

import click
import msgspec

from mshield.cli.parts.output import Output, shown_time
from mshield.testkit.commands.phone.display import show_logged_in
from mshield.testkit.commands.phone.options import asking, phone_command, pin_option, secret_from
from mshield.testkit.phone.phone import VirtualPhone


@click.command()
@click.option("--sms-code", "code", help="A code from `unlock --send-code`, instead of the PIN.")
@click.option("--send-code", is_flag=True, help="Send an SMS code to this phone's account.")
@click.option("--login", "qr", metavar="CODE", help="A login's QR code: the same PIN also logs in at its PC.")
@pin_option
@phone_command
def unlock(
    out: Output,
    phone: VirtualPhone,
    *,
    code: str | None,
    send_code: bool,
    qr: str | None,
    pin_file: Path | None,
) -> None:
    """Log in again 打开手机盾, with the shield's PIN or an SMS code.

    Wrong PINs count towards the limit of five; with one attempt left the PIN isn't accepted here.
    """
    if qr is not None:
        _unlock_and_log_in(out, phone, qr, pin_file)
    elif send_code:
        sent = phone.request_unlock_code()
        text = out.pick(
            f"验证码已发送，{sent.expires_in} 秒内有效", f"Sent; valid for {sent.expires_in} seconds"
        )
        out.data({"expires_in": sent.expires_in, "resend_in": sent.resend_in}, [text])
    elif code is not None:
        show_logged_in(out, phone.unlock_by_sms(code))
    else:
        pin = secret_from(pin_file, "MSHIELD_PHONE_PIN") or asking(out)
        show_logged_in(out, phone.unlock(pin))


def _unlock_and_log_in(out: Output, phone: VirtualPhone, qr: str, pin_file: Path | None) -> None:
    """Claims the login, shows which business system asks, and only then asks for the PIN."""
    claimed = phone.claim(qr)
    if claimed.login is None:
        raise click.UsageError(
            out.pick(
                "不能一次打开并登录：请先 unlock，再 scan",
                "this can't be done in one step: unlock, then scan",
            )
        )
    asker, login = claimed.requester, claimed.login
    place = " ".join(filter(None, (asker.pc_browser, asker.pc_address)))
    who, new = f"{asker.name} ({asker.domain})", " ".join(login.unlike) or "-"
    out.say(
        f"登录 {who}，核对数字 {login.number}，电脑 {place or '-'}，与以前不同：{new}",
        f"Login at {who}; the PC must show {login.number}; PC: {place or '-'}; new: {new}",
    )
    pin = secret_from(pin_file, "MSHIELD_PHONE_PIN") or asking(out)
    result = phone.unlock_and_log_in(claimed, pin)
    number = result.session.shield_number
    state = "confirmed" if result.confirmed else "closed" if result.closed else "waits"
    texts = {
        "confirmed": ("已打开手机盾，并在电脑上登录", "Opened, and logged in at the PC"),
        "closed": ("已打开手机盾；电脑上的登录已结束", "Opened; the login at the PC has ended"),
        "waits": ("已打开手机盾；请扫描凭据", "Opened; scan the claim"),
    }
    out.data(
        {"shield_number": number, "login": state, "claim": claimed.claim},
        [f"{out.pick(*texts[state])} {number or ''}".rstrip()],
    )


@click.command()
@click.argument("code")
@phone_command
def claim(out: Output, phone: VirtualPhone, *, code: str) -> None:
    """Claim a QR code read before login; `scan` the claim after it."""
    claimed = phone.claim(code)
    until = shown_time(claimed.expires_at)
    text = out.pick(
        f"{claimed.requester.name} 的请求，登录后扫描（{until} 前）：",
        f"A request of {claimed.requester.name}; scan by {until}:",
    )
    out.data(msgspec.to_builtins(claimed), [text, claimed.claim])
