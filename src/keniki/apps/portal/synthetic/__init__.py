"""Fictional regions of a realistic size, for measuring: 20 initiatives, 5 years, 10 activities a year each, and all
that people keep beside them (`daily`).

The same number gives the same regions. Codes use prefectures 90–99, which do not exist.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import connection
from django_scopes import scopes_disabled

from keniki.apps.accounts.actor import Actor, allow, deny
from keniki.apps.accounts.verbs import verb
from keniki.apps.activities.models import Activity, ActivityLine, Count, MeasureLink
from keniki.apps.compacts.models import (
    Agreement,
    AgreementVersion,
    AnnexItem,
    Finding,
    Initiative,
    InitiativeAnnex,
    InitiativeRole,
    Measure,
    Outlook,
    OutlookMeasure,
    Party,
    Signatory,
    Vision,
)
from keniki.apps.finance.models import Grant, GrantStep
from keniki.apps.regions.models import (
    Fact,
    Municipality,
    Organisation,
    Region,
    RegionMembership,
    RegionProgramme,
)
from keniki.core.errors import WrongInput
from keniki.core.municipality_code import check_digit

from ..interchange.load import days
from .copying import copy, without_triggers
from .daily import Daily

INITIATIVES, ACTIVITIES = 20, 10
YEARS = range(2020, 2025)
TOWNS = 6
BATCH = 2000
_KINDS = (
    "training",
    "study",
    "event",
    "course",
    "publication",
    "survey",
    "drill",
    "purchase",
    "meeting",
    "service",
)
_TITLES = (
    "担当職員の合同研修会",
    "共同利用の検討",
    "利用促進イベント",
    "住民向け講習会",
    "パンフレットの作成",
    "住民アンケート調査",
    "合同訓練",
    "共同備蓄資機材の購入",
    "担当者会議",
    "共同システムの運用",
)
_FIELDS = (
    "medical",
    "welfare",
    "education",
    "land_use",
    "industry",
    "environment",
    "disaster",
    "transit",
    "ict",
    "roads",
)


@dataclass
class Totals:
    regions: int = 0
    initiatives: int = 0
    activities: int = 0


def make_regions(
    actor: Actor, number: int, step: Callable[..., None] = lambda *a, **k: None, *, first: int = 0
) -> dict[str, int]:
    """Make `number` regions, each in its own transaction with one log entry; returns how much was made.

    They are numbered from `first`.
    """
    ruling = (
        allow("システム管理者です。") if actor.operator else deny("架空の圏域はシステム管理者がつくります。")
    )
    totals = Totals()
    model: Region | None = None
    for position in range(first, first + number):
        slug = f"synthetic-{position:04d}"
        if Region.objects.filter(slug=slug).exists():
            raise WrongInput(
                f"架空の圏域 {slug} は既にあります。空の KENIKI_HOME で作成してください。",
                column="--synthetic",
            )
        with (
            scopes_disabled(),
            verb(actor, "portal.make_synthetic_region", region=slug, ruling=ruling) as act,
        ):
            region = _Maker(position, slug).run(totals, like=model)
            fresh, model = model is None, model or region
            act.log(region, None, {"slug": slug}, f"性能試験のための {region.name} を作成")
        if fresh or position == first + number - 1:
            with connection.cursor() as cursor:
                cursor.execute("ANALYZE")
        step()
    return {"regions": totals.regions, "initiatives": totals.initiatives, "activities": totals.activities}


class _Maker:
    def __init__(self, position: int, slug: str):
        self.position = position
        self.slug = slug

    def run(self, totals: Totals, like: Region | None = None) -> Region:
        """Make the region; its activities are copied from the region `like` where there is one."""
        self.people_and_places()
        self.agreement()
        initiatives = self.initiatives()
        daily = Daily(self.region, self.towns, YEARS, self.vision, self.compact, self.items, initiatives)
        daily.fill()
        activities = self.copied(like) if like else self.activities(initiatives)
        daily.photos()
        totals.regions += 1
        totals.initiatives += len(initiatives)
        totals.activities += activities
        return self.region

    def people_and_places(self) -> None:
        name = f"架空{self.position + 1:04d}圏域"
        codes = [f"{90_000 + self.position * TOWNS + n:05d}" for n in range(TOWNS)]
        self.towns = Municipality.objects.bulk_create(
            Municipality(
                code=code + check_digit(code),
                name=f"架空{self.position + 1:04d}{'市' if n == 0 else chr(0x3042 + 2 * n) + '町'}",
                kind="city" if n == 0 else "town",
                prefecture=code[:2],
                latitude=f"{43 + (self.position % 100) / 100 + n / 50:.3f}",
                longitude=f"{141 + (self.position % 77) / 100 + (n * n % 7) / 40:.3f}",
                source_text="架空",
            )
            for n, code in enumerate(codes)
        )
        secretariat = Organisation(
            slug=f"{self.slug}-jimukyoku",
            kind="secretariat",
            name=self.towns[0].name,
            department="企画課",
            municipality=self.towns[0],
        )
        secretariat.save()
        self.region = Region(
            slug=self.slug,
            name=name,
            short_name=name,
            fictional=True,
            secretariat=secretariat,
            formation_history="性能を測るための架空の圏域。",
        )
        self.region.save()
        RegionMembership.objects.bulk_create(
            RegionMembership(
                region=self.region,
                municipality=town,
                role="centre" if n == 0 else "partner",
                order=n + 1,
                valid=days(date(2020, 4, 1), None),
            )
            for n, town in enumerate(self.towns)
        )
        RegionProgramme.objects.bulk_create(
            [
                RegionProgramme(
                    region=self.region,
                    programme="teiju",
                    valid=days(date(2020, 4, 1), None),
                    first_fiscal_year=YEARS[0],
                    last_fiscal_year=YEARS[-1],
                    fields=list(_FIELDS),
                )
            ]
        )
        Fact.objects.bulk_create(
            [
                *(
                    Fact(
                        region=self.region,
                        municipality=town,
                        indicator="population",
                        label="人口",
                        as_of=date(2020, 10, 1),
                        value=5000 + 1000 * n,
                        unit="人",
                        order=n,
                    )
                    for n, town in enumerate(self.towns)
                ),
                Fact(
                    region=self.region,
                    indicator="area",
                    label="面積",
                    as_of=date(2020, 10, 1),
                    value=1234,
                    unit="km²",
                    order=TOWNS,
                ),
            ]
        )
        grants = Grant.objects.bulk_create(
            Grant(region=self.region, slug=f"grant-{year}", programme="teiju", fiscal_year=year)
            for year in YEARS
        )
        GrantStep.objects.bulk_create(
            GrantStep(grant=grant, order=1, step="final", amount=1_000_000 * (grant.fiscal_year - 2015))
            for grant in grants
        )

    def agreement(self) -> None:
        self.compact = Agreement(
            region=self.region,
            slug="kyotei",
            kind="multilateral",
            title=f"{self.region.name}の形成に関する協定書",
            programme="teiju",
            state="concluded",
            concluded_on=date(2020, 4, 1),
        )
        self.compact.save()
        Party.objects.bulk_create(
            Party(agreement=self.compact, municipality=town, order=n) for n, town in enumerate(self.towns, 1)
        )
        version = AgreementVersion(
            agreement=self.compact,
            number=1,
            preamble="架空の前文。",
            closing="本書{copies}通を作成する。",
            articles=[
                {"number": 1, "heading": "目的", "paragraphs": [{"text": "架空の目的。", "items": []}]}
            ],
        )
        version.save()
        Signatory.objects.bulk_create(
            Signatory(
                agreement_version=version,
                municipality=town,
                order=n,
                address="架空1番地",
                title=f"{town.name}長",
                name="架空 太郎",
            )
            for n, town in enumerate(self.towns, 1)
        )
        self.items = AnnexItem.objects.bulk_create(
            AnnexItem(
                agreement_version=version,
                key=f"item_{n}",
                order=n,
                field_label=f"({n})分野",
                title=f"取組{n}",
                direction="架空の方向性。",
                fields=[_FIELDS[n % len(_FIELDS)]],
            )
            for n in range(1, INITIATIVES + 1)
        )
        Measure.objects.bulk_create(
            Measure(annex_item=item, key=f"measure_{item.order}_{m}", order=m, text=f"架空の取組内容{m}")
            for item in self.items
            for m in (1, 2, 3)
        )

    def initiatives(self) -> list[Initiative]:
        self.vision = Vision(
            region=self.region,
            slug="vision",
            programme="teiju",
            title="共生ビジョン",
            first_year=YEARS[0],
            last_year=YEARS[-1],
            state="decided",
            decided_on=date(2020, 4, 1),
            future_image="架空の将来像。",
        )
        self.vision.save()
        rows = Initiative.objects.bulk_create(
            Initiative(
                region=self.region,
                slug=f"torikumi-{n:02d}",
                order=n,
                title=f"架空の取組{n}",
                field_name=f"分野{n}",
                programme="teiju",
                vision=self.vision,
                first_year=YEARS[0],
                last_year=YEARS[-1],
                overview="架空の概要。",
                purpose="架空の目的。",
                fields=[_FIELDS[n % len(_FIELDS)]],
            )
            for n in range(1, INITIATIVES + 1)
        )
        InitiativeAnnex.objects.bulk_create(
            InitiativeAnnex(initiative=row, agreement=self.compact, key=item.key)
            for row, item in zip(rows, self.items, strict=True)
        )
        InitiativeRole.objects.bulk_create(
            InitiativeRole(initiative=row, order=1, label="各市町", text="架空の役割。") for row in rows
        )
        Finding.objects.bulk_create(
            Finding(initiative=row, order=n, text=f"架空の成果と課題{n}。") for row in rows for n in (1, 2, 3)
        )
        outlooks = Outlook.objects.bulk_create(
            Outlook(initiative=row, order=1, title="架空の方針") for row in rows
        )
        OutlookMeasure.objects.bulk_create(
            OutlookMeasure(outlook=outlook, order=1, title="架空の取組", text="架空の内容。")
            for outlook in outlooks
        )
        return rows

    def activities(self, initiatives: list[Initiative]) -> int:
        rows = Activity.objects.bulk_create(
            (
                Activity(
                    region=self.region,
                    initiative=row,
                    slug=f"{row.slug}-{year}-{n}",
                    fiscal_year=year,
                    order=n,
                    title=_TITLES[n],
                    kind=_KINDS[n],
                    state="done",
                    starts_on=date(year, 4 + n % 9, 10),
                )
                for row in initiatives
                for year in YEARS
                for n in range(ACTIVITIES)
            ),
            batch_size=BATCH,
        )
        bulk: Any = ActivityLine.objects
        bulk.bulk_create(
            (
                ActivityLine(activity=row, order=1, kind="result", text="{sessions} {participants}参加")
                for row in rows
            ),
            batch_size=BATCH,
        )
        totals = Count.objects.bulk_create(
            (
                count
                for n, row in enumerate(rows)
                for count in (
                    Count(
                        activity=row,
                        key="sessions",
                        order=1,
                        value=1 + n % 5,
                        counter="回",
                        quantity="sessions",
                    ),
                    Count(
                        activity=row,
                        key="participants",
                        order=2,
                        value=TOWNS * (5 + n % 20),
                        counter="名",
                        quantity="participants",
                    ),
                )
            ),
            batch_size=BATCH,
        )
        Count.objects.bulk_create(
            (
                Count(
                    activity_id=total.activity_id,
                    key=f"participants_{t + 1}",
                    order=3 + t,
                    value=total.value / TOWNS,
                    counter="名",
                    quantity="participants",
                    municipality=town,
                    part_of=total,
                )
                for total in totals[1::2]
                for t, town in enumerate(self.towns[:2])
            ),
            batch_size=BATCH,
        )
        MeasureLink.objects.bulk_create(
            (
                MeasureLink(
                    activity=row,
                    agreement=self.compact,
                    key=f"measure_{initiatives.index(row.initiative) + 1}_{1 + row.order % 2}",
                )
                for row in rows
            ),
            batch_size=BATCH,
        )
        return len(rows)

    def copied(self, like: Region) -> int:
        """The same activities as another synthetic region's, copied within the database with their row history."""
        old, new, agreement = like.pk, self.region.pk, self.compact.pk
        own = "JOIN synthetic_pairs s ON s.old = o.activity_id "
        member = "LEFT JOIN regions_regionmembership"
        town = f"{member} m ON m.region_id = {old} AND m.municipality_id = o.municipality_id "
        town += f'{member} n ON n.region_id = {new} AND n."order" = m."order" '
        total = "JOIN activities_count p ON p.id = o.part_of_id "
        total += "JOIN activities_count q ON q.activity_id = s.new AND q.key = p.key "
        with (
            connection.cursor() as cursor,
            without_triggers(cursor, Activity, ActivityLine, Count, MeasureLink),
        ):
            made = copy(
                cursor,
                Activity,
                "JOIN compacts_initiative i ON i.id = o.initiative_id "
                f"JOIN compacts_initiative k ON k.slug = i.slug AND k.region_id = {new} WHERE o.region_id = {old}",
                {"region_id": str(new), "initiative_id": "k.id"},
            )
            cursor.execute("DROP TABLE IF EXISTS synthetic_pairs")
            cursor.execute(
                "CREATE TEMP TABLE synthetic_pairs ON COMMIT DROP AS SELECT a.id AS old, b.id AS new "  # noqa: S608
                "FROM activities_activity a JOIN activities_activity b USING (slug) "
                f"WHERE a.region_id = {old} AND b.region_id = {new}"
            )
            cursor.execute("ANALYZE synthetic_pairs")
            copy(cursor, ActivityLine, own, {"activity_id": "s.new"})
            moved = {"activity_id": "s.new", "municipality_id": "n.municipality_id"}
            copy(cursor, Count, f"{own}{town}WHERE o.part_of_id IS NULL", moved)
            copy(cursor, Count, own + town + total, {**moved, "part_of_id": "q.id"})
            copy(cursor, MeasureLink, own, {"activity_id": "s.new", "agreement_id": str(agreement)})
        return made
