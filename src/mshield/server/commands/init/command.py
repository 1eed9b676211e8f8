"""`mshield init`: creates an installation that can serve; whatever exists already stays unchanged."""

import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from mshield.cli.parts.output import Output, Refused, output_options, refusing
from mshield.server.commands.doctor import look
from mshield.server.commands.init.settings_file import paths, read_settings, write_settings
from mshield.server.commands.migrate import apply_missing
from mshield.server.commands.parts.service import Service, on_service

if TYPE_CHECKING:
    from mshield.server.settings.settings import Settings

_WAIT_SECONDS: Final = 60
_LATER: Final = "later"


@dataclass
class _Report:
    """Record of the steps of this run, in order, and of values created for the user to note."""

    file: Path
    steps: list[str] = field(default_factory=list)
    root: str | None = None
    set_up: str | None = None


@click.command()
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@click.option(
    "--config",
    "file",
    type=click.Path(dir_okay=False, path_type=Path),
    help="The settings file; FOLDER/mshield.toml by default. An existing one is used unchanged.",
)
@click.option("--origin", help="The public address, https://…; it becomes part of the certificates.")
@click.option("--database", help="postgresql://…; by default a SQLite file in FOLDER.")
@click.option("--name", help="Name of the CA; common names begin with it.")
@click.option("--organisation", help="Organisation (O) of the CA's certificates; by default the name.")
@click.option("--officer", help="Name of the first security officer, who adds the others in the console.")
@click.option(
    "--serve", is_flag=True, help="Start the service afterwards, as `mshield serve`, if nothing is missing."
)
@output_options
@click.pass_context
def command(  # noqa: PLR0917  # click's own form
    context: click.Context,
    out: Output,
    folder: Path,
    file: Path | None,
    origin: str | None,
    database: str | None,
    name: str | None,
    organisation: str | None,
    officer: str | None,
    serve: bool,
) -> None:
    """Create an installation in FOLDER: settings file, master key, schema, CA, first officer.

    At a terminal it prompts for missing options. Safe to interrupt and to repeat: existing parts stay, the others are
    created. Run it as the user who will run the service. It ends with the verdict of `mshield doctor`: exit 1 if the
    service would not start.

    \b
    mshield init /var/lib/mshield --origin https://shield.example.cn --name 示例 --officer 顾行
    MSHIELD_CONFIG=/var/lib/mshield/mshield.toml mshield serve --port 8000 --trust-proxy 127.0.0.1
    """  # noqa: D301  # click needs the control character itself
    report = _Report((file or folder / "mshield.toml").absolute())
    settings = _settings(out, report, folder, origin=origin, database=database)
    _master_key(out, report, settings)
    applied = apply_missing(out, settings.database.url, wait=_WAIT_SECONDS)
    if applied:
        report.steps.append("schema")
    _ca(out, report, name, organisation)
    _officer(out, report, officer)
    faults = [check for check, (good, _) in look(settings).items() if not good]
    _print_report(out, report, faults)
    if faults:
        context.exit(1)
    if serve:
        from mshield.server.commands.serve import command as serve_command

        context.invoke(serve_command)


def _settings(
    out: Output, report: _Report, folder: Path, *, origin: str | None, database: str | None
) -> "Settings":
    from mshield.server.settings.origin import PlainOrigin
    from mshield.server.settings.settings import load_settings

    with refusing(out, PlainOrigin, OSError):
        if report.file.exists():
            if origin is not None or database is not None:
                raise Refused(
                    out.pick(
                        f"{report.file} 已存在，按其中设置执行；--origin、--database 请改在文件中",
                        f"{report.file} already exists and is used: set origin and database in that file",
                    ),
                    code="config_exists",
                    as_json=out.json,
                )
            read_settings(report.file)
        else:
            origin = _option_or_prompt(
                out, origin, "--origin", "对外地址（https://…）", "Public address (https://…)"
            )
            answers: dict[str, str | Mapping[str, str]] = {**paths(folder), "public_origin": origin}
            if database:
                answers["database"] = database
            write_settings(report.file, {**answers, **_sms(out)})
            report.steps.append("settings")
    settings = load_settings()
    settings.database.high_water_folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return settings


def _sms(out: Output) -> Mapping[str, str | Mapping[str, str]]:
    """Asks for the SMS provider and returns its settings; empty without a terminal, or if the user skips it."""
    if not _is_interactive():
        return {}
    provider = click.prompt(
        out.pick("短信服务商", "Provider of SMS"),
        type=click.Choice(["aliyun", "tencent", _LATER]),
        default=_LATER,
        err=True,
    )
    if provider == _LATER:
        return {}
    answers: dict[str, str | Mapping[str, str]] = {"sms_gateway": provider}
    answers["sms_key_id"] = click.prompt("AccessKey id / SecretId", err=True)
    answers["sms_key_secret"] = click.prompt("AccessKey secret / SecretKey", hide_input=True, err=True)
    answers["sms_sign_name"] = click.prompt(out.pick("短信签名", "SMS signature"), err=True)
    if provider == "tencent":
        answers["sms_app_id"] = click.prompt("SmsSdkAppId", err=True)
        answers["sms_region"] = click.prompt("Region", default="ap-guangzhou", err=True)
    template = click.prompt(out.pick("验证码模板编号", "Template of codes"), err=True)
    return answers | {"sms_templates": {"code": template}}


def _master_key(out: Output, report: _Report, settings: "Settings") -> None:
    from mshield.server.database.interface import StoreError
    from mshield.server.database.migrate import is_new
    from mshield.server.keys.errors import KeysError
    from mshield.server.keys.master import generate_master_key
    from mshield.server.keys.sources import MasterKeyFile

    if settings.keys.master_key is not None or settings.keys.master_key_file.exists():
        return
    with refusing(out, KeysError, OSError, StoreError):
        # The database's contents are sealed under a missing key, which a new one couldn't open.
        if not is_new(settings.database.url):
            raise Refused(
                out.pick(
                    f"数据库已在使用，而 {settings.keys.master_key_file} 不存在：请放回原来的主密钥",
                    f"the database is already in use, but the master key "
                    f"{settings.keys.master_key_file} is missing: restore it",
                ),
                code="no_master_key",
                as_json=out.json,
            )
        MasterKeyFile(settings.keys.master_key_file).create(generate_master_key("aes"))
    report.steps.append("master key")


def _ca(out: Output, report: _Report, name: str | None, organisation: str | None) -> None:
    from mshield.server.authorities.rows.authorities import list_authorities
    from mshield.server.ca.init import CaNames, init_ca

    if on_service(out, lambda service: list_authorities(service.db)):
        return
    name = _option_or_prompt(out, name, "--name", "证书签发机构名称", "Name of the CA")
    names = CaNames(name=name, organisation=organisation or name)

    async def work(service: Service) -> str:
        root, _ = await init_ca(
            service.db, service.keyring, service.engine, service.settings, names, now=service.now
        )
        return root.fingerprint().hex()

    report.root = on_service(out, work, dated=True)
    report.steps.append("CA")


def _officer(out: Output, report: _Report, name: str | None) -> None:
    from mshield.server.acts.actor import SERVICE
    from mshield.server.staff.members import add_staff, list_staff
    from mshield.server.staff.rules import StaffRole
    from mshield.server.staff.set_up import renew_set_up, set_up_address

    if on_service(out, lambda service: list_staff(service.db)):
        return
    name = _option_or_prompt(
        out, name, "--officer", "第一位安全员的姓名", "Name of the first security officer"
    )

    async def work(service: Service) -> str:
        roles = [StaffRole("security_officer")]
        member = await add_staff(service.db, name=name, roles=roles, now=service.now)
        life = service.settings.console.set_up_seconds
        _, code = await renew_set_up(service.db, staff_id=member.id, by=SERVICE, life=life, now=service.now)
        return set_up_address(service.settings.site, code)

    report.set_up = on_service(out, work, dated=True)
    report.steps.append("officer")


def _option_or_prompt(out: Output, value: str | None, option: str, zh: str, en: str) -> str:
    """Returns the value of the option, or asks for it at the terminal. Raises: Refused (no terminal)."""
    if value is not None:
        return value
    if _is_interactive():
        return str(click.prompt(out.pick(zh, en), err=True))
    raise Refused(
        out.pick(f"请以 {option} 给出：{zh}", f"missing option {option}: {en}"),
        code="not_said",
        extra={"option": option},
        as_json=out.json,
    )


def _is_interactive() -> bool:
    return sys.stdin.isatty()


def _print_report(out: Output, report: _Report, faults: list[str]) -> None:
    labels = {
        "settings": out.pick("设置文件", "settings"),
        "master key": out.pick("主密钥", "master key"),
        "schema": out.pick("数据库", "schema"),
        "CA": "CA",
        "officer": out.pick("安全员", "officer"),
    }
    lines = [f"ok  {text}" for name, text in labels.items() if name in report.steps]
    lines += [f"    settings    {report.file}"]
    if report.root:
        lines.append(f"    root        SHA-256 {report.root}")
    if report.set_up:
        lines.append(f"    set up      {report.set_up}")
    out.data(
        {
            "config": str(report.file),
            "made": report.steps,
            "root_sha256": report.root,
            "set_up": report.set_up,
            "ok": not faults,
            "faults": faults,
        },
        lines,
    )
    if "master key" in report.steps:
        out.say(
            "请另存主密钥，不要与数据库备份放在一起：没有它，任何手机盾都不能再签名",
            "Back up the master key apart from the database's backups: without it no shield can sign",
        )
    if report.set_up:
        out.say(
            "安全员的链接只显示这一次，只能用一次",
            "The officer's address is shown only once and works only once",
        )
    if faults:
        names = ", ".join(faults)
        out.say(
            f"服务还不能启动：{names}；见 mshield doctor",
            f"The service can't start yet: {names}; run mshield doctor",
        )
    else:
        start = f"MSHIELD_CONFIG={report.file} mshield serve"
        out.say(f"可以启动：{start}", f"Ready: {start}")
