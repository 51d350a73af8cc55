"""XMP packets: what says in a WebP or a PDF what a text chunk says in a PNG.

Source: ISO 16684-1. Our own note is one property of a namespace of ours.
"""

from __future__ import annotations

import re
from functools import cache

from explorer import __version__

CREATOR = f"Latent Explorer {__version__}"
NAMESPACE = "urn:latent-explorer:1#"
NOTE, RECIPE = "provenance", "recipe"

_MOST_DEPTH = 64
_UNWRITABLE = "[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]"  # in any XML


def packet(title: str = "", **properties: str) -> bytes:
    """A packet with ``title`` and our own ``properties``; the same ones give the same bytes."""
    from xml.sax.saxutils import escape, quoteattr  # brings all that the internet needs

    title = _unwritable().sub("", title)
    titled = (
        f"<dc:title><rdf:Alt><rdf:li xml:lang='x-default'>{escape(title)}</rdf:li></rdf:Alt></dc:title>"
        if title
        else ""
    )
    ours = "".join(f"<le:{name}>{escape(text)}</le:{name}>" for name, text in properties.items() if text)
    head = (
        '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>'
        '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        '<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/" '
        f'xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmlns:le="{NAMESPACE}" '
        f"xmp:CreatorTool={quoteattr(CREATOR)}>"
    )
    tail = '</rdf:Description></rdf:RDF></x:xmpmeta><?xpacket end="r"?>'
    return (head + titled + ours + tail).encode()


@cache
def _unwritable() -> re.Pattern[str]:
    return re.compile(_UNWRITABLE)  # takes longer than many a module to load


def note_in(packet: bytes, name: str = NOTE) -> bytes | None:
    """Our property ``name`` of a packet, as an element or an attribute; None where there is none.

    Nothing is expanded: a packet with a document type, and so with entities, is refused. Raises
    ``ValueError`` for that and for what is no XML.
    """
    key = f"{NAMESPACE} {name}"
    found: list[str] = []
    depth, within = 0, False

    def start(tag: str, attributes: dict[str, str]) -> None:
        nonlocal depth, within
        depth += 1
        if depth > _MOST_DEPTH:
            raise ValueError("too deep")
        within = tag == key
        if key in attributes:
            found.append(attributes[key])

    def end(_: str) -> None:
        nonlocal depth, within
        depth -= 1
        within = False

    def text(part: str) -> None:
        if within:
            found.append(part)

    def refuse(*_: object) -> None:
        raise ValueError("a document type")

    from xml.parsers import expat

    parser = expat.ParserCreate(namespace_separator=" ")
    parser.StartElementHandler, parser.EndElementHandler = start, end
    parser.CharacterDataHandler = text
    parser.StartDoctypeDeclHandler = refuse
    parser.EntityDeclHandler = refuse
    try:
        parser.Parse(packet, True)
    except expat.ExpatError as error:
        raise ValueError(str(error)) from error
    return "".join(found).encode() if found else None
