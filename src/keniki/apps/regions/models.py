"""Municipalities, organisations, posts, and the region with its dated members and programmes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import pgtrigger
from django.conf import settings
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateRangeField, RangeOperators
from django.db import models
from psycopg.types.range import DateRange

from keniki.apps.accounts.records import Record, Written, tracked
from keniki.apps.accounts.scoping import scoped


def forever() -> DateRange:
    """All days: what has no known beginning and no end."""
    return DateRange(None, None, "[)")


class SourceDocument(Written):
    """A document figures and texts were taken from (出典)."""

    region = models.ForeignKey("Region", on_delete=models.CASCADE, related_name="sources")
    slug = models.SlugField(max_length=80)
    title = models.CharField("資料名", max_length=300)
    publisher = models.CharField("作成者", max_length=200, blank=True)
    published_on = models.DateField("作成日", null=True, blank=True)
    note = models.TextField("備考", blank=True)

    class Meta:
        verbose_name = "出典"
        ordering = ("slug",)
        constraints = (models.UniqueConstraint(fields=["region", "slug"], name="source_slug_in_region"),)

    def __str__(self) -> str:
        return self.title


class Sourced(models.Model):
    """Where a record stands in which document; `source_flag` keeps a contradiction found there."""

    source = models.ForeignKey(
        SourceDocument, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name="出典"
    )
    source_place = models.CharField("出典の箇所", max_length=300, blank=True)
    source_flag = models.TextField("出典の注意", blank=True)

    class Meta:
        abstract = True

    @property
    def taken_from(self) -> Origin | None:
        """For the source popover; None where no source is known."""
        if self.source is None:
            return None
        publisher = f"（{self.source.publisher}）" if self.source.publisher else ""
        return Origin(f"{self.source.title}{publisher}", self.source_place, self.source_flag)


@dataclass(frozen=True)
class Origin:
    """Where a record was taken from: the document, the place in it, and what to be careful about."""

    edition: str
    cell: str
    note: str


@tracked
class Municipality(Written):
    """A municipality (市町村) for the days it exists under this code and name."""

    class Kind(models.TextChoices):
        CITY = "city", "市"
        DESIGNATED_CITY = "designated_city", "指定都市"
        CORE_CITY = "core_city", "中核市"
        SPECIAL_WARD = "special_ward", "特別区"
        TOWN = "town", "町"
        VILLAGE = "village", "村"
        WARD = "ward", "区"

    code = models.CharField("全国地方公共団体コード", max_length=6, db_index=True)
    name = models.CharField("名称", max_length=40)
    kana = models.CharField("ふりがな", max_length=80, blank=True)
    kind = models.CharField("種別", max_length=20, choices=Kind.choices)
    prefecture = models.CharField("都道府県コード", max_length=2)
    county = models.CharField("郡・支庁", max_length=40, blank=True)
    office_address = models.CharField("庁舎の所在地", max_length=200, blank=True)
    latitude = models.DecimalField("緯度", max_digits=8, decimal_places=5, null=True, blank=True)
    longitude = models.DecimalField("経度", max_digits=8, decimal_places=5, null=True, blank=True)
    valid = DateRangeField("有効期間", default=forever)
    successor = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="predecessors"
    )
    source_text = models.CharField("出典", max_length=300, blank=True)

    class Meta:
        verbose_name = "市町村"
        ordering = ("code",)
        constraints = (
            models.CheckConstraint(
                condition=models.Q(code__regex=r"^\d{6}$"), name="municipality_code_six_digits"
            ),
            ExclusionConstraint(
                name="municipality_code_once_at_a_time",
                expressions=[
                    (models.F("code"), RangeOperators.EQUAL),
                    (models.F("valid"), RangeOperators.OVERLAPS),
                ],
            ),
        )

    def __str__(self) -> str:
        return self.name

    @property
    def five_digits(self) -> str:
        return self.code[:5]


@tracked
class Organisation(Record):
    """A body that people hold posts in (団体・部署)."""

    class Kind(models.TextChoices):
        MUNICIPALITY = "municipality", "市町村"
        SECRETARIAT = "secretariat", "事務局"
        PREFECTURE = "prefecture", "都道府県"
        BUREAU = "bureau", "総合振興局・振興局"
        UNION = "union", "一部事務組合・広域連合"
        FIRE = "fire", "消防"
        OPERATOR = "operator", "交通事業者"
        SCHOOL = "school", "学校"
        WELFARE_COUNCIL = "welfare_council", "社会福祉協議会"
        CONTRACTOR = "contractor", "受託事業者"

    slug = models.SlugField(max_length=80, unique=True)
    kind = models.CharField("種別", max_length=20, choices=Kind.choices)
    name = models.CharField("名称", max_length=120)
    department = models.CharField("担当部署", max_length=120, blank=True)
    municipality = models.ForeignKey(
        Municipality, on_delete=models.PROTECT, null=True, blank=True, related_name="organisations"
    )
    members = models.ManyToManyField(
        Municipality, blank=True, related_name="joint_bodies", verbose_name="構成市町村"
    )
    beyond_region = models.BooleanField("圏域外の市町村を含む", default=False)
    note = models.TextField("備考", blank=True)
    source = models.JSONField("出典", null=True, blank=True)

    class Meta:
        verbose_name = "団体"
        ordering = ("kind", "name")
        constraints = (
            models.CheckConstraint(
                condition=~models.Q(kind="municipality") | models.Q(municipality__isnull=False),
                name="municipal_organisation_names_its_municipality",
            ),
        )

    def __str__(self) -> str:
        return self.name


def post_label(body: str, section: str, title: str) -> str:
    """「栗山町 企画課」, of the body's name, the section and the title."""
    return " ".join(part for part in (body, section, title) if part)


@tracked
class Post(Record):
    """A post (職): rights belong here, not to people."""

    class Role(models.TextChoices):
        SECRETARIAT = "secretariat", "事務局"
        OFFICER = "officer", "担当者"
        APPROVER = "approver", "決裁者"
        PANEL_MEMBER = "panel_member", "懇談会委員"
        VIEWER = "viewer", "閲覧者"
        ADMINISTRATOR = "administrator", "管理者"

    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="posts")
    slug = models.SlugField(max_length=80, unique=True)
    section = models.CharField("部署", max_length=80, blank=True)
    title = models.CharField("職名", max_length=80, blank=True)
    role = models.CharField("役割", max_length=20, choices=Role.choices)
    ended_on = models.DateField("廃止日", null=True, blank=True)

    class Meta:
        verbose_name = "職"
        ordering = ("organisation", "section", "title")

    def __str__(self) -> str:
        return self.label

    @property
    def label(self) -> str:
        """「栗山町 企画課」"""
        return post_label(self.organisation.name, self.section, self.title)


@tracked
class PostHolder(Written):
    """Who holds a post in which days (発令). One person may hold several posts, never the same one twice."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="held")
    post = models.ForeignKey(Post, on_delete=models.PROTECT, related_name="holders")
    valid = DateRangeField("在職期間")

    class Meta:
        verbose_name = "在職"
        constraints = (
            ExclusionConstraint(
                name="post_held_once_at_a_time_by_a_person",
                expressions=[
                    (models.F("user"), RangeOperators.EQUAL),
                    (models.F("post"), RangeOperators.EQUAL),
                    (models.F("valid"), RangeOperators.OVERLAPS),
                ],
            ),
        )

    def __str__(self) -> str:
        return f"{self.user} {self.post}"

    @property
    def last_day(self) -> date | None:
        """The last day in the post; None while it is open."""
        return self.valid.upper - timedelta(days=1) if self.valid.upper else None


class HandoverNote(Written):
    """A note for whoever holds the post next (引継ぎ); it stays with the post. Never changed."""

    post = models.ForeignKey(Post, on_delete=models.PROTECT, related_name="notes")
    text = models.TextField("引継ぎ事項")
    written_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    written_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = "引継ぎ"
        ordering = ("-written_at",)
        triggers = (pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete),)

    def __str__(self) -> str:
        return self.text[:40]


@tracked
class Region(Record):
    """A cooperating region (圏域)."""

    slug = models.SlugField(max_length=80, unique=True)
    name = models.CharField("圏域名", max_length=80)
    short_name = models.CharField("略称", max_length=40, blank=True)
    fictional = models.BooleanField("架空", default=False)
    members_term = models.CharField("構成団体の呼び方", max_length=40, default="構成市町村")
    formation_history = models.TextField("形成の経緯", blank=True)
    secretariat = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, related_name="runs", verbose_name="事務局"
    )
    related = models.ManyToManyField(
        Organisation, blank=True, related_name="related_regions", verbose_name="関係団体"
    )
    formation_source = models.ForeignKey(
        SourceDocument, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    source_place = models.CharField(max_length=300, blank=True)
    source_flag = models.TextField(blank=True)

    class Meta:
        verbose_name = "圏域"
        ordering = ("slug",)

    def __str__(self) -> str:
        return self.name


@tracked
class RegionProgramme(Record, Sourced):
    """A cooperation programme the region works under for a time (制度)."""

    class Programme(models.TextChoices):
        HOKKAIDO = "hokkaido", "広域連携加速化事業"
        TEIJU = "teiju", "定住自立圏"
        RENKEI = "renkei", "連携中枢都市圏"

    region = models.ForeignKey(Region, on_delete=models.CASCADE, related_name="programmes")
    programme = models.CharField("制度", max_length=20, choices=Programme.choices)
    valid = DateRangeField("期間")
    first_fiscal_year = models.PositiveSmallIntegerField("開始年度", null=True, blank=True)
    last_fiscal_year = models.PositiveSmallIntegerField("終了年度", null=True, blank=True)
    legal_basis = models.CharField("根拠", max_length=300, blank=True)
    fields = models.JSONField("連携する分野", default=list, blank=True)

    class Meta:
        verbose_name = "制度"
        ordering = ("valid",)
        constraints = (
            ExclusionConstraint(
                name="programme_once_at_a_time_in_a_region",
                expressions=[
                    (models.F("region"), RangeOperators.EQUAL),
                    (models.F("programme"), RangeOperators.EQUAL),
                    (models.F("valid"), RangeOperators.OVERLAPS),
                ],
            ),
        )

    def __str__(self) -> str:
        return f"{self.region} {self.get_programme_display()}"

    @property
    def last_day(self) -> date | None:
        """The last day of the period; None while it is open."""
        return self.valid.upper - timedelta(days=1) if self.valid.upper else None


@tracked
class RegionMembership(Record, Sourced):
    """A municipality's membership with its role, for the days it holds. A municipality may be in several regions."""

    class Role(models.TextChoices):
        CENTRE = "centre", "中心となる市"
        PARTNER = "partner", "連携する市町村"

    region = models.ForeignKey(Region, on_delete=models.CASCADE, related_name="memberships")
    municipality = models.ForeignKey(Municipality, on_delete=models.PROTECT, related_name="memberships")
    role = models.CharField("役割", max_length=10, choices=Role.choices)
    order = models.PositiveSmallIntegerField("順序")
    valid = DateRangeField("期間")

    class Meta:
        verbose_name = "構成団体"
        ordering = ("order",)
        constraints = (
            ExclusionConstraint(
                name="member_once_at_a_time_in_a_region",
                expressions=[
                    (models.F("region"), RangeOperators.EQUAL),
                    (models.F("municipality"), RangeOperators.EQUAL),
                    (models.F("valid"), RangeOperators.OVERLAPS),
                ],
            ),
        )

    def __str__(self) -> str:
        return f"{self.municipality} ({self.get_role_display()})"

    @property
    def last_day(self) -> date | None:
        """The last day of the membership; None while it is open."""
        return self.valid.upper - timedelta(days=1) if self.valid.upper else None


@tracked
class Fact(Record, Sourced):
    """One sourced figure or text about the region or one of its municipalities."""

    region = models.ForeignKey(Region, on_delete=models.CASCADE, related_name="facts")
    municipality = models.ForeignKey(
        Municipality, on_delete=models.PROTECT, null=True, blank=True, related_name="facts"
    )
    indicator = models.CharField("指標", max_length=40)
    label = models.CharField("項目", max_length=120)
    dimension = models.CharField("区分", max_length=160, blank=True)
    as_of = models.DateField("時点", null=True, blank=True)
    fiscal_year = models.PositiveSmallIntegerField("年度", null=True, blank=True)
    value = models.DecimalField("値", max_digits=24, decimal_places=6, null=True, blank=True)
    text = models.TextField("内容", blank=True)
    unit = models.CharField("単位", max_length=20, blank=True)
    order = models.PositiveIntegerField(default=0)

    class Meta:
        verbose_name = "基礎データ"
        ordering = ("order", "id")
        constraints = (
            models.CheckConstraint(
                condition=models.Q(value__isnull=False, text="")
                | (models.Q(value__isnull=True) & ~models.Q(text="")),
                name="fact_is_a_value_or_a_text",
            ),
            models.UniqueConstraint(
                fields=["region", "indicator", "municipality", "dimension", "as_of", "fiscal_year", "source"],
                nulls_distinct=False,
                name="fact_once_per_source",
            ),
        )

    def __str__(self) -> str:
        return f"{self.label} {self.value if self.value is not None else self.text}{self.unit}"


@tracked
class Milestone(Record, Sourced):
    """A dated step in the region's life (年表・スケジュール)."""

    class Track(models.TextChoices):
        AGREEMENT = "agreement", "協定"
        DECLARATION = "declaration", "宣言"
        VISION = "vision", "ビジョン"
        PANEL = "panel", "懇談会"
        WORKING_GROUP = "working_group", "担当者部会"
        PROGRAMME = "programme", "制度"
        ORGANISATION = "organisation", "組織"
        OTHER = "other", "その他"

    class Precision(models.TextChoices):
        DAY = "day", "日"
        MONTH = "month", "月"
        YEAR = "year", "年"

    class State(models.TextChoices):
        PLANNED = "planned", "予定"
        DONE = "done", "実施"
        UNKNOWN = "unknown", "不詳"

    region = models.ForeignKey(Region, on_delete=models.CASCADE, related_name="milestones")
    slug = models.SlugField(max_length=80)
    track = models.CharField("区分", max_length=20, choices=Track.choices)
    title = models.CharField("件名", max_length=200)
    text = models.TextField("内容", blank=True)
    starts_on = models.DateField("開始日")
    ends_on = models.DateField("終了日", null=True, blank=True)
    precision = models.CharField("日付の精度", max_length=5, choices=Precision.choices, default=Precision.DAY)
    state = models.CharField("状態", max_length=10, choices=State.choices, default=State.DONE)

    class Meta:
        verbose_name = "年表"
        ordering = ("starts_on", "id")
        constraints = (models.UniqueConstraint(fields=["region", "slug"], name="milestone_slug_in_region"),)

    def __str__(self) -> str:
        return self.title


@tracked
class Arrangement(Record, Sourced):
    """A joint arrangement that exists beside the programmes (一部事務組合・協議会・事務の委託 …).

    `form` is a key of the rulebook of legal forms, empty where no text says it. Members may lie outside the region;
    `others` names those that are not registered as municipality or organisation.
    """

    region = models.ForeignKey(Region, on_delete=models.CASCADE, related_name="arrangements")
    slug = models.SlugField(max_length=80)
    name = models.CharField("名称", max_length=160)
    form = models.CharField("形式", max_length=40, blank=True)
    office = models.TextField("共同で処理する事務", blank=True)
    fields = models.JSONField("政策分野", default=list, blank=True)
    members = models.ManyToManyField(
        Municipality, blank=True, related_name="arrangements", verbose_name="構成市町村"
    )
    bodies = models.ManyToManyField(
        Organisation, blank=True, related_name="arrangements", verbose_name="構成団体（市町村以外）"
    )
    others = models.JSONField("登録にない構成団体", default=list, blank=True)
    lead = models.ForeignKey(
        Municipality,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name="受託・幹事の市町村",
    )
    since = models.DateField("開始日", null=True, blank=True)
    since_precision = models.CharField(
        "開始日の精度",
        max_length=5,
        choices=Milestone.Precision.choices,
        default=Milestone.Precision.DAY,
    )
    until = models.DateField("終了日", null=True, blank=True)
    seat = models.CharField("事務所の所在地", max_length=200, blank=True)
    note = models.TextField("備考", blank=True)

    objects = scoped()

    class Meta:
        verbose_name = "共同処理・連携の仕組み"
        ordering = ("name", "slug")
        constraints = (
            models.UniqueConstraint(fields=["region", "slug"], name="arrangement_slug_in_region"),
            models.CheckConstraint(
                condition=models.Q(since__isnull=True)
                | models.Q(until__isnull=True)
                | models.Q(until__gte=models.F("since")),
                name="arrangement_ends_after_it_starts",
            ),
        )

    def __str__(self) -> str:
        return self.name

    def in_force(self, day: date) -> bool:
        """Whether it exists that day; an unknown beginning counts as begun."""
        return (self.since is None or self.since <= day) and (self.until is None or day <= self.until)
