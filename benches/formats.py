"""Server cost of a signature by format, beyond what all formats cost: M at the request, the signed file in the result.

CPU time of one core, the best of several runs, for a declaration of 10 kB. `xml` may cost 0.15 ms more than
`cms`, however the document is written.
"""

import itertools
import re
import time
from collections.abc import Callable
from functools import partial
from typing import Any, Final

from mshield.gm.sm3 import sm3
from mshield.pki.signatures.cms import build_signed_data
from mshield.pki.signatures.formats import AskedOptions, Format, attributes_in, complete, inside, message_of
from mshield.pki.xml.canonical import canonical_document
from mshield.pki.xml.making import canonical_content, signed_file
from mshield.pki.xml.reader import read_xml
from tests.unit.pki.authority import authority

_GOODS: Final = 48
_RUNS: Final = 9
_EACH: Final = 100


def main() -> None:
    """Prints the milliseconds for each format and each part."""
    a = authority()
    content = declaration()
    digest, display = sm3(content), bytes(32)
    signature = a.leaf_key.sign(content)
    certificate, chain = a.leaf, [a.issuing, a.root]
    print(f"{len(content) / 1000:.1f} kB      M ms   file ms")
    names: tuple[Format, ...] = ("cms", "gb35275")
    for name in names:
        options = complete(name, AskedOptions(), display_oid="2.999.1")
        said: dict[str, Any] = {"digest": digest, "display": display}
        make = partial(message_of, name, options, content=content, **said)
        wrap = partial(
            build_signed_data,
            content=inside(name, content=content, digest=digest),
            signature=signature,
            certificate=certificate,
            chain=chain,
            attributes=attributes_in(name, options, **said),
            options=options,
        )
        print(f"{name:9s} {_best(make):8.3f} {_best(wrap):9.3f}")
    print("xml")
    for spelling, asked in spellings().items():
        print(f"  {spelling:14s}", *_of_xml(asked, signature.to_raw(), certificate.der))


def _of_xml(asked: bytes, value: bytes, certificate: bytes) -> tuple[str, ...]:
    """Returns the times for M, the file and both, and for the canonical form alone, by our reader and writer."""
    options = complete("xml", AskedOptions(), display_oid=None)
    content = canonical_content(asked)
    digest = sm3(content)
    info = partial(message_of, "xml", options, content=content, digest=digest, display=bytes(32))
    file = partial(
        signed_file,
        content,
        digest,
        "eport-2022",
        value=value,
        key_name="MS00000000018",
        certificate=certificate,
    )
    made, put = _best(partial(canonical_content, asked)) + _best(info), _best(file)
    read = _best(partial(_long, asked), each=10)
    kilobytes = f"{len(asked) / 1000:.1f} kB"
    return kilobytes, f"{made:8.3f} {put:9.3f}", f"  both {made + put:.3f} (read and written {read:.2f})"


def spellings() -> dict[str, bytes]:
    """Returns declarations of about 10 kB, written in different ways that have the same kind of canonical form."""
    plain = declaration()
    start, end = plain.index(b"<ceb:goods>"), plain.rindex(b"</ceb:CEB")
    lines = plain[start:end]
    numbers = itertools.count()

    def spelled(change: Callable[[bytes], bytes]) -> bytes:
        return (plain[:start] + change(lines))[:10_000].rpartition(b"<ceb:goods")[0] + plain[end:]

    def more(each: re.Match[bytes]) -> bytes:
        return b'<%b unit="035" n="%d" code=\'x\'>' % (each[1], next(numbers))

    opening, text = re.compile(rb"<(ceb:[a-z]+)>"), re.compile(rb">([^<>\r]+)</")
    return {
        "plain": spelled(bytes),
        "goods' own": spelled(partial(re.compile(rb"<(ceb:goods)>").sub, more)),
        "attributes": spelled(partial(opening.sub, more)),
        "CDATA": spelled(partial(text.sub, rb"><![CDATA[\1 & <]]></")),
        "odd quotes": spelled(partial(opening.sub, rb"<\1 b = '1 \"'\n  a='2' >")),
        "references": spelled(partial(text.sub, rb">\1&#65;&amp;&quot;</")),
        "empty tags": spelled(partial(re.compile(rb">[^<>\r]+</ceb:[a-z]+>").sub, b" />")),
        "declarations": spelled(partial(opening.sub, rb"<\1 xmlns:q='urn:q' q:a='1'>")),
    }


def declaration() -> bytes:
    """Returns an import list of about 10 kB, with an XML declaration and line ends that canonicalisation removes."""
    line = (
        "<ceb:goods><ceb:gnum>{n}</ceb:gnum><ceb:gcode>10019900</ceb:gcode><ceb:gname>婴儿配方奶粉</ceb:gname>"
        "<ceb:qty>100</ceb:qty><ceb:unit>035</ceb:unit><ceb:price>12.50</ceb:price></ceb:goods>\r\n"
    )
    lines = "".join(line.format(n=n) for n in range(1, _GOODS + 1))
    namespaces = (
        'xmlns:ceb="http://www.chinaport.gov.cn/ceb" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
    )
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\r\n<ceb:CEB621Message guid="4CDE1CFD" version="1.0" {namespaces}>'
        f"{lines}</ceb:CEB621Message>"
    ).encode()


def _long(content: bytes) -> bytes:
    return canonical_document(read_xml(content))


def _best(run: Callable[[], object], *, each: int = _EACH) -> float:
    """Returns the CPU milliseconds of the fastest of several runs."""
    times = []
    for _ in range(_RUNS):
        started = time.process_time()
        for _ in range(each):
            run()
        times.append((time.process_time() - started) / each)
    return min(times) * 1000


if __name__ == "__main__":
    main()
