"""Natural regions beside the actual ones as a page and files show them: rows by municipality, by region, maps."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from keniki.analysis.delineation import Agreement, Delineation, Member, Role, Stability, agreement, beside
from keniki.apps.regions.models import Region
from keniki.press.charts import Chart
from keniki.press.maps import Belonging, by_area

from ..book.borders import borders_of
from ..book.holdings import Place
from ..book.tables import Entry, Exhibit, Table, TableRow, printed, sources_of
from ..queries import visible_editions
from .finding import Found
from .rules import RULES, RuleKind
from .tables import names_of
from .touching import borders_touching

#: Codes of municipalities in the notes of the analysis.
_CODE: Final = re.compile(r"(?<!\d)\d{6}(?!\d)", re.ASCII)
#: Municipalities on one map, those of the region first.
MOST_ON_MAP: Final = 200
#: Facts of an area in words, with their decimals and what they are multiplied by.
_FACTS: Final[Mapping[str, tuple[str, int, float, str]]] = {
    "kind": ("", 0, 1, ""),
    "core_did": ("中心のDID人口", 0, 1, "人"),
    "residents": ("常住就業者", 0, 1, "人"),
    "residents_inside": ("住む人の自足率", 1, 100, "％"),
    "workers_inside": ("働く人の自足率", 1, 100, "％"),
    "validity": ("条件を満たす度合い", 2, 1, ""),
}


@dataclass(frozen=True)
class Placed:
    """Where a rule puts a municipality: the area's name, why, whether in the area of most members of the region, and
    in what share of the resampled tables it stays there (None before that was drawn).
    """

    area: str
    why: str
    role: Role
    share: float | None
    ours: bool
    stays: float | None

    @property
    def stays_percent(self) -> float | None:
        """`stays` in per cent."""
        return None if self.stays is None else self.stays * 100


@dataclass(frozen=True)
class Town:
    """A municipality beside what each rule makes of it; `regions` are the actual ones it is a member of."""

    code: str
    name: str
    inside: bool
    regions: tuple[str, ...]
    placed: tuple[Placed, ...]


@dataclass(frozen=True)
class Compared:
    """An actual region beside the area nearest to it; `area` is empty where its members are all alone.

    `agreement` is over the areas that members are in, None where that is one area, which any division agrees with.
    """

    rule: RuleKind
    region: str
    own: bool
    area: str
    both: int
    only_region: tuple[str, ...]
    only_area: tuple[str, ...]
    agreement: Agreement | None

    @property
    def overlap(self) -> float:
        """Of the municipalities in the region or the area, the part that is in both, in per cent."""
        every = self.both + len(self.only_region) + len(self.only_area)
        return self.both / every * 100 if every else 0.0

    @property
    def agreed(self) -> str:
        """The adjusted Rand index as printed; empty where there is none."""
        return "" if self.agreement is None else printed(self.agreement.adjusted_rand, 2)


@dataclass(frozen=True)
class Group:
    """An area that has members of the region: its municipalities, figures of it, how sure they are on average."""

    rule: RuleKind
    name: str
    towns: tuple[str, ...]
    facts: str
    stays: float | None

    @property
    def stays_percent(self) -> float | None:
        """`stays` in per cent."""
        return None if self.stays is None else self.stays * 100


class Shown:
    """What was found, for one region beside all regions of the installation (each with its members of today)."""

    def __init__(
        self,
        region: Region,
        regions: Mapping[Region, Sequence[Place]],
        found: Found,
        sure: Mapping[str, Stability] | None = None,
    ) -> None:
        self.region, self.regions, self.found, self.sure = region, regions, found, sure
        self.members = tuple(regions[region])
        self.kinds = tuple(RULES.values())

    @property
    def has_borders(self) -> bool:
        """Whether borders of members are held, so that there are maps."""
        touching = borders_touching()
        return any(place.code in touching for place in self.members)

    @property
    def notes(self) -> list[str]:
        """What a reader has to know of the table and of what each rule made of it, each once."""
        said = dict.fromkeys(self.found.notes)
        for kind in self.kinds:
            for note in self._made(kind).notes:
                said.setdefault(self._with_names(note), None)
        return list(said)

    @property
    def sources(self) -> list[str]:
        """The credit lines with the editions."""
        return sources_of(self.found.editions)

    @property
    def overall(self) -> list[tuple[RuleKind, float]]:
        """The mean agreement of the resampled tables' areas with those of the table, by rule."""
        return [] if self.sure is None else [(kind, self.sure[kind.key].adjusted_rand) for kind in self.kinds]

    @property
    def files(self) -> list[tuple[str, str]]:
        """The tables to take away, by id."""
        return [
            ("towns", "市区町村別"),
            ("all", "全市区町村"),
            ("regions", "実際の圏域との一致"),
            ("areas", "圏域別"),
        ]

    @cached_property
    def known(self) -> set[str]:
        """The members the table of flows knows."""
        there = self.found.made["ten"].areas
        return {place.code for place in self.members if place.code in there}

    @property
    def lacking(self) -> list[str]:
        """Members that are not in the table of flows."""
        return [place.name for place in self.members if place.code not in self.known]

    @cached_property
    def around(self) -> tuple[str, ...]:
        """The members, then everybody in an area with one of them by any rule."""
        codes = [place.code for place in self.members]
        others: set[str] = set()
        for made in self.found.made.values():
            ours = {made.areas[code] for code in self.known}
            others |= {code for code, area in made.areas.items() if area in ours}
        return (*codes, *sorted(others - set(codes)))

    @cached_property
    def towns(self) -> list[Town]:
        """The municipalities around, the members first."""
        return list(self._towns(self.around))

    def every_town(self) -> list[Town]:
        """All municipalities of the table."""
        return list(self._towns(sorted(self.found.made["ten"].areas)))

    @cached_property
    def compared(self) -> list[Compared]:
        """Each rule's areas beside each actual region that the table knows, the own one first."""
        rows = []
        for region in sorted(self.regions, key=lambda each: (each != self.region, each.name)):
            for kind in self.kinds:
                areas = self.found.made[kind.key].areas
                members = {place.code for place in self.regions[region]}
                if not members & areas.keys():
                    continue
                (row,) = beside(areas, dict.fromkeys(members, region.name))
                touched = {areas[code] for code in members & areas.keys()}
                universe = {code: area for code, area in areas.items() if area in touched}
                actual = {code: region.name if code in members else f"={code}" for code in universe}
                together = row.area is not None and row.area not in self._made(kind).alone
                rows.append(
                    Compared(
                        kind,
                        region.name,
                        region == self.region,
                        self.names.get(row.area or "", "") if together else "",
                        len(row.both) if together else 0,
                        tuple(self._named(row.only_region if together else sorted(members))),
                        tuple(self._named(row.only_area)),
                        agreement(universe, actual) if len(touched) > 1 else None,
                    )
                )
        return rows

    @cached_property
    def groups(self) -> list[Group]:
        """The areas that have members of the region, by rule, that of most members first."""
        found = []
        for kind in self.kinds:
            made = self.found.made[kind.key]
            counted: dict[str, int] = {}
            for code in self.known:
                counted[made.areas[code]] = counted.get(made.areas[code], 0) + 1
            stays = self._stays(kind.key)
            for area in sorted(counted, key=lambda each: (-counted[each], each)):
                codes = made.groups[area]
                if area in made.alone:
                    continue
                sure = [stays[code] for code in codes] if stays else []
                found.append(
                    Group(
                        kind,
                        self.names.get(area, area),
                        tuple(self._named(codes)),
                        "、".join(_facts(made.facts.get(area, {}), self.found.has_did)),
                        sum(sure) / len(sure) if sure else None,
                    )
                )
        return found

    @cached_property
    def names(self) -> dict[str, str]:
        """What the municipalities of the table are called."""
        listed = {place.code: place.name for places in self.regions.values() for place in places}
        return names_of(self.found.made["ten"].areas) | listed

    def map(self, kind: RuleKind) -> Chart | None:
        """The areas of a rule around the region with its border; None where no border is held."""
        editions = {row.pk: row for row in visible_editions(self.region)}
        made = self.found.made[kind.key]
        codes = list(self.around[:MOST_ON_MAP])
        touching = borders_touching()
        near = {other for place in self.members for other in touching.get(place.code, ())} - set(codes)
        codes += sorted(near)[: max(0, MOST_ON_MAP - len(codes))]
        names = names_of(codes)
        borders = borders_of([Place(code, names[code]) for code in codes], editions)
        if not borders.shapes:
            return None
        alone = set(made.alone)
        towns = [
            Belonging(
                code,
                names[code],
                borders.shapes.get(code, {}),
                "" if code in alone or code not in made.areas else made.areas[code],
                code not in alone and made.areas.get(code) == code,
            )
            for code in codes
        ]
        return by_area(
            f"{kind.name}（{self.found.table.year}年、{self.found.words_of(kind.key)}）",
            towns,
            [place.code for place in self.members],
            given_name=self.region.name,
        )

    def exhibit(self, id: str) -> Exhibit | None:
        """What can be taken away: the map of a rule by its key, a table (`towns`, `all`, `regions`, `areas`)."""
        if id in RULES:
            chart = self.map(RULES[id])
            return None if chart is None else Exhibit(id, RULES[id].name, "", charts=(chart,))
        if id == "towns":
            return Exhibit(id, "自然な圏域と実際の圏域（市区町村別）", "", self._town_table(self.towns))
        if id == "all":
            return Exhibit(id, "自然な圏域（全市区町村）", "", self._town_table(self.every_town()))
        if id == "regions":
            return Exhibit(id, "実際の圏域との一致", "", self._region_table())
        return Exhibit(id, "構成市町村を含む圏域", "", self._area_table()) if id == "areas" else None

    def _towns(self, codes: Sequence[str]) -> Iterator[Town]:
        names = self.names
        inside = {place.code for place in self.members}
        regions: dict[str, list[str]] = {}
        for region, places in self.regions.items():
            for place in places:
                regions.setdefault(place.code, []).append(region.name)
        members = {kind.key: {each.code: each for each in self._made(kind).members} for kind in self.kinds}
        nearest = {kind.key: self._nearest(kind) for kind in self.kinds}
        stays = {kind.key: self._stays(kind.key) for kind in self.kinds}
        for code in codes:
            placed = [
                _placed(member, kind.key, names, nearest[kind.key], stays[kind.key].get(code))
                for kind in self.kinds
                if (member := members[kind.key].get(code)) is not None
            ]
            yield Town(
                code, names.get(code, code), code in inside, tuple(regions.get(code, ())), tuple(placed)
            )

    def _made(self, kind: RuleKind) -> Delineation:
        return self.found.made[kind.key]

    def _nearest(self, kind: RuleKind) -> str | None:
        """The area with most members of the region; None without any in the table."""
        if not self.known:
            return None
        (row,) = beside(self._made(kind).areas, dict.fromkeys(self.known, "region"))
        return row.area

    def _stays(self, key: str) -> dict[str, float]:
        return {} if self.sure is None else self.sure[key].by_code()

    def _with_names(self, note: str) -> str:
        """A note of the analysis with names in place of codes."""
        return _CODE.sub(lambda match: self.names.get(match[0], match[0]), note)

    def _named(self, codes: Collection[str]) -> list[str]:
        return [self.names.get(code, code) for code in codes]

    def _town_table(self, towns: Sequence[Town]) -> Table:
        heads: list[str] = ["市区町村名", "実際の圏域"]
        units = ["", ""]
        for kind in self.kinds:
            heads += [f"{kind.short}：{each}" for each in ("圏域", "理由", "割合", "安定度")]
            units += ["", "", "％", "％"]
        rows = []
        for town in towns:
            cells = [Entry(None, town.name), Entry(None, "、".join(town.regions))]
            for place in town.placed or [None] * len(self.kinds):
                if place is None:
                    cells += [Entry(None)] * 4
                    continue
                share = None if place.share is None else place.share * 100
                cells += [
                    Entry(None, place.area),
                    Entry(None, place.why),
                    Entry(share, decimals=1),
                    Entry(place.stays_percent),
                ]
            rows.append(TableRow(town.code, tuple(cells)))
        return Table("団体コード", tuple(heads), tuple(rows), tuple(units))

    def _region_table(self) -> Table:
        heads = (
            "方法", "最も近い圏域", "共通", "重なり", "実際の圏域だけ", "求めた圏域だけ", "修正ランド指数",
        )  # fmt: skip
        rows = tuple(
            TableRow(
                row.region,
                (
                    Entry(None, row.rule.name),
                    Entry(None, row.area),
                    Entry(row.both),
                    Entry(row.overlap),
                    Entry(None, "、".join(row.only_region)),
                    Entry(None, "、".join(row.only_area)),
                    Entry(None if row.agreement is None else row.agreement.adjusted_rand, decimals=3),
                ),
            )
            for row in self.compared
        )
        return Table("実際の圏域", heads, rows, ("", "", "市区町村", "％", "", "", ""))

    def _area_table(self) -> Table:
        heads = ("方法", "市区町村数", "市区町村", "圏域の数値", "安定度の平均")
        rows = tuple(
            TableRow(
                row.name,
                (
                    Entry(None, row.rule.name),
                    Entry(len(row.towns)),
                    Entry(None, "、".join(row.towns)),
                    Entry(None, row.facts),
                    Entry(row.stays_percent),
                ),
            )
            for row in self.groups
        )
        return Table("圏域", heads, rows, ("", "", "", "", "％"))


def _placed(
    member: Member, key: str, names: Mapping[str, str], nearest: str | None, stays: float | None
) -> Placed:
    alone = member.role is Role.ALONE
    return Placed(
        "単独" if alone else names.get(member.area, member.area),
        _why(member, key, names),
        member.role,
        member.share,
        not alone and member.area == nearest,
        stays,
    )


def _why(member: Member, key: str, names: Mapping[str, str]) -> str:
    share = "" if member.share is None else f"{member.share * 100:.1f}％"
    if member.role is Role.ALONE:
        return ""
    if member.role is Role.CENTRE:
        return "中心"
    if member.role is Role.CORE:
        return "中心の一部"
    if key == "lma":
        return f"{share}が圏域内で従業" if share else ""
    if member.towards is None:
        return "通勤圏に囲まれる"
    if (member.order or 0) > 1:
        return f"{member.order}次の郊外、{names.get(member.towards, member.towards)}へ{share}"
    return f"{share}が通う"


def _facts(facts: Mapping[str, float | str], has_did: bool) -> Iterator[str]:
    for name, (words, decimals, factor, unit) in _FACTS.items():
        value = facts.get(name)
        if isinstance(value, str):
            yield value
        elif value is not None:
            words = words if has_did or name != "core_did" else "中心の従業者数"
            yield f"{words} {value * factor:,.{decimals}f}{unit}"
