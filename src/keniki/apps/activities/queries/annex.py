"""What the agreements' annexes promise: measures and the lines of the parties' roles, from the text in force."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db.models import Prefetch

from keniki.apps.activities.models import Activity
from keniki.apps.compacts.models import Agreement, AnnexItem, Initiative, Measure, Party
from keniki.apps.regions.models import Municipality

#: From how many towns on a role's heading says 「各市町」 and no longer every name.
_MANY = 3


@dataclass(frozen=True)
class Clause:
    """One line of a role."""

    key: str
    text: str


@dataclass(frozen=True)
class RoleGroup:
    """The role of one party or of several in an annex item: whose it is, in words, and its lines."""

    agreement: Agreement
    item: AnnexItem
    label: str
    towns: tuple[Municipality, ...]
    clauses: tuple[Clause, ...]

    @property
    def codes(self) -> tuple[str, ...]:
        return tuple(town.code for town in self.towns)

    @property
    def names(self) -> str:
        return "、".join(town.name for town in self.towns)


def annex_items(agreements: Iterable[int]) -> list[AnnexItem]:
    """The annex items of these agreements (ids) with measures, roles and parties loaded: five queries.

    They are those of the text concluded last, or of the draft while nothing was concluded.
    """
    rows = list(
        AnnexItem.objects.filter(agreement_version__agreement__in=set(agreements))
        .select_related("agreement_version__agreement")
        .prefetch_related(
            "measures",
            "roles",
            Prefetch("agreement_version__agreement__parties", Party.objects.select_related("municipality")),
        )
        .order_by("agreement_version__agreement_id", "order")
    )
    shown: dict[int, tuple[bool, int]] = {}
    for row in rows:
        version = row.agreement_version
        rank = (version.frozen, version.number)
        shown[version.agreement_id] = max(shown.get(version.agreement_id, rank), rank)
    return [
        row
        for row in rows
        if shown[row.agreement_version.agreement_id]
        == (row.agreement_version.frozen, row.agreement_version.number)
    ]


def role_groups(item: AnnexItem) -> list[RoleGroup]:
    """The roles of an annex item (of `annex_items`) in the order of the annex."""
    agreement = item.agreement_version.agreement
    parties = {party.municipality.code: party for party in agreement.parties.all()}
    found = []
    for role in item.roles.all():
        own = [parties[code] for code in role.municipalities if code in parties]
        found.append(
            RoleGroup(
                agreement,
                item,
                _whose(own),
                tuple(party.municipality for party in own),
                tuple(Clause(key, text) for key, text in role.clauses),
            )
        )
    return found


def measures_of(activity: Activity) -> list[Measure]:
    """The promised measures an activity is linked to, in the annex's order."""
    links = {(link.agreement_id, link.key) for link in activity.measure_links.all()}
    return [
        measure
        for item in annex_items(agreement for agreement, _ in links)
        for measure in item.measures.all()
        if (item.agreement_version.agreement_id, measure.key) in links
    ]


def roles_of(activity: Activity) -> list[RoleGroup]:
    """The lines of roles an activity fulfils, below whose role they are, in the annex's order."""
    links = {(link.agreement_id, link.item, link.key) for link in activity.role_links.all()}
    found = []
    for item in annex_items(agreement for agreement, _, _ in links):
        for group in role_groups(item):
            own = tuple(c for c in group.clauses if (group.agreement.pk, item.key, c.key) in links)
            if own:
                found.append(RoleGroup(group.agreement, item, group.label, group.towns, own))
    return found


def measure_texts(links: Iterable[tuple[int, str]]) -> dict[tuple[int, str], str]:
    """The words of promised measures by agreement id and key."""
    return {
        (item.agreement_version.agreement_id, measure.key): measure.text
        for item in annex_items(agreement for agreement, _ in links)
        for measure in item.measures.all()
    }


def role_texts(links: Iterable[tuple[int, str, str]]) -> dict[tuple[int, str, str], str]:
    """The words of roles' lines, with whose they are, by agreement id, annex item and key."""
    return {
        (group.agreement.pk, item.key, clause.key): f"{group.label}「{clause.text}」"
        for item in annex_items(agreement for agreement, _, _ in links)
        for group in role_groups(item)
        for clause in group.clauses
    }


def measure_choices(initiatives: Sequence[Initiative]) -> dict[int, list[tuple[Agreement, Measure]]]:
    """For each initiative's id the measures of its annex items."""
    return {
        pk: [(item.agreement_version.agreement, measure) for item in items for measure in item.measures.all()]
        for pk, items in _items_of(initiatives).items()
    }


def role_choices(initiatives: Sequence[Initiative]) -> dict[int, list[RoleGroup]]:
    """For each initiative's id the roles of its annex items."""
    return {
        pk: [group for item in items for group in role_groups(item)]
        for pk, items in _items_of(initiatives).items()
    }


def _items_of(initiatives: Sequence[Initiative]) -> dict[int, list[AnnexItem]]:
    keys: dict[int, set[tuple[int, str]]] = {row.pk: set() for row in initiatives}
    for initiative in Initiative.objects.filter(pk__in=keys).prefetch_related("annex_links"):
        keys[initiative.pk] = {(link.agreement_id, link.key) for link in initiative.annex_links.all()}
    items = annex_items(agreement for links in keys.values() for agreement, _ in links)
    return {
        pk: [item for item in items if (item.agreement_version.agreement_id, item.key) in links]
        for pk, links in keys.items()
    }


def _whose(parties: Sequence[Party]) -> str:
    """Whose role it is: 「甲（岩見沢市）の役割」, 「岩見沢市の役割」, 「各市町の役割」."""
    if parties and all(party.mark for party in parties):
        return "・".join(f"{party.mark}（{party.municipality.name}）" for party in parties) + "の役割"
    towns = [party.municipality for party in parties]
    if len(towns) < _MANY:
        return "・".join(town.name for town in towns) + "の役割"
    kinds = [letter for letter in "市区町村" if any(town.name.endswith(letter) for town in towns)]
    return f"各{''.join(kinds)}の役割"
