"""Output of `mshield verify` about time stamps."""

from collections.abc import Sequence

from mshield.cli.parts.output import Output
from mshield.client.time_stamps import TimeStamp


def stamps_data(stamps: Sequence[TimeStamp]) -> list[dict[str, object]]:
    return [
        {
            "at": stamp.at.isoformat(),
            "authority": stamp.authority,
            "profile": stamp.profile,
            "policy": stamp.policy,
            "by": stamp.by,
            "until": stamp.until.isoformat(),
            "renews": stamp.renews,
            "valid": stamp.valid,
        }
        for stamp in stamps
    ]


def stamp_lines(out: Output, stamps: Sequence[TimeStamp]) -> list[str]:
    by = {
        "outside": out.pick("由您信任", "trusted by you"),
        "own": out.pick("服务自己的", "the service's own"),
        "unknown": out.pick(
            "不知是否可信，未采信：见 --tsa-root", "from an unknown authority, ignored: see --tsa-root"
        ),
    }
    ended = out.pick("，机构证书已到期", ", whose certificate has expired")
    return [
        f"  {out.pick('时间戳', 'time stamp')}: {stamp.at.isoformat()} {stamp.authority} ({by[stamp.by]}"
        f"{'' if stamp.valid or stamp.by == 'unknown' else ended})"
        for stamp in stamps
    ]
