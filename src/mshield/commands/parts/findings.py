"""What a check of the log found, printed by each command that checks."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from mshield.commands.parts.output import Output, table

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
