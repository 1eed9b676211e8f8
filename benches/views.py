"""Time that Python takes to read and draw declarations of 100 goods and of 1 MB, and to compare words with them.

CPU time of one core, the best of several runs; the bounds are those of the phone, 50 ms and 1 s, at a quarter
of this speed.
"""

import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Final

from mshield.views import compare, draw, read_view
from mshield.views.shipped import shipped_view

_CONTENT: Final = Path(__file__).parents[1] / "vectors" / "views" / "shipped" / "contents" / "declaration.xml"
_SUMMARY: Final = [
    ("总价", "126000.00 欧元"),
    ("境外发货人", "Musterhafen Maschinenbau GmbH"),
    ("商品", "2 项"),
]
_RUNS: Final = 5


def main() -> None:
    """Prints the milliseconds for each size."""
    view = read_view(shipped_view("declaration"))
    print("goods      kB   draw ms   compare ms")
    for goods in (100, 1460):
        content = declaration(goods)
        drawing = _best(partial(draw, view, content))
        comparing = _best(partial(compare, "报关单", _SUMMARY, content, view=view, kind="xml"))
        print(f"{goods:5d} {len(content) / 1000:7.0f} {drawing:9.1f} {comparing:12.1f}")


def declaration(goods: int) -> bytes:
    """Returns the example's declaration with this many goods."""
    text = _CONTENT.read_text(encoding="utf-8")
    start, end = text.index("<商品>"), text.index("</商品>") + len("</商品>")
    return (text[:start] + text[start:end] * goods + text[end:]).encode()


def _best(run: Callable[[], object]) -> float:
    """Returns the CPU milliseconds of the fastest of several runs."""
    times = []
    for _ in range(_RUNS):
        started = time.process_time()
        run()
        times.append(time.process_time() - started)
    return min(times) * 1000


if __name__ == "__main__":
    main()
