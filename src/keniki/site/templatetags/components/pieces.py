"""Small pieces of a page: icons, state chips, marks, the breadcrumb, the staff's ways."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from django.template.context import Context
from django.templatetags.static import static
from django.urls import NoReverseMatch, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from keniki import __version__

from .library import register

#: The staff's ways: key for `nav_active`, label, names of the page (the first that exists), needs a region.
NAVIGATION: Final[tuple[tuple[str, str, tuple[str, ...], bool], ...]] = (
    ("desk", "机", ("portal:desk", "desk"), False),
    ("region", "圏域", ("portal:region", "regions:region"), True),
    ("agreements", "協定", ("compacts:agreements",), True),
    ("visions", "ビジョン・KPI", ("compacts:visions",), True),
    ("initiatives", "取組", ("compacts:initiatives", "portal:initiatives"), True),
    ("activities", "活動", ("activities:activities",), True),
    ("evidence", "統計", ("evidence:evidence",), True),
    ("finance", "交付金・予算", ("finance:finance",), True),
    ("disaster", "防災", ("disaster:overview",), True),
    ("trace", "追跡", ("portal:trace",), True),
    ("documents", "文書", ("documents:documents",), True),
)

#: What came of a promise: sign, word.
MARKS: Final[Mapping[str, tuple[str, str]]] = {
    "done": ("○", "実施"),
    "studied": ("△", "検討"),
    "none": ("―", "なし"),
    "planned": ("◇", "予定"),
    "open": ("…", "これから"),
}

#: Standing of a KPI: word, look, icon.
KPI_STATUSES: Final[Mapping[str, tuple[str, str, str]]] = {
    "achieved": ("達成", "is-strong", "check"),
    "on_track": ("順調", "is-success", "up"),
    "behind": ("遅れ", "is-late", "down"),
    "undecidable": ("判定不能", "is-muted", "question"),
    "considering": ("検討中", "is-info is-draft", ""),
    "missing": ("未入力", "is-warning is-draft", ""),
}


@register.simple_tag
def icon(name: str, label: str = "") -> SafeString:
    """One sign of icons/icons.svg; with `label` it speaks, without it is decoration."""
    speaks = format_html('role="img" aria-label="{}"', label) if label else mark_safe('aria-hidden="true"')
    return format_html(
        '<svg class="icon" {} focusable="false"><use href="{}#{}"></use></svg>',
        speaks,
        static("keniki/icons/icons.svg"),
        name,
    )


@register.simple_tag
def badge(label: str, kind: str = "", sign: str = "") -> SafeString:
    """A state chip. `kind`: info success strong warning late danger muted, and draft for a broken line."""
    looks = " ".join(f"is-{part}" for part in kind.split())
    return format_html(
        '<span class="badge{}">{}{}</span>', f" {looks}" if looks else "", icon(sign) if sign else "", label
    )


@register.simple_tag
def kpistatus(status: str, label: str = "") -> SafeString:
    """The standing of a KPI: achieved, on_track, behind, undecidable, considering, missing."""
    word, look, sign = KPI_STATUSES[str(status)]
    return format_html('<span class="badge {}">{}{}</span>', look, icon(sign) if sign else "", label or word)


@register.simple_tag
def mark(state: str, number: int | None = None, url: str = "", words: bool = False) -> SafeString:
    """A cell of the trace: ○ 実施(3), △ 検討, ― なし; the word is for screen readers unless `words`."""
    sign, word = MARKS[str(state)]
    text = format_html(
        '<span class="mark-sign" aria-hidden="true">{}</span><span class="{}">{}</span>{}',
        sign,
        "mark-word" if words else "sr-only",
        word,
        format_html('<span class="mark-number">{}<span class="sr-only">件</span></span>', number)
        if number
        else "",
    )
    if url:
        return format_html('<a class="mark is-{}" href="{}">{}</a>', state, url, text)
    return format_html('<span class="mark is-{}">{}</span>', state, text)


@register.simple_tag(takes_context=True)
def crumb(context: Context, label: str, url: str = "") -> SafeString:
    """One step of the breadcrumb; the page itself is no link, with or without its address."""
    request = context.get("request")
    if url and not (request and request.path == url):
        return format_html('<li><a href="{}">{}</a></li>', url, label)
    return format_html('<li aria-current="page">{}</li>', label)


@register.simple_tag
def keniki_version() -> str:
    """The version in the footer."""
    return __version__


@register.simple_tag(takes_context=True)
def navigation(context: Context) -> list[dict[str, Any]]:
    """The staff's ways that exist here: dicts with key, label, url and current (`as` a variable)."""
    region = context.get("region")
    ways = []
    for key, label, names, needs_region in NAVIGATION:
        if needs_region and not region:
            continue
        url = _first_url(names, [region.slug] if region and needs_region else [])
        if url:
            ways.append({"key": key, "label": label, "url": url, "current": context.get("nav_active") == key})
    return ways


def _first_url(names: Iterable[str], arguments: list[str]) -> str:
    for name in names:
        try:
            return reverse(name, args=arguments)
        except NoReverseMatch:
            continue
    return ""
