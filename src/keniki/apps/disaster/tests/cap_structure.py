"""The structure of a CAP 1.2 message as a schema of our own, for checking what is written: elements, order, words.

Written from the element list of the standard (OASIS CAP 1.2): which elements a message has, in which order, how often,
and the words each may hold.
"""

from __future__ import annotations

from typing import Final

from lxml import etree

from keniki.apps.disaster.formats.cap import NAMESPACE

_ALERT: Final = """
identifier sender sent:moment status:status msgType:kind source? scope:scope restriction? addresses? code* note?
references? incidents? info*:info
"""
_INFO: Final = """
language? category+:category event responseType*:response urgency:urgency severity:severity certainty:certainty
audience? eventCode*:pair effective?:moment onset?:moment expires?:moment senderName? headline? description?
instruction? web?:address contact? parameter*:pair resource*:resource area*:area
"""
_AREA: Final = "areaDesc polygon* circle* geocode*:pair altitude?:number ceiling?:number"
_RESOURCE: Final = "resourceDesc mimeType size?:whole uri?:address derefUri? digest?"
_WORDS: Final = {
    "status": "Actual Exercise System Test Draft",
    "kind": "Alert Update Cancel Ack Error",
    "scope": "Public Restricted Private",
    "category": "Geo Met Safety Security Rescue Fire Health Env Transport Infra CBRNE Other",
    "response": "Shelter Evacuate Prepare Execute Avoid Monitor Assess AllClear None",
    "urgency": "Immediate Expected Future Past Unknown",
    "severity": "Extreme Severe Moderate Minor Unknown",
    "certainty": "Observed Likely Possible Unlikely Unknown",
}
_OFTEN: Final = {"?": (0, "1"), "*": (0, "unbounded"), "+": (1, "unbounded"), "": (1, "1")}


def _elements(written: str) -> str:
    lines = []
    for part in written.split():
        name, _, kind = part.partition(":")
        often = name[-1] if name[-1] in "?*+" else ""
        low, high = _OFTEN[often]
        lines.append(
            f'<xs:element name="{name.rstrip("?*+")}" type="c:{kind or "words"}" '
            f'minOccurs="{low}" maxOccurs="{high}"/>'
        )
    return "".join(lines)


def _complex(name: str, written: str) -> str:
    return f'<xs:complexType name="{name}"><xs:sequence>{_elements(written)}</xs:sequence></xs:complexType>'


def _simple(name: str, base: str, facets: str) -> str:
    restriction = f'<xs:restriction base="xs:{base}">{facets}</xs:restriction>'
    return f'<xs:simpleType name="{name}">{restriction}</xs:simpleType>'


def schema() -> etree.XMLSchema:
    """The schema, ready to check with."""
    words = "".join(
        _simple(name, "string", "".join(f'<xs:enumeration value="{word}"/>' for word in listed.split()))
        for name, listed in _WORDS.items()
    )
    moment = r'<xs:pattern value="\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}[-+]\d{2}:\d{2}"/>'
    text = (
        f'<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns:c="{NAMESPACE}" '
        f'targetNamespace="{NAMESPACE}" elementFormDefault="qualified">'
        '<xs:element name="alert" type="c:alert"/>'
        + _complex("alert", _ALERT)
        + _complex("info", _INFO)
        + _complex("area", _AREA)
        + _complex("resource", _RESOURCE)
        + _complex("pair", "valueName value")
        + words
        + _simple("moment", "dateTime", moment)
        + _simple("words", "string", '<xs:minLength value="1"/>')
        + _simple("address", "anyURI", "")
        + _simple("number", "decimal", "")
        + _simple("whole", "integer", "")
        + "</xs:schema>"
    )
    return etree.XMLSchema(etree.fromstring(text))
