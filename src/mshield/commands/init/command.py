"""`mshield init`: from nothing to an installation that serves; what is there already stays as it is."""

import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from mshield.commands.doctor import look
from mshield.commands.init.settings_file import paths, read_settings, write_settings
from mshield.commands.migrate import bring_up
from mshield.commands.parts.output import Output, Refused, output_options, refusing
from mshield.commands.parts.service import Service, on_service

if TYPE_CHECKING:
    from mshield.settings import Settings

_WAIT_SECONDS: Final = 60
_LATER: Final = "later"


@dataclass
class _Report:
    """What this run made, in order, with what of it is to be noted."""

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
    help="The settings file; FOLDER/mshield.toml if not given. One that is there is used as it is.",
)
@click.option("--origin", help="The public address, https://…; goes into certificates.")
@click.option("--database", help="postgresql://…; a SQLite file in FOLDER if not given.")
@click.option("--name", help="The CA's name; common names begin with it.")
@click.option("--organisation", help="Organisation (O) of the CA's certificates; the name if not given.")
@click.option("--officer", help="Name of the first security officer, who adds the others in the console.")
@click.option("--serve", is_flag=True, help="Go on as `mshield serve`, if nothing is missing.")
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
    """Make an installation in FOLDER: settings file, master key, schema, CA, first officer.

    Asks for what isn't said, at a terminal. Safe to interrupt and to repeat: what is there stays, the rest is made.
    Run it as the user who will serve. It ends with the verdict of `mshield doctor`: exit 1 if the service would not
    start.

    \b
    mshield init /var/lib/mshield --origin https://shield.example.cn --name 示例 --officer 顾行
    MSHIELD_CONFIG=/var/lib/mshield/mshield.toml mshield serve --port 8000 --trust-proxy 127.0.0.1
    """  # noqa: D301  # click reads the character, not its name
    report = _Report((file or folder / "mshield.toml").absolute())
    settings = _settings(out, report, folder, origin=origin, database=database)
    _master_key(out, report, settings)
    applied, _ = bring_up(out, settings.database, wait=_WAIT_SECONDS)
    if applied:
        report.steps.append("schema")
    _ca(out, report, name, organisation)
    _officer(out, report, officer)
    faults = [check for check, (good, _) in look(settings).items() if not good]
    _tell(out, report, faults)
    if faults:
        context.exit(1)
    if serve:
        from mshield.commands.serve import command as serve_command

        context.invoke(serve_command)


def _settings(
    out: Output, report: _Report, folder: Path, *, origin: str | None, database: str | None
) -> "Settings":
    from mshield.services.process.origin import PlainOrigin
    from mshield.settings import load_settings

    with refusing(out, PlainOrigin, OSError):
        if report.file.exists():
            if origin is not None or database is not None:
                raise Refused(
                    out.pick(
                        f"{report.file} 已存在，按其中设置执行；--origin、--database 请改在文件中",
                        f"{report.file} exists and counts: say origin and database there",
                    ),
                    code="config_exists",
                    as_json=out.json,
                )
            read_settings(report.file)
        else:
            origin = _asked(out, origin, "--origin", "对外地址（https://…）", "Public address (https://…)")
            answers: dict[str, str | Mapping[str, str]] = {**paths(folder), "public_origin": origin}
            if database:
                answers["database"] = database
            write_settings(report.file, {**answers, **_sms(out)})
            report.steps.append("settings")
    settings = load_settings()
    settings.high_water_folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return settings


def _sms(out: Output) -> Mapping[str, str | Mapping[str, str]]:
    """Settings of the SMS provider that somebody at a terminal names; empty without a terminal, or if they skip it."""
    if not _is_asked():
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
    answers["sms_sign_name"] = click.prompt(out.pick("短信签名", "Signature of SMS"), err=True)
    if provider == "tencent":
        answers["sms_app_id"] = click.prompt("SmsSdkAppId", err=True)
        answers["sms_region"] = click.prompt("Region", default="ap-guangzhou", err=True)
    template = click.prompt(out.pick("验证码模板编号", "Template of codes"), err=True)
    return answers | {"sms_templates": {"code": template}}


def _master_key(out: Output, report: _Report, settings: "Settings") -> None:
    from mshield.keys.errors import KeysError
    from mshield.keys.master import generate_master_key
    from mshield.keys.sources import MasterKeyFile
    from mshield.store.database.interface import StoreError
    from mshield.store.database.migrate import is_new

    if settings.master_key is not None or settings.master_key_file.exists():
        return
    with refusing(out, KeysError, OSError, StoreError):
        # What that database holds is sealed under a key that isn't here: another one would open nothing.
        if not is_new(settings.database):
            raise Refused(
                out.pick(
                    f"数据库已在使用，而 {settings.master_key_file} 不存在：请放回原来的主密钥",
                    f"the database is in use and {settings.master_key_file} isn't there: put its key back",
                ),
                code="no_master_key",
                as_json=out.json,
            )
        MasterKeyFile(settings.master_key_file).create(generate_master_key("aes"))
    report.steps.append("master key")


def _ca(out: Output, report: _Report, name: str | None, organisation: str | None) -> None:
    from mshield.services.ca.init import CaNames, init_ca
    from mshield.store.ca.authorities import list_authorities

    if on_service(out, lambda service: list_authorities(service.db)):
        return
    name = _asked(out, name, "--name", "证书签发机构名称", "Name of the CA")
    names = CaNames(name=name, organisation=organisation or name)

    async def work(service: Service) -> str:
        root, _ = await init_ca(
            service.db, service.keyring, service.engine, service.settings, names, now=service.now
        )
        return root.fingerprint().hex()

    report.root = on_service(out, work, dated=True)
    report.steps.append("CA")


def _officer(out: Output, report: _Report, name: str | None) -> None:
    from mshield.domain.actor import SERVICE
    from mshield.domain.staff import StaffRole
    from mshield.services.staff.members import add_staff, list_staff
    from mshield.services.staff.set_up import renew_set_up, set_up_address

    if on_service(out, lambda service: list_staff(service.db)):
        return
    name = _asked(out, name, "--officer", "第一位安全员的姓名", "Name of the first security officer")

    async def work(service: Service) -> str:
        roles = [StaffRole("security_officer")]
        member = await add_staff(service.db, name=name, roles=roles, now=service.now)
        life = service.settings.console_set_up_seconds
        _, code = await renew_set_up(service.db, staff_id=member.id, by=SERVICE, life=life, now=service.now)
        return set_up_address(service.settings, code)

    report.set_up = on_service(out, work, dated=True)
    report.steps.append("officer")


def _asked(out: Output, value: str | None, option: str, zh: str, en: str) -> str:
    """The value of the option, or the answer of who sits at the terminal."""
    if value is not None:
        return value
    if _is_asked():
        return str(click.prompt(out.pick(zh, en), err=True))
    raise Refused(
        out.pick(f"请以 {option} 给出：{zh}", f"say it by {option}: {en}"),
        code="not_said",
        extra={"option": option},
        as_json=out.json,
    )


def _is_asked() -> bool:
    return sys.stdin.isatty()


def _tell(out: Output, report: _Report, faults: list[str]) -> None:
    said = {
        "settings": out.pick("设置文件", "settings"),
        "master key": out.pick("主密钥", "master key"),
        "schema": out.pick("数据库", "schema"),
        "CA": "CA",
        "officer": out.pick("安全员", "officer"),
    }
    lines = [f"ok  {text}" for name, text in said.items() if name in report.steps]
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
            "Keep a copy of the master key apart from the database's backups: without it no shield can sign",
        )
    if report.set_up:
        out.say(
            "安全员的链接只显示这一次，只能用一次", "The officer's address is shown this once, and works once"
        )
    if faults:
        names = ", ".join(faults)
        out.say(f"服务还不能启动：{names}；见 mshield doctor", f"Not ready: {names}; see mshield doctor")
    else:
        start = f"MSHIELD_CONFIG={report.file} mshield serve"
        out.say(f"可以启动：{start}", f"Ready: {start}")
