"""What the verbs of this slice share: the year held open, names nobody else takes, an activity's words."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from keniki.apps.accounts.actor import Actor, Denied, Ruling
from keniki.apps.accounts.verbs import Act, lock, verb
from keniki.apps.activities.models import Activity
from keniki.apps.activities.policies import reopening
from keniki.apps.activities.queries.activities import with_everything
from keniki.apps.activities.queries.counts import rendered_lines, words
from keniki.apps.activities.queries.years import year_state
from keniki.apps.regions.models import Region
from keniki.core import fiscal_year


@contextmanager
def writing(
    actor: Actor, name: str, region: Region, *years: int, ruling: Ruling, quiet: bool = False
) -> Iterator[Act]:
    """A verb that writes into these fiscal years; nobody closes them until it is done."""
    with verb(actor, name, region=region.slug, ruling=ruling, quiet=quiet) as act:
        for year in sorted(set(years)):
            hold_year(region, year)
        yield act


def hold_year(region: Region, year: int, *, alone: bool = False) -> None:
    """Keep the year open until the transaction ends; 403 when closed. `alone` waits for all other writers."""
    lock("year", region.pk, year, shared=not alone)
    if not alone and (state := year_state(region, year)).is_closed:
        raise Denied(state.why_read_only, reopening(region))


def reread(activity: Activity) -> Activity:
    """The activity as it is stored now, with everything."""
    found: Activity = with_everything(Activity.objects.filter(pk=activity.pk)).get()
    return found


def called(activity: Activity) -> str:
    """How the log names an activity: 「令和6年度 スマートフォン講習会」."""
    return f"{fiscal_year.format_table(activity.fiscal_year)} {activity.title or activity.initiative.title}"


def content(activity: Activity) -> dict[str, Any]:
    """All of an activity that people edit, as the log keeps it (read with everything)."""
    return {
        "initiative": activity.initiative.title,
        "project": activity.project.title if activity.project else "",
        "fiscal_year": activity.fiscal_year,
        "municipality": activity.municipality.name if activity.municipality else "",
        "title": activity.title,
        "kind": activity.get_kind_display(),
        "state": activity.get_state_display(),
        "tally_only": activity.tally_only,
        "starts_on": activity.starts_on.isoformat() if activity.starts_on else "",
        "ends_on": activity.ends_on.isoformat() if activity.ends_on else "",
        "place": activity.place,
        "organiser": activity.organiser,
        "text": activity.text,
        "lines": [f"{_MARKS[line.kind]}{line.text}" for line in rendered_lines(activity)],
        "counts": [
            " ".join(
                filter(
                    None,
                    (
                        words(count),
                        count.municipality.name if count.municipality else "",
                        f"（{words(count.part_of)}の内訳）" if count.part_of else "",
                    ),
                )
            )
            for count in activity.counts.all()
        ],
        "measures": [f"{link.agreement.slug}/{link.key}" for link in activity.measure_links.all()],
        "roles": [f"{link.agreement.slug}/{link}" for link in activity.role_links.all()],
    }


_MARKS = {"result": "", "note": "※", "lecturer": "講師 "}
