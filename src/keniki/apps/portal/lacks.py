"""What is missing in a region: for everybody, for one's own town with the way to enter it, and town by town."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field

from django.db.models import Count as CountRows
from django.db.models import F, Max, Q, QuerySet
from django.urls import reverse

from keniki.apps.accounts.actor import Actor
from keniki.apps.activities import policies as activity_policies
from keniki.apps.activities import queries as activities
from keniki.apps.activities.models import Activity, Count, Photo
from keniki.apps.compacts.models import Evaluation, Initiative, Kpi, Signatory, Vision
from keniki.apps.programmes.queries import pressing_steps
from keniki.apps.regions import policies
from keniki.apps.regions import queries as regions
from keniki.apps.regions.models import Municipality, Organisation, Region
from keniki.apps.workflow.models import DueItem
from keniki.core.fiscal_year import FiscalYear, format_table

NAMED = 5


@dataclass(frozen=True)
class Lack:
    """Something missing: what, where to go, and whose it is (a town, or everybody's).

    `ways` lead to the first few of the records themselves (title, address).
    """

    what: str
    number: int
    url: str
    town: str = ""
    counter: str = "件"
    ways: list[tuple[str, str]] = field(default_factory=list)

    @property
    def said(self) -> str:
        """How many, with the counter."""
        return f"{self.number}{self.counter}"

    @property
    def further(self) -> int:
        """How many `ways` do not name."""
        return self.number - len(self.ways) if self.ways else 0


@dataclass
class TownLacks:
    """What waits for one member: due items still open, activities without its figure, initiatives not evaluated."""

    municipality: Municipality
    due: int = 0
    overdue: int = 0
    figures: int = 0
    evaluations: int = 0

    @property
    def anything(self) -> bool:
        return bool(self.due or self.figures or self.evaluations)


@dataclass(frozen=True)
class Missing:
    """What is missing in a region: for the actor, and town by town."""

    mine: list[Lack]
    towns: list[TownLacks]


def missing(actor: Actor, region: Region, year: FiscalYear) -> Missing:
    """What is missing, in a constant number of queries; nothing of a closed year is asked for.

    For the actor: the running year's activities, the own town's figures, texts, names, photos, KPI actuals. Town by
    town, in the region's order: due items, figures of the running year and the one before, evaluations of the year
    before where the region has begun to evaluate it.
    """
    states = activities.year_states(region, [int(year), int(year.previous)])
    running = [number for number, state in states.items() if not state.is_closed]
    figures = _figures(region, running)
    before = year.previous if int(year.previous) in running else None
    mine = [
        *_own_figures(actor, region, figures),
        *_activities(actor, region, year),
        *_names(region),
        *_visions(region),
        *_photos(region),
        *_procedures(actor, region),
        *(_actuals(actor, region, before) if before else []),
    ]
    return Missing(mine, _by_town(region, figures, before))


def _by_town(region: Region, figures: dict[int, set[int]], before: FiscalYear | None) -> list[TownLacks]:
    """The members for whom something waits, in the region's order."""
    found = {row.municipality_id: TownLacks(row.municipality) for row in regions.members_on(region)}
    today = policies.today()
    waiting = (
        DueItem.objects.filter(region=region, state=DueItem.State.OPEN)
        .filter(organisation__kind=Organisation.Kind.MUNICIPALITY, organisation__municipality__in=found)
        .values_list("organisation__municipality")
        .annotate(number=CountRows("pk"), late=CountRows("pk", filter=Q(due_on__lt=today)))
        .order_by()
    )
    for town, number, late in waiting:
        found[town].due, found[town].overdue = number, late
    for activity_towns in figures.values():
        for town in found.keys() - activity_towns:
            found[town].figures += 1
    if before is not None:
        _count_evaluations(region, before, found)
    return [each for each in found.values() if each.anything]


def _count_evaluations(region: Region, year: FiscalYear, found: dict[int, TownLacks]) -> None:
    given = Evaluation.objects.filter(initiative__region=region, fiscal_year=int(year))
    evaluated = set(given.values_list("initiative", "municipality"))
    if not evaluated:
        return
    members = {row.municipality_id for row in regions.members_on(region, year.last_day)}
    for initiative in _running(year).values_list("pk", flat=True):
        for town in members & found.keys():
            found[town].evaluations += (initiative, town) not in evaluated


def _own_figures(actor: Actor, region: Region, figures: dict[int, set[int]]) -> list[Lack]:
    own = policies.town_post(actor, region)
    if own is None:
        return []
    without = [pk for pk, towns in figures.items() if own.municipality_id not in towns]
    if not without:
        return []
    rows = Activity.objects.filter(pk__in=without).order_by("-fiscal_year", "order", "pk")[:NAMED]
    ways = [(row.title, reverse("activities:figures", args=[region.slug, row.slug])) for row in rows]
    listed = reverse("activities:activities", args=[region.slug])
    return [
        Lack(
            "あなたの市町村の数値が入っていない共同の活動",
            len(without),
            listed,
            own.organisation_name,
            ways=ways,
        )
    ]


def _activities(actor: Actor, region: Region, year: FiscalYear) -> list[Lack]:
    something = Q(activities__fiscal_year=int(year)) & ~Q(activities__state=Activity.State.NONE)
    silent = activities.years_without_results(region, [int(year)])
    rows = [
        row
        for row in _running(year)
        .annotate(entered=CountRows("activities", filter=something))
        .order_by("order")
        if not row.entered and not row.one_off and (row.pk, year) not in silent
    ]
    if not rows:
        return []
    new = reverse("activities:new", args=[region.slug])
    ways = (
        [(row.title, f"{new}?initiative={row.slug}&year={int(year)}") for row in rows[:NAMED]]
        if activity_policies.create(actor, region)
        else []
    )
    listed = reverse("activities:activities", args=[region.slug])
    return [Lack(f"{format_table(year)}の活動が登録されていない取組", len(rows), listed, ways=ways)]


def _names(region: Region) -> list[Lack]:
    """Signatories of the newest version whose names are unknown or lost in part: the text can't be issued."""
    lost = (
        Signatory.objects.filter(agreement_version__agreement__region=region)
        .exclude(agreement_version__agreement__state="dropped")
        .annotate(newest=Max("agreement_version__agreement__versions__number"))
        .filter(agreement_version__number=F("newest"))
        .filter(Q(name_complete=False) | Q(name=""))
    )
    pairs = lost.values_list("agreement_version__agreement__slug", "agreement_version__agreement__title")
    number: dict[tuple[str, str], int] = defaultdict(int)
    for pair in pairs.order_by("agreement_version__agreement__slug"):
        number[pair] += 1
    return [
        Lack(
            f"氏名が未入力の署名者（{title}）", count, reverse("compacts:agreement", args=[region.slug, slug])
        )
        for (slug, title), count in number.items()
    ]


def _visions(region: Region) -> list[Lack]:
    rows = list(Vision.objects.filter(future_image="").order_by("first_year", "slug"))
    if not rows:
        return []
    ways = [(row.title, reverse("compacts:vision", args=[region.slug, row.slug])) for row in rows[:NAMED]]
    url = reverse("compacts:visions", args=[region.slug])
    return [Lack("将来像が未入力のビジョン", len(rows), url, ways=ways)]


def _photos(region: Region) -> list[Lack]:
    url = f"{reverse('activities:photos', args=[region.slug])}?missing=1"
    unknown = Q(consent=Photo.Consent.UNKNOWN, kind=Photo.Kind.PHOTO) & ~Q(digest="")
    number = Photo.objects.aggregate(
        consent=CountRows("pk", filter=unknown), without=CountRows("pk", filter=Q(digest=""))
    )
    found = [
        Lack("写っている人の同意が未確認の写真", number["consent"], url, counter="枚"),
        Lack("説明だけで画像がない写真", number["without"], url, counter="枚"),
    ]
    return [lack for lack in found if lack.number]


def _actuals(actor: Actor, region: Region, year: FiscalYear) -> list[Lack]:
    rows = list(
        Kpi.objects.filter(count_query__isnull=True)
        .exclude(direction=Kpi.Direction.UNDECIDED)
        .filter(_covers("vision", year), _covers("initiative", year))
        .exclude(readings__fiscal_year=int(year))
        .order_by("order", "slug")
    )
    if not rows:
        return []
    if policies.edit_shared(actor, region):
        view, more = "compacts:kpi-reading", [int(year)]
    else:
        view, more = "compacts:kpi", []
    ways = [(row.name, reverse(view, args=[region.slug, row.slug, *more])) for row in rows[:NAMED]]
    url = reverse("compacts:kpis", args=[region.slug])
    return [Lack(f"{format_table(year)}の実績値が未入力のKPI", len(rows), url, ways=ways)]


def _procedures(actor: Actor, region: Region) -> list[Lack]:
    """Steps of the stored procedures that are overdue or wait for one before them, the latest first.

    Those the actor's own town has not taken lead to where it records them.
    """
    found = []
    post = policies.town_post(actor, region)
    own = post.organisation_name if post is not None else ""
    for plan, pressing in pressing_steps(region):
        at = [region.slug, plan.record.programme]
        url = reverse("programmes:plan", args=at)
        ways = [
            (
                f"{state.planned.step.name}（{state.state.label}）",
                reverse("programmes:plan-step", args=[*at, state.planned.step.id])
                if own and own in state.open_parties
                else url,
            )
            for state in pressing[:NAMED]
        ]
        what = f"{plan.record.get_programme_display()}の手続で、遅れ・先行待ちの工程"
        found.append(Lack(what, len(pressing), url, ways=ways))
    return found


def _running(year: FiscalYear) -> QuerySet[Initiative]:
    """The initiatives that run in the year, as far as their years are known."""
    return Initiative.objects.filter(_covers("", year))


def _covers(owner: str, year: FiscalYear) -> Q:
    first, last = (f"{owner}__{name}" if owner else name for name in ("first_year", "last_year"))
    return (Q(**{first: None}) | Q(**{f"{first}__lte": int(year)})) & (
        Q(**{last: None}) | Q(**{f"{last}__gte": int(year)})
    )


def _figures(region: Region, open_years: list[int]) -> dict[int, set[int]]:
    """Shared activities of these years that towns give figures for, with the towns that have.

    A town that has said it did nothing for the initiative in that year owes no figure.
    """
    pairs = Count.objects.filter(
        municipality__isnull=False,
        activity__region=region,
        activity__fiscal_year__in=open_years,
        activity__municipality=None,
        activity__state=Activity.State.DONE,
    ).values_list("activity", "municipality")
    found: dict[int, set[int]] = defaultdict(set)
    nothing: dict[tuple[int, int], set[int]] = defaultdict(set)
    for activity, town in pairs.order_by("activity"):
        found[activity].add(town)
    said = Activity.objects.filter(
        region=region, fiscal_year__in=open_years, state=Activity.State.NONE, municipality__isnull=False
    )
    for initiative, number, town in said.values_list("initiative", "fiscal_year", "municipality"):
        nothing[initiative, number].add(town)
    if nothing:
        places = Activity.objects.filter(pk__in=found).values_list("pk", "initiative", "fiscal_year")
        for activity, initiative, number in places:
            found[activity] |= nothing[initiative, number]
    return dict(found)
