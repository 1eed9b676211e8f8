"""Findings of a check of the log: printed by each command that checks, and reported to the security log."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from mshield.cli.parts.output import Output, table
from mshield.wire.times import MINUTE_MS

if TYPE_CHECKING:
    from mshield.server.log.findings import Finding


def finding_lines(out: Output, findings: "Sequence[Finding]") -> list[str]:
    rows = [
        [
            finding.code,
            " ".join(filter(None, (finding.table, finding.row))),
            "" if finding.index is None else str(finding.index),
            ": ".join(filter(None, (out.pick(finding.zh, finding.en), finding.detail))),
        ]
        for finding in findings
    ]
    return table(["", out.pick("数据行", "row"), out.pick("位置", "place"), ""], rows)


def finding_data(findings: "Sequence[Finding]") -> list[dict[str, object]]:
    names = ("code", "table", "row", "index", "detail", "zh", "en")
    return [{name: getattr(finding, name) for name in names} for finding in findings]


def log_findings(command: str, findings: "Sequence[Finding]") -> None:
    """Writes a line per finding to the security log, if it has a file, without the rows' keys."""
    from mshield.server.runtime.clocks.clock import wall_clock
    from mshield.server.runtime.logs import set_up_file
    from mshield.server.runtime.security_log.events import VERIFICATION_FAILED
    from mshield.server.runtime.security_log.log import SecurityLog
    from mshield.server.settings.settings import load_settings

    set_up_file(load_settings().process)
    security, now = SecurityLog(), wall_clock()
    for finding in findings:
        security.write(
            VERIFICATION_FAILED,
            now=now,
            command=command,
            code=finding.code,
            table=finding.table,
            place=finding.index,
        )
    security.turn(now=now + MINUTE_MS)
