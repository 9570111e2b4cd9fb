"""Tags of the public pages: readings over kanji on demand (ふりがな)."""

from __future__ import annotations

import re
from typing import Any

from django import template
from django.template.context import Context
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from keniki.apps.regions import queries
from keniki.apps.regions.models import Region

register = template.Library()

_MARKED = re.compile(r"\[([^\[\]|]+)\|([^\[\]|]+)\]")

_GAP = re.compile(r"(?<=[^\x00-\xff]) (?=[^\x00-\xff])")


@register.simple_block_tag(takes_context=True)
def furigana(context: Context, content: str) -> SafeString:
    """Our own text with words apart and readings marked as `[圏域|けんいき]`.

    Readers who asked for readings get ruby and the spaces between words, others plain text without them.
    """
    if context.get("furigana"):
        text = _MARKED.sub(r"<ruby>\1<rp>（</rp><rt>\2</rt><rp>）</rp></ruby>", content)
    else:
        text = _GAP.sub("", _MARKED.sub(r"\1", content))
    return mark_safe(text)  # noqa: S308  the engine has escaped the content


@register.simple_tag
def role_words(region: Region) -> dict[str, str]:
    """What the centre and its partners are called today (`centre`, `partner`)."""
    return queries.role_words(region)


@register.simple_tag(takes_context=True)
def reading(context: Context, name: Any, kana: str) -> SafeString | str:
    """A name with its reading over it when the reader asked for readings."""
    if not context.get("furigana") or not kana:
        return str(name)
    return format_html("<ruby>{}<rp>（</rp><rt>{}</rt><rp>）</rp></ruby>", name, kana)
