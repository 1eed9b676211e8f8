"""Runs the demonstration: prepares the service, runs the main workflow with a line per step, serves until Ctrl-C."""

import contextlib
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import click
import httpx

from mshield.client import ClientError
from mshield.testkit.demo.browser import Browser
from mshield.testkit.demo.console import OFFICERS, PASSWORD, set_up_all
from mshield.testkit.demo.job import STAFF_NAME, STAFF_ROLES, STAFF_TOKEN, SYSTEM_DOMAIN, SYSTEM_NAME, Job
from mshield.testkit.demo.people import LEGAL_PERSON, OPERATOR, OPERATOR_TO_CONFIRM
from mshield.testkit.demo.service import Service, StepFailed, require_free_ports, shown
from mshield.testkit.demo.systems import PALM_CUSTOMS, SINGLE_WINDOW, palm_customs, single_window
from mshield.testkit.demo.walk import declare_and_sign, log_in_by_scan, sign_app_to_app


@click.command()
@click.option(
    "--port",
    type=click.IntRange(1, 65533),
    default=8000,
    show_default=True,
    help="Port of the service; its business systems use the next two.",
)
@click.option(
    "--once", is_flag=True, help="Exit after the workflow: 0, or 1 if a step failed, which is named."
)
@click.option("--folder", type=click.Path(path_type=Path), default=Path("var/demo"), show_default=True)
@click.option(
    "--examples", type=click.Path(exists=True, path_type=Path), default=Path("examples"), show_default=True
)
def main(port: int, once: bool, folder: Path, examples: Path) -> None:  # noqa: FBT001  # a click flag
    """Mobile Shield 手机盾: the main workflow with invented data. The folder is emptied first."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that the service is stopped too
    service = Service(folder.resolve(), f"http://localhost:{port}", _systems(port))
    clock = _Steps()
    try:
        clock.step("检查端口", "check the port", lambda: _checked(port))
        clock.step("准备：主密钥、数据库、CA", "prepare master key, database, CA", lambda: _prepare(service))
        system = service.command("business", "add", SYSTEM_NAME, "--domain", SYSTEM_DOMAIN)
        program = service.command("staff", "add", STAFF_NAME, *STAFF_ROLES)
        staff = service.command("staff", "token", "add", program["id"], *STAFF_TOKEN)
        clock.begin("启动服务", "start the service")
        with service.running(port) as process, contextlib.ExitStack() as beside:
            clock.end(service.origin)
            job = beside.enter_context(contextlib.closing(Job(service, examples, system, staff["token"])))
            clock.step("员工设置控制台登录", "staff set up their console logins", lambda: set_up_all(service))
            for zh, en, action in job.steps():
                clock.step(zh, en, action)
            _write_business_env(service, system)
            _walk(clock, beside, service, job, port)
            click.echo(_summary(service, system, staff["token"]))
            if not once:
                _serve(process)
    except (StepFailed, ClientError, httpx.HTTPError, OSError) as error:
        clock.failed(error)
        sys.exit(1)


class _Steps:
    def __init__(self) -> None:
        self._number = 0
        self._name = ""
        self._start = 0.0

    def step(self, zh: str, en: str, action: Callable[[], str]) -> None:
        self.begin(zh, en)
        self.end(action())

    def begin(self, zh: str, en: str) -> None:
        self._number += 1
        self._name = f"{zh} {en}"
        self._start = time.perf_counter()

    def end(self, result: str) -> None:
        elapsed = (time.perf_counter() - self._start) * 1000
        click.echo(f"{self._number:2}  {elapsed:7.0f} ms  {self._name}\n               {result}")

    def failed(self, error: Exception) -> None:
        click.echo(f"{self._number:2}  FAILED      {self._name}\n{error}", err=True)


def _checked(port: int) -> str:
    require_free_ports(port, 3)
    return f"{port} to {port + 2} are free"


def _systems(port: int) -> dict[str, str]:
    """Returns the addresses of the two business systems."""
    return {
        SINGLE_WINDOW: f"http://localhost:{port + 1}",
        PALM_CUSTOMS: f"http://localhost:{port + 2}",
    }


def _walk(clock: _Steps, beside: contextlib.ExitStack, service: Service, job: Job, port: int) -> None:
    """Starts the business systems, which `beside` stops, and runs the steps at both."""
    clock.begin("启动两个业务系统", "start the two business systems")
    root = service.folder / "root.cer"
    systems = (
        single_window(service, port=port + 1, examples=job.examples, root=root),
        palm_customs(service, port=port + 2, examples=job.examples, root=root),
    )
    processes = [beside.enter_context(system.running()) for system in systems]
    for system, process in zip(systems, processes, strict=True):
        system.wait(process)
    clock.end(" ".join(system.origin for system in systems))
    with Browser(systems[0].origin) as window, Browser(systems[1].origin) as palm:
        clock.step(
            "单一窗口：扫码登录", "Single Window: log in by scan", lambda: log_in_by_scan(window, job.phone)
        )
        clock.step(
            "单一窗口：报关单签名，状态由通知更新",
            "Single Window: sign a declaration; the webhook reports it",
            lambda: declare_and_sign(window, job.phone),
        )
        clock.step(
            "掌上海关：跳转手机盾登录、签名",
            "palm customs: log in and sign, app to app",
            lambda: sign_app_to_app(palm, job.phone),
        )


def _prepare(service: Service) -> str:
    service.clear()
    service.command("keys", "init")
    service.command("migrate")
    service.command("ca", "init")
    return shown(service.folder)


def _write_business_env(service: Service, system: dict[str, str]) -> None:
    """Writes the files that docs/integrate.md starts from.

    They are the business system's address and credentials, and the root to trust.
    """
    root = httpx.get(f"{service.origin}/pki/root.cer", trust_env=False).raise_for_status().content
    (service.folder / "root.cer").write_bytes(root)
    file = service.folder / "business.env"
    file.touch(mode=0o600)
    file.write_text(
        f"export SHIELD={service.origin} CLIENT_ID={system['client_id']}"
        f" CLIENT_SECRET={system['client_secret']} ROOT={service.folder / 'root.cer'}\n"
    )


def _summary(service: Service, system: dict[str, str], staff_token: str) -> str:
    evidence = shown(service.folder / "evidence")
    return f"""
Try it 试一试
  {service.origin}/demo/            all of it 演示入口
  {service.systems[SINGLE_WINDOW]}/                 Single Window 国际贸易单一窗口（演示）
  {service.systems[PALM_CUSTOMS]}/                 palm customs 掌上海关（演示）
  {service.origin}/app/             the phone app 手机盾 App
  {service.origin}/portal/          the legal representative's portal 法人管理（三证合一）
  {service.origin}/console/         the console for staff 运行控制台
  {service.origin}/verify/          anyone verifies a signature 验证签名：放入 {shown(service.folder / "evidence.json")}
  {service.origin}/download         how to install it 下载安装
  {service.origin}/openapi.json     the API, for any OpenAPI viewer 接口文档
  {service.origin}/dev/sms          SMS outbox (demo only) 短信（仅演示）
  {service.origin}/pki/issuing.crl  revocation list 证书吊销列表
  account 账号      {OPERATOR.phone}  password 密码  {OPERATOR.password}
  PIN               {OPERATOR.pin}  (mshield phone --folder {shown(service.folder / "phone")} status)
                    proven by the filed phone number 核验方式：备案手机号一致
  legal representative 法人 {LEGAL_PERSON.phone}  password 密码  {LEGAL_PERSON.password}
                    proven by an activation code 核验方式：激活码
                    mshield legal-person --server {service.origin} login --account {LEGAL_PERSON.phone}
                    mshield legal-person list
  operator 操作员   {OPERATOR_TO_CONFIRM.phone}  password 密码  {OPERATOR_TO_CONFIRM.password}
                    {OPERATOR_TO_CONFIRM.name}: no filed number; to be confirmed 备案无手机号，由法人确认
  business system   {system["client_id"]}:{system["client_secret"]}
                    a first login in five steps: docs/integrate.md 五步接入
  console 控制台    {" or ".join(officer.name for officer in OFFICERS)}  password 密码  {PASSWORD}
                    one-time code 动态码: {service.origin}/dev/codes
  staff token 令牌  {staff_token}
                    curl -H "Authorization: Bearer TOKEN" -H "Content-Type: text/csv" \\
                      --data-binary @examples/filing.csv "{service.origin}/api/console/filing/imports?dry_run=true"
  evidence 证据     mshield verify {evidence} --root {evidence}/root.pem
"""


def _serve(process: subprocess.Popen[bytes]) -> None:
    click.echo("Serving; Ctrl-C ends it. 服务运行中，按 Ctrl-C 结束")
    with contextlib.suppress(KeyboardInterrupt):
        process.wait()
        raise StepFailed("the service ended by itself; see server.log")
