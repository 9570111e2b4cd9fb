"""Activities (活動): what was done under an initiative in a fiscal year, with typed counts and photos."""

from __future__ import annotations

import pgtrigger
from django.db import models

from keniki.apps.accounts.guards import guards
from keniki.apps.accounts.records import Record, Written, tracked
from keniki.apps.accounts.scoping import scoped
from keniki.apps.activities.kinds import Kind
from keniki.apps.compacts.models import Agreement, Initiative, Project
from keniki.apps.regions.models import Municipality, Region, Sourced
from keniki.core.fiscal_year import format_short

#: Rows of a closed fiscal year stay as they are until it is reopened.
_FROZEN = """
IF EXISTS (
    SELECT 1 FROM activities_yearclosing c
    WHERE c.region_id = {row}.region_id AND c.fiscal_year = {row}.fiscal_year AND c.state = 'closed'
) THEN
    RAISE EXCEPTION 'fiscal year % is closed', {row}.fiscal_year USING ERRCODE = 'check_violation';
END IF;
"""

#: So do rows that belong to one of those.
_FROZEN_CHILD = """
IF EXISTS (
    SELECT 1 FROM {table} p JOIN activities_yearclosing c
    ON c.region_id = p.region_id AND c.fiscal_year = p.fiscal_year
    WHERE p.id = {row}.{column} AND c.state = 'closed'
) THEN
    RAISE EXCEPTION 'the fiscal year of {table} % is closed', {row}.{column}
    USING ERRCODE = 'check_violation';
END IF;
"""


def frozen_year_guard(name: str) -> list[pgtrigger.Trigger]:
    """Triggers that refuse writing rows (with `region_id` and `fiscal_year`) of a closed fiscal year."""
    return guards(name, lambda row: _FROZEN.format(row=row))


def frozen_child_guard(name: str, table: str, column: str) -> list[pgtrigger.Trigger]:
    """The same for rows whose year is that of the row of `table` that `column` points at."""
    return guards(name, lambda row: _FROZEN_CHILD.format(row=row, table=table, column=column))


_PHOTO_WORDS = (
    "region_id", "initiative_id", "activity_id", "municipality_id", "slug", "order", "fiscal_year", "caption",
    "credit", "kind", "file_name", "digest", "public_digest", "width", "height", "source_id", "source_place",
    "source_flag",
)  # fmt: skip

#: Of a photo in a closed year only consent and publication may change: consent can be withdrawn at any time.
_FROZEN_PHOTO = "IF ({}) IS DISTINCT FROM ({}) THEN ".format(
    *(", ".join(f"{row}.{name}" for name in _PHOTO_WORDS) for row in ("OLD", "NEW"))
)


def frozen_photo_guard() -> list[pgtrigger.Trigger]:
    """`frozen_year_guard` for photos, which stay withdrawable; the year of the activity they show counts too."""

    def check(row: str) -> str:
        child = _FROZEN_CHILD.format(row=row, table="activities_activity", column="activity_id")
        return _FROZEN.format(row=row) + child

    update = f"{_FROZEN_PHOTO}{check('OLD')}{check('NEW')}END IF;"
    return guards("closed_year", check, update=update)


@tracked
class YearClosing(Record):
    """Whether a region's fiscal year is open or closed (年度の締め). A correction reopens it visibly."""

    class State(models.TextChoices):
        OPEN = "open", "受付中"
        CLOSED = "closed", "締切"
        REOPENED = "reopened", "訂正のため再開"

    region = models.ForeignKey(Region, on_delete=models.CASCADE, related_name="closings")
    fiscal_year = models.PositiveSmallIntegerField("年度")
    state = models.CharField("状態", max_length=10, choices=State.choices, default=State.OPEN)
    reason = models.TextField("理由", blank=True)

    objects = scoped()

    class Meta:
        verbose_name = "年度の締め"
        ordering = ("fiscal_year",)
        constraints = (models.UniqueConstraint(fields=["region", "fiscal_year"], name="closing_once_a_year"),)
        triggers = (
            pgtrigger.FSM(
                name="state_moves_as_stated",
                field="state",
                transitions=[("open", "closed"), ("closed", "reopened"), ("reopened", "closed")],
            ),
            pgtrigger.ReadOnly(name="year_stays", fields=["region", "fiscal_year"]),
            pgtrigger.Protect(
                name="closings_stay",
                operation=pgtrigger.Delete,
                condition=pgtrigger.Q(old__state__in=["closed", "reopened"]),
            ),
        )

    def __str__(self) -> str:
        return f"{self.fiscal_year}年度 {self.get_state_display()}"


@tracked
class Activity(Record, Sourced):
    """What was done, is planned, or (`none`) was not done in that fiscal year.

    `origin` names the slice and record that posted it; `tally_only` marks totals taken over from a paper
    report. An activity with a `municipality` is that town's own; without one it is shared.
    """

    Kind = Kind

    class State(models.TextChoices):
        PLANNED = "planned", "予定"
        DONE = "done", "実施"
        NONE = "none", "実績なし"

    region = models.ForeignKey(Region, on_delete=models.CASCADE, related_name="activities")
    initiative = models.ForeignKey(
        Initiative, on_delete=models.CASCADE, related_name="activities", verbose_name="取組"
    )
    project = models.ForeignKey(
        Project,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="activities",
        verbose_name="事業",
    )
    slug = models.SlugField(max_length=80)
    fiscal_year = models.PositiveSmallIntegerField("年度")
    order = models.PositiveSmallIntegerField("順序", default=0)
    title = models.CharField("活動名", max_length=300, blank=True)
    kind = models.CharField("種類", max_length=12, choices=Kind.choices)
    state = models.CharField("状態", max_length=8, choices=State.choices)
    tally_only = models.BooleanField("集計のみ", default=False)
    municipality = models.ForeignKey(
        Municipality, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name="市町"
    )
    starts_on = models.DateField("開始日", null=True, blank=True)
    ends_on = models.DateField("終了日", null=True, blank=True)
    place = models.CharField("場所", max_length=200, blank=True)
    organiser = models.CharField("主催", max_length=200, blank=True)
    text = models.TextField("内容", blank=True)
    proxy = models.BooleanField("代理入力", default=False)
    origin = models.CharField("登録元", max_length=120, blank=True)

    objects = scoped()

    class Meta:
        verbose_name = "活動"
        ordering = ("fiscal_year", "order", "id")
        indexes = (models.Index(fields=["region", "fiscal_year"], name="activity_region_year"),)
        constraints = (
            models.UniqueConstraint(fields=["region", "slug"], name="activity_slug_in_region"),
            models.UniqueConstraint(
                fields=["region", "origin"], condition=~models.Q(origin=""), name="activity_once_per_origin"
            ),
            models.UniqueConstraint(
                fields=["initiative", "project", "municipality", "fiscal_year"],
                condition=models.Q(state="none"),
                nulls_distinct=False,
                name="nothing_done_is_said_once",
            ),
            models.CheckConstraint(
                condition=models.Q(state="none", kind="none")
                | (~models.Q(state="none") & ~models.Q(kind="none")),
                name="none_is_none",
            ),
            models.CheckConstraint(
                condition=models.Q(state="none") | ~models.Q(title=""), name="activity_has_a_title"
            ),
            models.CheckConstraint(
                condition=models.Q(ends_on__isnull=True)
                | models.Q(starts_on__isnull=True)
                | models.Q(ends_on__gte=models.F("starts_on")),
                name="activity_ends_after_it_starts",
            ),
        )
        triggers = (*frozen_year_guard("closed_year"),)

    def __str__(self) -> str:
        return self.title or "実績なし"


class ActivityLine(Written):
    """A line printed under the activity; `{key}` in it stands for one of its counts."""

    class Kind(models.TextChoices):
        RESULT = "result", "結果（→）"
        NOTE = "note", "注（※）"
        LECTURER = "lecturer", "講師"

    activity = models.ForeignKey(Activity, on_delete=models.CASCADE, related_name="lines")
    order = models.PositiveSmallIntegerField()
    kind = models.CharField("種類", max_length=10, choices=Kind.choices)
    text = models.TextField("内容")

    class Meta:
        ordering = ("order",)
        triggers = (*frozen_child_guard("closed_year", "activities_activity", "activity_id"),)

    def __str__(self) -> str:
        return self.text[:60]


class MeasureLink(Written):
    """Which promised measure an activity serves; the key holds through all versions of the agreement."""

    activity = models.ForeignKey(Activity, on_delete=models.CASCADE, related_name="measure_links")
    agreement = models.ForeignKey(Agreement, on_delete=models.CASCADE, related_name="+")
    key = models.CharField(max_length=40)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["activity", "agreement", "key"], name="measure_link_once"),
        )
        triggers = (*frozen_child_guard("closed_year", "activities_activity", "activity_id"),)

    def __str__(self) -> str:
        return self.key


class RoleLink(Written):
    """Which line of a party's role an activity fulfils; item and key hold through all versions of the agreement."""

    activity = models.ForeignKey(Activity, on_delete=models.CASCADE, related_name="role_links")
    agreement = models.ForeignKey(Agreement, on_delete=models.CASCADE, related_name="+")
    item = models.CharField(max_length=40)
    key = models.CharField(max_length=40)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["activity", "agreement", "item", "key"], name="role_link_once"),
        )
        triggers = (*frozen_child_guard("closed_year", "activities_activity", "activity_id"),)

    def __str__(self) -> str:
        return f"{self.item}.{self.key}"


@tracked
class Count(Record):
    """A typed count (数量). A count that is `part_of` another is contained in it and never added to it.

    With a municipality it is that town's own figure, which only that town enters (or the secretariat for it,
    代理入力). While the towns' figures below a total add up to it, it moves with them.
    """

    class Basis(models.TextChoices):
        EXACT = "exact", "実数"
        CUMULATIVE = "cumulative", "延べ"
        ABOUT = "about", "約"
        ABOUT_CUMULATIVE = "about_cumulative", "延べ約"

    activity = models.ForeignKey(Activity, on_delete=models.CASCADE, related_name="counts")
    key = models.CharField(max_length=40)
    order = models.PositiveSmallIntegerField(default=0)
    value = models.DecimalField("数", max_digits=18, decimal_places=3)
    counter = models.CharField("単位", max_length=20)
    quantity = models.CharField("何の数", max_length=40)
    basis = models.CharField("数え方", max_length=16, choices=Basis.choices, default=Basis.EXACT)
    as_typed = models.CharField("原文の書き方", max_length=60, blank=True)
    municipality = models.ForeignKey(
        Municipality, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    part_of = models.ForeignKey("self", on_delete=models.CASCADE, null=True, blank=True, related_name="parts")
    proxy = models.BooleanField("代理入力", default=False)

    objects = scoped("activity__region")

    class Meta:
        verbose_name = "数量"
        ordering = ("order", "id")
        constraints = (
            models.UniqueConstraint(fields=["activity", "key"], name="count_key_in_activity"),
            models.CheckConstraint(condition=models.Q(value__gte=0), name="count_not_negative"),
        )
        triggers = (*frozen_child_guard("closed_year", "activities_activity", "activity_id"),)

    def __str__(self) -> str:
        return f"{self.value:f}".rstrip("0").rstrip(".") + self.counter


@tracked
class Photo(Record, Sourced):
    """A picture for the report. The original is private; the public copy carries no EXIF and no comments.

    With a `municipality` it is that town's own, and stays so when the activity it shows is removed.
    """

    class Kind(models.TextChoices):
        PHOTO = "photo", "写真"
        FLYER = "flyer", "チラシ"
        LEAFLET = "leaflet", "パンフレット"

    class Consent(models.TextChoices):
        UNKNOWN = "unknown", "未確認"
        GIVEN = "given", "同意あり"
        NOT_NEEDED = "not_needed", "不要（人物なし）"
        REFUSED = "refused", "同意なし"

    region = models.ForeignKey(Region, on_delete=models.CASCADE, related_name="photos")
    initiative = models.ForeignKey(Initiative, on_delete=models.CASCADE, related_name="photos")
    activity = models.ForeignKey(
        Activity, on_delete=models.SET_NULL, null=True, blank=True, related_name="photos", verbose_name="活動"
    )
    municipality = models.ForeignKey(
        Municipality, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name="市町"
    )
    slug = models.SlugField(max_length=80)
    order = models.PositiveSmallIntegerField(default=0)
    fiscal_year = models.PositiveSmallIntegerField("年度", null=True, blank=True)
    caption = models.CharField("説明", max_length=200)
    credit = models.CharField("撮影・提供", max_length=120, blank=True)
    kind = models.CharField("種類", max_length=8, choices=Kind.choices, default=Kind.PHOTO)
    consent = models.CharField(
        "写っている人の同意", max_length=12, choices=Consent.choices, default=Consent.UNKNOWN
    )
    public = models.BooleanField("公開する", default=False)
    file_name = models.CharField(max_length=200, blank=True)
    digest = models.CharField("原本のハッシュ", max_length=64, blank=True)
    public_digest = models.CharField("公開用のハッシュ", max_length=64, blank=True)
    width = models.PositiveIntegerField(default=0)
    height = models.PositiveIntegerField(default=0)
    proxy = models.BooleanField("代理入力", default=False)

    objects = scoped()

    class Meta:
        verbose_name = "写真"
        ordering = ("fiscal_year", "order", "id")
        constraints = (
            models.UniqueConstraint(fields=["region", "slug"], name="photo_slug_in_region"),
            models.CheckConstraint(
                condition=models.Q(public=False) | models.Q(consent__in=["given", "not_needed"]),
                name="public_photo_has_consent",
            ),
        )
        triggers = (*frozen_photo_guard(),)

    def __str__(self) -> str:
        return self.caption

    @property
    def has_consent(self) -> bool:
        return self.consent in (self.Consent.GIVEN, self.Consent.NOT_NEEDED)

    @property
    def dated_caption(self) -> str:
        """The caption as printed below the picture: 「R6 防災テントを用いた研修会の様子」."""
        return f"{format_short(self.fiscal_year)} {self.caption}" if self.fiscal_year else self.caption
