"""Exhibits of flows: who goes where among the members, and what share of a town goes to the centre."""

from __future__ import annotations

from collections.abc import Sequence

from django.db.models import Count, Sum

from keniki.press.book_charts import matrix
from keniki.press.charts import Chart
from keniki.rulebooks.book import ExhibitForm

from ..models import Area, Edition, Flow
from ..queries import PURPOSES, counted_again, visible_editions
from .tables import Entry, Exhibit, Table, TableRow
from .values import Values

#: Members whose flows are drawn square; of more, these many destinations of these many origins.
SQUARE_MOST, DESTINATIONS, ORIGINS = 20, 12, 60


def flows(values: Values, form: ExhibitForm, chapter: str) -> Exhibit | None:
    """A table origin × destination among the members, in persons and in shares of all who go anywhere.

    Where a table counts workers and students together that is taken, else one and the other are added.
    """
    found = _newest(values, form.purposes)
    if found is None:
        return None
    edition, year, purposes = found
    rows = (
        Flow.objects.filter(
            edition=edition, year=year, purpose__in=purposes, origin__code__in=values.codes,
            origin__kind=Area.Kind.MUNICIPALITY,
        )
        .exclude(destination__in=counted_again(edition))
        .values("origin__code", "destination__code")
        .annotate(total=Sum("value"))
    )  # fmt: skip
    counted = {(row["origin__code"], row["destination__code"]): float(row["total"]) for row in rows}
    if not counted:
        return None
    everywhere = {
        code: sum(value for (origin, _), value in counted.items() if origin == code) for code in values.codes
    }
    names = [place.name for place in values.members]
    shares = [
        [
            counted.get((origin, there), 0.0) / everywhere[origin] * 100 if everywhere[origin] else None
            for there in values.codes
        ]
        for origin in values.codes
    ]
    words = "・".join(PURPOSES[each] for each in purposes)
    title = f"{form.title}（{year}年{'' if words in form.title else f'、{words}'}）"
    chart = _drawn(f"{title}：行き先の割合", names, shares)
    body = []
    for at, place in enumerate(values.members):
        inside = [counted.get((place.code, there), 0.0) for there in values.codes]
        rest = everywhere[place.code] - sum(inside)
        body.append(
            TableRow(
                place.name,
                (*(Entry(value) for value in inside), Entry(rest), Entry(everywhere[place.code])),
                below="人",
            )
        )
        body.append(
            TableRow(
                f"{place.name}の割合",
                (
                    *(Entry(value, decimals=1) for value in shares[at]),
                    Entry(
                        rest / everywhere[place.code] * 100 if everywhere[place.code] else None, decimals=1
                    ),
                    Entry(100.0 if everywhere[place.code] else None, decimals=1),
                ),
                below="％",
            )
        )
    heads = (*names, "圏域の外", "計")
    table = Table("住んでいるところ＼行き先", heads, tuple(body), of=(*range(len(names)), None, None))
    return Exhibit(form.id, title, chapter, table, (chart,), (edition,), (form.note,) if form.note else ())


def _drawn(title: str, names: Sequence[str], shares: Sequence[Sequence[float | None]]) -> Chart:
    """The shares as colours: of many members the destinations most go to, the others together; the table has all."""
    if len(names) <= SQUARE_MOST:
        return matrix(title, "％", names, names, shares)
    into = [
        sum(row[at] or 0.0 for origin, row in enumerate(shares) if origin != at) for at in range(len(names))
    ]
    most = sorted(sorted(range(len(names)), key=lambda at: -into[at])[:DESTINATIONS])
    cut = []
    for row in shares:
        known = [share for share in row if share is not None]
        rest = sum(known) - sum(row[at] or 0.0 for at in most)
        cut.append([*(row[at] for at in most), rest if known else None])
    heads = [*(names[at] for at in most), f"その他{len(names) - len(most)}市町村"]
    return matrix(title, "％", names[:ORIGINS], heads, cut[:ORIGINS])


def _newest(values: Values, purposes: Sequence[str]) -> tuple[Edition, int, list[str]] | None:
    """The newest year with flows from the most members, and for which purposes to add them up."""
    rows = (
        Flow.objects.filter(
            edition__in=visible_editions(values.holdings.region),
            origin__code__in=values.codes,
            origin__kind=Area.Kind.MUNICIPALITY,
            purpose__in=list(purposes),
        )
        .values("edition", "year")
        .annotate(origins=Count("origin", distinct=True))
        .order_by("-origins", "-year", "-edition__imported_at")
    )
    first = rows.first()
    if first is None:
        return None
    edition = values.holdings.editions[first["edition"]]
    there = set(
        Flow.objects.filter(edition=edition, year=first["year"], origin__code__in=values.codes)
        .values_list("purpose", flat=True)
        .distinct()
    )
    if "commute_school" in purposes:
        chosen = ["commute_school"] if "commute_school" in there else ["commute", "school"]
    else:
        chosen = [next(each for each in purposes if each in there)]
    return edition, first["year"], [each for each in chosen if each in there]
