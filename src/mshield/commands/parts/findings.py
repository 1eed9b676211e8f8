"""What a check of the log found, printed by each command that checks, and told to the security log."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from mshield.commands.parts.output import Output, table
from mshield.domain.times import MINUTE_MS

if TYPE_CHECKING:
    from mshield.services.log.findings import Finding


def finding_lines(out: Output, findings: "Sequence[Finding]") -> list[str]:
    """A table of them."""
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
    """The same for programs."""
    names = ("code", "table", "row", "index", "detail", "zh", "en")
    return [{name: getattr(finding, name) for name in names} for finding in findings]


def tell_findings(command: str, findings: "Sequence[Finding]") -> None:
    """A line of the security log for each, where it has a file; the rows' keys stay out of it."""
    from mshield.services.process.clock import wall_clock
    from mshield.services.process.logs import set_up_file
    from mshield.services.process.security_events import VERIFICATION_FAILED
    from mshield.services.process.security_log import SecurityLog
    from mshield.settings import load_settings

    set_up_file(load_settings())
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
