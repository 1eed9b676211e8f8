"""First half of `mshield legal-person login`: by password and captcha, or on an outside system's page."""

import os
from dataclasses import dataclass
from pathlib import Path

import click

from mshield.cli.parts.output import Output
from mshield.client.errors import ProblemError
from mshield.client.forms import unbase64
from mshield.testkit.commands.parts.account_source import code_of_page, kind_of
from mshield.testkit.phone.folder import Folder
from mshield.testkit.portal import PortalClient
from mshield.wire.portal import PortalLoginBegunMessage


@dataclass(frozen=True, slots=True, kw_only=True)
class LoginOptions:
    """Login options of the command line; captcha and answer are set if a captcha was fetched before."""

    account: str | None
    source: str | None
    password_file: Path | None
    captcha_id: str | None
    captcha: str | None
    activation_code: str | None


def begin_login(
    out: Output, client: PortalClient, folder: Folder, options: LoginOptions
) -> PortalLoginBegunMessage:
    """Begins the login, which sends the SMS code, and tells the user where it went."""
    try:
        begun = _first_half(out, client, folder, options)
    except ProblemError as refusal:
        begun = _continue_with_code(out, client, options.activation_code, refusal)
    out.say(
        f"验证码已发送至 {begun.phone_masked}，{begun.expires_in} 秒内有效",
        f"A code was sent to {begun.phone_masked}; valid for {begun.expires_in} seconds",
    )
    return begun


def _first_half(
    out: Output, client: PortalClient, folder: Folder, options: LoginOptions
) -> PortalLoginBegunMessage:
    if options.source is not None and kind_of(client.account_sources(), options.source) == "page":
        page = client.begin_outside_login(options.source)
        return client.finish_outside_login(page.state, code_of_page(out, page))
    return _by_password(out, client, folder, options)


def _continue_with_code(
    out: Output, client: PortalClient, code: str | None, refusal: ProblemError
) -> PortalLoginBegunMessage:
    """Continues with the activation code if only a proof was missing. Raises: ProblemError (`refusal`, otherwise)."""
    activation_id = refusal.extra.get("activation_id")
    # With `counts_from` the code was accepted, but is valid later, because another account of the person was
    # notified.
    if not isinstance(activation_id, str) or "counts_from" in refusal.extra or (code is None and out.json):
        raise refusal
    if code is None:
        out.say(refusal.zh, refusal.en)
        code = str(click.prompt(out.pick("激活码", "Activation code"), err=True))
    return client.activate(activation_id, code)


def _by_password(
    out: Output, client: PortalClient, folder: Folder, options: LoginOptions
) -> PortalLoginBegunMessage:
    if options.account is None:
        raise click.UsageError("Give the account with --account, or --login-id.")
    if (options.captcha_id is None) != (options.captcha is None):
        raise click.UsageError("--captcha-id and --captcha must be given together.")
    password = _password(out, options.password_file)
    captcha_id, answer = options.captcha_id, options.captcha
    if captcha_id is None or answer is None:
        path, captcha_id = fetch_captcha(client, folder, None)
        out.say(f"验证码图片：{path}", f"The captcha's image: {path}")
        answer = str(click.prompt(out.pick("验证码", "Captcha"), err=True))
    return client.begin_login(
        account=options.account,
        password=password,
        captcha_id=captcha_id,
        captcha=answer,
        source=options.source,
        activation_code=options.activation_code,
    )


def fetch_captcha(client: PortalClient, folder: Folder, output: Path | None) -> tuple[Path, str]:
    """Fetches a captcha; returns the file of its image, and its id."""
    fetched = client.captcha()
    folder.create()
    path = output or folder.path / "captcha.png"
    path.write_bytes(unbase64(fetched.image_b64 or ""))
    return path, fetched.captcha_id


def _password(out: Output, file: Path | None) -> str:
    if file is not None:
        return file.read_text(encoding="utf-8").strip()
    password = os.environ.get("MSHIELD_PORTAL_PASSWORD")
    return password or str(click.prompt(out.pick("密码", "Password"), hide_input=True, err=True))
