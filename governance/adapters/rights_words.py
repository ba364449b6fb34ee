"""Which properties of XMP, and of metadata in a C2PA manifest, speak of rights; and by which name they are kept.

Whole vocabularies on rights are kept, from the others what is known, and from any vocabulary whatever sounds like a
statement of rights: rather a signal nobody needs than one nobody sees.
"""

from __future__ import annotations

import re

PREFIXES = {
    "http://ns.useplus.org/ldf/xmp/1.0/": "plus",
    "http://ns.adobe.com/xap/1.0/rights/": "xmpRights",
    "http://purl.org/dc/elements/1.1/": "dc",
    "http://purl.org/dc/terms/": "dcterms",
    "http://ns.adobe.com/photoshop/1.0/": "photoshop",
    "http://iptc.org/std/Iptc4xmpExt/2008-02-29/": "Iptc4xmpExt",
    "http://iptc.org/std/Iptc4xmpCore/1.0/xmlns/": "Iptc4xmpCore",
    "http://creativecommons.org/ns#": "cc",
    "http://web.resource.org/cc/": "cc",
    "http://www.w3.org/ns/tdmrep#": "tdm",
    "http://www.w3.org/ns/tdmrep/": "tdm",
    "http://www.w3.org/ns/odrl/2/": "odrl",
    "http://prismstandard.org/namespaces/prismusagerights/2.1/": "pur",
    "http://ns.adobe.com/tiff/1.0/": "tiff",
    "http://ns.adobe.com/xmp/note/": "xmpNote",
    "https://schema.org/": "schema",
    "http://schema.org/": "schema",
}

_WHOLE = {"plus", "xmpRights", "cc", "tdm", "odrl", "pur"}
_NAMED = {
    "dc:rights",
    "photoshop:Credit",
    "photoshop:Source",
    "photoshop:Instructions",
    "Iptc4xmpExt:DigitalSourceType",
    "Iptc4xmpExt:LinkedEncRightsExpr",
    "Iptc4xmpExt:EmbdEncRightsExpr",
    "Iptc4xmpExt:AISystemUsed",
    "Iptc4xmpExt:AISystemVersionUsed",
    "schema:creditText",
}
# dcterms:provenance says where a C2PA manifest lies; it is told apart by the reader of XMP.
_SOUNDS_OF_RIGHTS = re.compile(
    r"copyright|licen[cs]e|rights|usageterms|usageinfo|restrict|constraint|datamining|training|inference|"
    r"releasestatus|permission|prohibit|opt-?out",
    re.IGNORECASE,
)


def name_of(namespace: str, local: str) -> str:
    """``plus:DataMining`` for a namespace we know, by whatever prefix the file calls it; else ``{namespace}local``."""
    if "ns.useplus.org/ldf/xmp" in namespace:
        return f"plus:{local}"  # later versions, and https, are the same vocabulary
    prefix = PREFIXES.get(namespace)
    if prefix:
        return f"{prefix}:{local}"
    return f"{{{namespace}}}{local}" if namespace else local


def speaks_of_rights(name: str) -> bool:
    """Whether a name made by ``name_of`` is one to keep."""
    prefix, _, _ = name.partition(":")
    local = name.rsplit("}", 1)[-1].rsplit(":", 1)[-1]
    return prefix in _WHOLE or name in _NAMED or bool(_SOUNDS_OF_RIGHTS.search(local))
