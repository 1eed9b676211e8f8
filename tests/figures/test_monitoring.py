"""Metrics for Prometheus match what happened, at each process's own port."""

import asyncio
import json
import re
import socket
import subprocess
from importlib.metadata import version
from pathlib import Path
from typing import Final

import httpx
from prometheus_client.parser import text_string_to_metric_families

from mshield.server.runtime.security_log.events import EVENTS
from tests.support.application import running
from tests.support.clock import Clock
from tests.support.factories import REQUESTS
from tests.support.ports import free_ports

Samples = dict[tuple[str, str], float]


DEPLOY: Final = Path(__file__).parents[2] / "deploy/prometheus"
OF_OTHERS: Final = {"up", "haproxy_server_status", "probe_ssl_earliest_cert_expiry", "probe_success"}


async def told(port: int) -> str:
    async with httpx.AsyncClient(trust_env=False) as http:
        return (await http.get(f"http://127.0.0.1:{port}/metrics")).text


async def fetched(port: int) -> Samples:
    """Returns each sample by name and labels."""
    families = text_string_to_metric_families(await told(port))
    return {
        (sample.name, " ".join(value for _, value in sorted(sample.labels.items()))): sample.value
        for family in families
        for sample in family.samples
    }


async def looked_at(port: int) -> Samples:
    for _ in range(400):
        samples = await fetched(port)
        if samples["mshield_ready", ""]:
            return samples
        await asyncio.sleep(0.05)
    raise AssertionError("never ready")


async def test_metrics_report_what_happened(sqlite_url: str, tmp_path: Path, clock: Clock) -> None:
    port = free_ports(1)
    async with running(sqlite_url, tmp_path, clock, metrics_port=port) as application:
        for _ in range(3):
            await application.business("POST", REQUESTS, {"kind": "login"})
        await application.business("POST", REQUESTS, {"kind": "party"})
        await application.http.post(REQUESTS, headers={"Authorization": "Basic eDp5"})
        samples = await looked_at(port)
    assert samples["mshield_calls_total", "ok createRequest"] == 3
    assert samples["mshield_calls_total", "invalid_request createRequest"] == 1
    assert samples["mshield_calls_total", "wrong_client createRequest"] == 1
    below = [value for (name, _), value in samples.items() if name == "mshield_call_duration_seconds_bucket"]
    assert below == sorted(below)
    assert below[-1] == samples["mshield_call_duration_seconds_count", "createRequest"] == 5
    assert samples["mshield_call_duration_seconds_sum", "createRequest"] > 0
    assert samples["mshield_security_events_total", "credentials.refused"] == 1
    assert samples["mshield_check", "writes ok"] == 1
    assert samples["mshield_standbys", ""] == 0
    assert samples["mshield_info", f"sqlite {application.context.engine.name} {version('mshield')}"] == 1


async def test_each_process_takes_the_next_free_port(sqlite_url: str, tmp_path: Path, clock: Clock) -> None:
    port = free_ports(2)
    with socket.create_server(("127.0.0.1", port)):
        async with running(sqlite_url, tmp_path, clock, metrics_port=port, metrics_host="127.0.0.1"):
            assert (await fetched(port + 1))["mshield_clock_doubted", ""] == 0


async def test_metrics_are_off_without_a_port(sqlite_url: str, tmp_path: Path, clock: Clock) -> None:
    async with running(sqlite_url, tmp_path, clock) as application:
        assert application.context.settings.process.metrics_port is None
        assert (await application.http.get("/metrics")).status_code == 404


def test_alert_rules_pass_their_tests() -> None:
    for arguments in (["check", "rules", "mshield.rules.yml"], ["test", "rules", "mshield.rules.test.yml"]):
        done = subprocess.run(
            ["promtool", *arguments], cwd=DEPLOY, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr


async def test_rules_and_dashboard_use_existing_metrics(
    sqlite_url: str, tmp_path: Path, clock: Clock
) -> None:
    port = free_ports(1)
    async with running(sqlite_url, tmp_path, clock, metrics_port=port) as application:
        await application.business("POST", REQUESTS, {"kind": "login"})
        text = await told(port)
    names = {*re.findall(r"^(?:# TYPE )?(\w+)", text, re.MULTILINE), *OF_OTHERS}
    checked = await asyncio.to_thread(
        subprocess.run,
        ["promtool", "check", "metrics"],
        input=text.encode(),
        capture_output=True,
        check=False,
    )
    assert checked.returncode == 0, checked.stderr
    rules = (DEPLOY / "mshield.rules.yml").read_text()
    panels = json.loads((DEPLOY / "dashboard.json").read_text())["panels"]
    asked = [*re.findall(r"expr: (?:>-)?((?:.|\n)*?)(?=\n {8}\w)", rules)]
    asked += [target["expr"] for panel in panels for target in panel["targets"]]
    assert len(asked) > 20
    for expression in asked:
        metrics = set(re.findall(r"\b(?:mshield|process|python|haproxy|probe)_[a-z_]+|\bup\b", expression))
        assert metrics, expression
        assert metrics <= names, expression
    known = {event.name for event in EVENTS}
    named = [name for names in re.findall(r'event=~?"([^"]+)"', rules) for name in names.split("|")]
    assert len(named) > 5
    assert set(named) <= known


def test_each_alert_has_a_runbook_and_was_tried() -> None:
    rules = (DEPLOY / "mshield.rules.yml").read_text()
    tried = (DEPLOY / "mshield.rules.test.yml").read_text()
    operations = (DEPLOY.parents[1] / "docs/operations.md").read_text().lower()
    alerts = re.split(r"^ +- alert: ", rules, flags=re.MULTILINE)[1:]
    assert len(alerts) > 10
    for alert in alerts:
        name = alert.partition("\n")[0]
        (runbook,) = re.findall(r"runbook: docs/operations\.md#(\w+)", alert)
        assert f"#### {runbook}\n" in operations, name
        assert re.search(rf"alertname: {name}\n +exp_alerts:\n", tried), name
