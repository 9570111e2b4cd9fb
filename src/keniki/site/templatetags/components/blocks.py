"""Blocks of a page: header, boxes, tables, steps, histories, lists."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Mapping
from typing import Any, Final

from django.core.paginator import Page
from django.template.context import Context
from django.utils.safestring import SafeString, mark_safe

from .library import register, render_part

NOTICE_ICONS: Final[Mapping[str, str]] = {
    "info": "info",
    "success": "check-circle",
    "warning": "warning",
    "error": "error",
    "debug": "info",
}


@register.simple_block_tag(takes_context=True)
def pageheader(
    context: Context,
    content: str,
    title: str,
    state: str = "",
    kind: str = "",
    eyebrow: str = "",
    lead: str = "",
) -> SafeString:
    """The page's title with its state; the content is the main action (one) and quiet ones."""
    return render_part(
        context,
        "pageheader",
        actions=_rendered(content),
        title=title,
        state=state,
        kind=kind,
        eyebrow=eyebrow,
        lead=lead,
    )


@register.simple_block_tag(takes_context=True)
def notice(
    context: Context, content: str, kind: str = "info", title: str = "", live: bool = False
) -> SafeString:
    """A box: info, success, warning or error. `live` announces it when it is put into a page by script."""
    return render_part(
        context, "notice", body=content, kind=kind, title=title, live=live, sign=NOTICE_ICONS[kind]
    )


@register.simple_block_tag(takes_context=True)
def emptystate(context: Context, content: str, title: str) -> SafeString:
    """Nothing here yet: what to do first."""
    return render_part(context, "emptystate", body=content, title=title)


@register.simple_block_tag(takes_context=True)
def card(
    context: Context, content: str, title: str = "", number: int | None = None, id: str = "", level: int = 2
) -> SafeString:
    """A box of the desk, with a heading of that `level` and how many things are in it."""
    return render_part(context, "card", body=content, title=title, number=number, id=id, level=level)


@register.simple_block_tag(takes_context=True)
def datatable(
    context: Context,
    content: str,
    caption: str,
    id: str = "",
    unit: str = "",
    note: str = "",
    tools: bool = True,
    sort: bool | None = None,
    search: bool | None = None,
    file: str = "",
    classes: str = "",
    landscape: bool = False,
) -> SafeString:
    """A table in its own scroll box; the content is thead, tbody and tfoot.

    `tools` offers copy, download and print, `sort` heads to click, `search` a box that hides rows. Where `tools`
    are offered, rows without groups can be sorted, and a long table searched, unless said otherwise. `file`
    names the download, in an exercise with 訓練 before it. `landscape` asks for a wide sheet in print.
    """
    return render_part(
        context,
        "datatable",
        body=content,
        caption=caption,
        id=id or f"table-{zlib.crc32(caption.encode()):x}",
        unit=unit,
        note=note,
        tools=tools,
        sort=tools if sort is None else sort,
        search=("long" if tools else "") if search is None else "always" if search else "",
        file=_marked(context, file or caption),
        classes=classes,
        landscape=landscape,
    )


def _marked(context: Context, name: str) -> str:
    """A file's name, which says 訓練 wherever the page does."""
    return f"訓練_{name}" if context.get("drill") and not name.startswith("訓練") else name


@register.simple_block_tag(takes_context=True)
def source(context: Context, content: str, origin: Any = None, url: str = "", **facts: Any) -> SafeString:
    """A figure that opens its source, by keywords or from `origin`: edition, table, cell, formula, note, url.

    Without any fact and address the figure is printed alone.
    """
    names = {"edition": "出典", "table": "表", "cell": "セル", "formula": "計算式", "note": "注"}
    rows = [(label, facts.get(name) or getattr(origin, name, "")) for name, label in names.items()]
    rows = [(label, value) for label, value in rows if value]
    address = url or getattr(origin, "url", "")
    if not rows and not address:
        return _rendered(content)
    return render_part(context, "source", figure=_rendered(content), rows=rows, url=address)


@register.simple_block_tag(takes_context=True)
def filterbar(
    context: Context,
    content: str,
    results: str = "",
    number: int | None = None,
    counter: str = "件",
    clear: str = "",
) -> SafeString:
    """A form of filters (GET). With `results` (an id) only that part of the page changes with them."""
    return render_part(
        context, "filterbar", body=content, results=results, number=number, counter=counter, clear=clear
    )


@register.inclusion_tag("components/whynot.html", takes_context=True)
def whynot(context: Context, ruling: Any, verb: str) -> dict[str, Any]:
    """Tells the user why they may or may not do it; `ruling` has `allowed`, `reason`, `on_behalf_of`, `remedy`.

    Where the remedy is the page itself, no link leads to it.
    """
    remedy = getattr(ruling, "remedy", None)
    here = getattr(context.get("request"), "path", "")
    told = f"{_able(verb, bool(getattr(ruling, 'allowed', False)))}。"
    return {"ruling": ruling, "told": told, "remedy": remedy if remedy and remedy.url != here else None}


def _able(verb: str, able: bool) -> str:
    """`保存できます`, `品目の登録ができます`, `品目の登録はできません`: a verb of several words needs its particle."""
    phrase = "を" not in verb and any(each in verb for each in "の・と")
    return verb + (("が" if able else "は") if phrase else "") + ("できます" if able else "できません")


@register.inclusion_tag("components/stepper.html")
def stepper(steps: Iterable[Any], label: str = "手順") -> dict[str, Any]:
    """Steps with `label`, `state` (done current todo skipped blocked), `date`, `note`, `url`."""
    return {"steps": steps, "label": label}


@register.inclusion_tag("components/timeline.html")
def timeline(entries: Iterable[Any]) -> dict[str, Any]:
    """Log entries with `at`, `text` and optional `changes`: rows of `label`, `before`, `after`."""
    return {"entries": entries}


@register.inclusion_tag("components/tabs.html")
def tabs(items: Iterable[Any], label: str = "表示の切替") -> dict[str, Any]:
    """Pages side by side: items with `label`, `url`, `current` and optional `number`."""
    return {"items": items, "label": label}


@register.inclusion_tag("components/jobprogress.html")
def jobprogress(
    url: str,
    label: str,
    done: int | None = None,
    total: int | None = None,
    state: str = "running",
    note: str = "",
    seconds: int = 2,
) -> dict[str, Any]:
    """A long job: `url`, asked every few `seconds` (0: never), answers with this same piece.

    `state`: waiting running done failed.
    """
    finished = state in {"done", "failed"}
    return {
        "url": url,
        "seconds": seconds,
        "label": label,
        "done": done,
        "total": total,
        "state": state,
        "note": note,
        "finished": finished,
    }


@register.inclusion_tag("components/conflict.html")
def conflict(rows: Iterable[Any], version: Any, whose: str = "", when: Any = None) -> dict[str, Any]:
    """Two versions of one record to choose from, inside the page's form.

    Rows have `name` (the field), `label`, `mine`, `theirs`; the choice comes back as `choice-<name>` = mine
    or theirs.
    """
    return {"rows": rows, "version": version, "whose": whose, "when": when}


@register.inclusion_tag("components/photocard.html")
def photocard(
    src: str, alt: str, caption: str = "", credit: str = "", url: str = "", **flags: Any
) -> dict[str, Any]:
    """A photo; `consent`, `public` and `proxy` (bools) are told to staff where given."""
    return {"src": src, "alt": alt, "caption": caption, "credit": credit, "url": url, **flags}


@register.inclusion_tag("components/pagination.html", takes_context=True)
def pagination(context: Context, page: Page[Any], counter: str = "件") -> dict[str, Any]:
    """Links to the other pages of a list, keeping the filters in the address."""
    request = context.get("request")
    query = request.GET.copy() if request else None
    if query:
        query.pop("page", None)
    return {
        "page": page,
        "counter": counter,
        "numbers": page.paginator.get_elided_page_range(page.number, on_each_side=1, on_ends=1),
        "gap": page.paginator.ELLIPSIS,
        "query": f"{query.urlencode()}&" if query else "",
    }


def _rendered(content: str) -> SafeString:
    return mark_safe(content.strip())  # noqa: S308  the template engine rendered and escaped it
