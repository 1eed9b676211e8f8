"""`mshield phone unlock` and `claim`: coming back to a phone that has applied, and a code that was read before that."""

from pathlib import Path

import click
import msgspec

from mshield.client.phone.phone import VirtualPhone
from mshield.commands.parts.output import Output
from mshield.commands.phone.display import show_logged_in, shown_time
from mshield.commands.phone.options import asking, phone_command, pin_option, secret_from


@click.command()
@click.option("--sms-code", "code", help="A code from `unlock --send-code`, in place of the PIN.")
@click.option("--send-code", is_flag=True, help="Have an SMS code sent to this phone's account.")
@click.option("--login", "qr", metavar="CODE", help="A login's QR code: the same PIN logs in at its PC.")
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
    """Log in again 打开手机盾, by the shield's PIN or an SMS code.

    The PIN counts among its five tries; with one left this way is closed.
    """
    if qr is not None:
        _with_login(out, phone, qr, pin_file)
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


def _with_login(out: Output, phone: VirtualPhone, qr: str, pin_file: Path | None) -> None:
    """Says who asks before it asks for the PIN."""
    kept = phone.claim(qr)
    if kept.login is None:
        raise click.UsageError(
            out.pick("不能一次打开并登录：请先 unlock，再 scan", "not both at once: unlock, then scan")
        )
    asker, login = kept.requester, kept.login
    place = " ".join(filter(None, (asker.pc_browser, asker.pc_address)))
    who, new = f"{asker.name} ({asker.domain})", " ".join(login.unlike) or "-"
    out.say(
        f"登录 {who}，核对数字 {login.number}，电脑 {place or '-'}，与以前不同：{new}",
        f"Login at {who}; the PC must show {login.number}; PC: {place or '-'}; new: {new}",
    )
    pin = secret_from(pin_file, "MSHIELD_PHONE_PIN") or asking(out)
    done = phone.unlock_and_log_in(kept, pin)
    number = done.session.shield_number
    state = "confirmed" if done.confirmed else "closed" if done.closed else "waits"
    texts = {
        "confirmed": ("已打开手机盾，并在电脑上登录", "Opened, and logged in at the PC"),
        "closed": ("已打开手机盾；电脑上的登录已结束", "Opened; the login at the PC has ended"),
        "waits": ("已打开手机盾；请扫描凭据", "Opened; scan the claim"),
    }
    out.data(
        {"shield_number": number, "login": state, "claim": kept.claim},
        [f"{out.pick(*texts[state])} {number or ''}".rstrip()],
    )


@click.command()
@click.argument("code")
@phone_command
def claim(out: Output, phone: VirtualPhone, *, code: str) -> None:
    """Keep a QR code that is read before login; `scan` the claim after it."""
    kept = phone.claim(code)
    until = shown_time(kept.expires_at)
    text = out.pick(
        f"{kept.requester.name} 的请求，登录后扫描（{until} 前）：",
        f"A request of {kept.requester.name}; scan by {until}:",
    )
    out.data(msgspec.to_builtins(kept), [text, kept.claim])
