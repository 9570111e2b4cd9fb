"""Figures of official statistics with source, edition and cell: append-only, corrected by new rows, never changed."""

from __future__ import annotations

from django.db import models

from keniki.apps.accounts.models import User
from keniki.apps.accounts.records import Record, Written, tracked
from keniki.apps.regions.models import Region

from ..guards import appended, names_what_there_is, stays


class Source(Written):
    """A statistic and who publishes it (統計・出典): what stays the same over its editions."""

    slug = models.SlugField("識別名", max_length=80, unique=True)
    title = models.CharField("統計の名称", max_length=200)
    publisher = models.CharField("公表者", max_length=120, blank=True)
    url = models.URLField("公表先", max_length=500, blank=True)
    credit = models.CharField("出典の表記", max_length=300, blank=True)
    licence = models.CharField("利用条件", max_length=300, blank=True)

    class Meta:
        verbose_name = "出典"
        ordering = ("slug",)

    def __str__(self) -> str:
        return self.title


class Edition(Written):
    """One edition of one table of a source (版・表). A later one stands beside it and replaces nothing.

    Without a region it is official and everybody's; with one, only that region reads it. One that was loaded by
    mistake is withdrawn: its figures stay, and nobody reads them until it is put back.
    """

    source = models.ForeignKey(Source, models.PROTECT, related_name="editions", verbose_name="出典")
    region = models.ForeignKey(
        Region, models.CASCADE, related_name="+", null=True, blank=True, verbose_name="圏域"
    )
    key = models.CharField("識別名", max_length=120)
    title = models.CharField("版の名称", max_length=200)
    table = models.CharField("表番号", max_length=40, blank=True)
    table_title = models.CharField("表題", max_length=400, blank=True)
    surveyed = models.CharField("調査時点", max_length=40, blank=True)
    census_year = models.PositiveSmallIntegerField("国勢調査の年", null=True, blank=True)
    published_on = models.DateField("公表日", null=True, blank=True)
    imported_at = models.DateTimeField("読込日時", auto_now_add=True)
    withdrawn_at = models.DateTimeField("取下げの日時", null=True, blank=True)
    withdrawn_reason = models.CharField("取下げの理由", max_length=300, blank=True)

    class Meta:
        triggers = (stays(),)
        verbose_name = "統計の版"
        ordering = ("source__slug", "-census_year", "-published_on", "-key")
        constraints = (
            models.CheckConstraint(
                condition=models.Q(withdrawn_at=None, withdrawn_reason="")
                | (models.Q(withdrawn_at__isnull=False) & ~models.Q(withdrawn_reason="")),
                name="edition_withdrawn_with_its_reason",
            ),
            models.UniqueConstraint(
                fields=["source", "key", "region"], nulls_distinct=False, name="edition_once_per_region"
            ),
        )

    def __str__(self) -> str:
        return f"{self.title} {self.table}".strip()


class RawFile(Written):
    """A file of an edition as it was published, kept by its hash (原本)."""

    edition = models.ForeignKey(Edition, models.CASCADE, related_name="files", verbose_name="版")
    name = models.CharField("ファイル名", max_length=255)
    folder = models.CharField("フォルダ", max_length=255, blank=True)
    digest = models.CharField("SHA-256", max_length=64)
    size = models.PositiveIntegerField("バイト数")

    class Meta:
        triggers = (stays(),)
        verbose_name = "統計の原本"
        ordering = ("name", "id")
        constraints = (
            models.UniqueConstraint(fields=["edition", "digest"], name="raw_file_once_in_edition"),
        )

    def __str__(self) -> str:
        return self.name


class AxisLabel(Written):
    """What stands at the head of a row or column of a file, by its number from 1 (表側・表頭)."""

    class Axis(models.TextChoices):
        ROW = "row", "行"
        COLUMN = "column", "列"

    file = models.ForeignKey(RawFile, models.CASCADE, related_name="labels")
    axis = models.CharField(max_length=6, choices=Axis)
    number = models.PositiveIntegerField()
    text = models.CharField(max_length=400)

    class Meta:
        verbose_name = "見出し"
        constraints = (models.UniqueConstraint(fields=["file", "axis", "number"], name="one_label_per_line"),)

    def __str__(self) -> str:
        return self.text


class Area(Written):
    """What a figure is about: a municipality, a larger or smaller unit, or one of its own shape (地域)."""

    class Kind(models.TextChoices):
        NATION = "nation", "全国"
        PREFECTURE = "prefecture", "都道府県"
        MUNICIPALITY = "municipality", "市区町村"
        WARD = "ward", "行政区"
        FORMER = "former", "旧市町村"
        MEDICAL = "medical_area", "二次医療圏"
        FIRE = "fire_union", "消防の管轄"
        SCHOOL = "school_district", "通学区域"
        OTHER = "other", "その他の地域"

    kind = models.CharField("種類", max_length=16, choices=Kind)
    code = models.CharField("コード", max_length=40)
    name = models.CharField("名称", max_length=120)
    beyond_region = models.BooleanField("一部圏域外を含む", default=False)
    note = models.CharField("注記", max_length=300, blank=True)

    class Meta:
        triggers = (stays(),)
        verbose_name = "地域"
        ordering = ("code",)
        constraints = (models.UniqueConstraint(fields=["kind", "code"], name="area_once"),)

    def __str__(self) -> str:
        return self.name


class AreaMember(Written):
    """A municipality (by its code) that an area of its own shape covers, wholly or in part."""

    area = models.ForeignKey(Area, models.CASCADE, related_name="members")
    code = models.CharField("団体コード", max_length=6)
    partly = models.BooleanField("一部", default=False)

    class Meta:
        verbose_name = "地域の構成市町村"
        ordering = ("code",)
        constraints = (models.UniqueConstraint(fields=["area", "code"], name="area_member_once"),)

    def __str__(self) -> str:
        return self.code


class Series(Written):
    """One line of figures in an edition: what is counted, of whom, when, in which unit (系列)."""

    class Status(models.TextChoices):
        OFFICIAL = "official", "公的統計"
        ESTIMATED = "estimated", "推計"
        REPORTED = "town_reported", "市町村の報告"
        UNKNOWN = "unknown", "不明"

    edition = models.ForeignKey(Edition, models.CASCADE, related_name="series", verbose_name="版")
    indicator = models.CharField("指標", max_length=80)
    unit = models.CharField("単位", max_length=40)
    year = models.PositiveSmallIntegerField("年")
    period = models.CharField("時点・期間", max_length=40, blank=True)
    sex = models.CharField("男女", max_length=6, blank=True)
    age_from = models.SmallIntegerField("年齢から", null=True, blank=True)
    age_to = models.SmallIntegerField("年齢まで", null=True, blank=True)
    part = models.CharField("内訳", max_length=120, blank=True)
    status = models.CharField("性質", max_length=13, choices=Status)

    class Meta:
        triggers = (stays(),)
        verbose_name = "系列"
        constraints = (
            models.UniqueConstraint(
                fields=[
                    "edition",
                    "indicator",
                    "unit",
                    "year",
                    "sex",
                    "age_from",
                    "age_to",
                    "part",
                    "period",
                ],
                nulls_distinct=False,
                name="series_once_in_edition",
            ),
        )
        indexes = (models.Index(fields=["indicator", "year"], name="series_indicator"),)

    def __str__(self) -> str:
        return f"{self.indicator} {self.year}"


class Figure(models.Model):
    """One value of one series in one area, with the cell it stands in (値). Loaded by COPY, never changed.

    `value` is None where the file had words or a mark, which `text` keeps. A correction is a new row that names
    the one it corrects and why.
    """

    series = models.ForeignKey(
        Series, models.PROTECT, related_name="figures", db_index=False, db_constraint=False
    )
    area = models.ForeignKey(Area, models.PROTECT, related_name="figures", db_constraint=False)
    value = models.FloatField("値", null=True)
    text = models.CharField("表記", max_length=400, blank=True)
    file = models.ForeignKey(RawFile, models.PROTECT, related_name="+", db_index=False, db_constraint=False)
    row = models.PositiveIntegerField("行", null=True)
    column = models.PositiveIntegerField("列", null=True)
    corrects = models.ForeignKey(
        "self", models.PROTECT, related_name="corrections", null=True, db_index=False, db_constraint=False
    )
    reason = models.CharField("訂正の理由", max_length=300, blank=True)

    class Meta:
        verbose_name = "値"
        triggers = (
            *appended(),
            names_what_there_is(
                {"series_id": "evidence_series", "area_id": "evidence_area", "file_id": "evidence_rawfile"},
                rarely={"corrects_id": "evidence_figure"},
            ),
        )
        constraints = (
            models.UniqueConstraint(
                fields=["series", "area"], condition=models.Q(corrects=None), name="figure_once_in_series"
            ),
            models.UniqueConstraint(
                fields=["corrects"], condition=models.Q(corrects__isnull=False), name="corrected_once"
            ),
            models.CheckConstraint(
                condition=models.Q(corrects=None) | ~models.Q(reason=""), name="correction_has_its_reason"
            ),
        )

    def __str__(self) -> str:
        return self.text or f"{self.value}"


class Flow(models.Model):
    """How many go from one area to another, for a purpose (流動). Loaded by COPY, never changed."""

    edition = models.ForeignKey(
        Edition, models.PROTECT, related_name="flows", db_index=False, db_constraint=False
    )
    file = models.ForeignKey(RawFile, models.PROTECT, related_name="+", db_index=False, db_constraint=False)
    origin = models.ForeignKey(Area, models.PROTECT, related_name="+", db_constraint=False)
    destination = models.ForeignKey(Area, models.PROTECT, related_name="+", db_constraint=False)
    purpose = models.CharField("目的", max_length=40)
    year = models.PositiveSmallIntegerField("年")
    value = models.FloatField("値")
    row = models.PositiveIntegerField("行", null=True)

    class Meta:
        verbose_name = "流動"
        triggers = (
            *appended(),
            names_what_there_is(
                {
                    "edition_id": "evidence_edition",
                    "file_id": "evidence_rawfile",
                    "origin_id": "evidence_area",
                    "destination_id": "evidence_area",
                }
            ),
        )
        constraints = (
            models.UniqueConstraint(
                fields=["edition", "origin", "destination", "purpose", "year"], name="flow_once_in_edition"
            ),
        )

    def __str__(self) -> str:
        return f"{self.origin} → {self.destination}: {self.value}"


class Boundary(Written):
    """Where an area lies, by an edition of the boundaries: a GeoJSON geometry in degrees, JGD2011 (区域)."""

    edition = models.ForeignKey(Edition, models.CASCADE, related_name="boundaries", db_index=False)
    file = models.ForeignKey(RawFile, models.CASCADE, related_name="+", db_index=False)
    area = models.ForeignKey(Area, models.PROTECT, related_name="boundaries")
    geometry = models.JSONField("形")

    class Meta:
        verbose_name = "区域"
        constraints = (models.UniqueConstraint(fields=["edition", "area"], name="boundary_once_in_edition"),)

    def __str__(self) -> str:
        return str(self.area)


class ImportRun(Written):
    """One reading of one or more files: what they were taken for and how much was stored (読込)."""

    region = models.ForeignKey(Region, models.CASCADE, related_name="+", null=True, blank=True)
    kind = models.CharField("種類", max_length=40)
    guessed = models.BooleanField("種類を推定した", default=False)
    names = models.JSONField("ファイル", default=list)
    edition = models.ForeignKey(Edition, models.SET_NULL, null=True, blank=True, related_name="runs")
    at = models.DateTimeField("日時", auto_now_add=True)
    user = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    stored = models.PositiveIntegerField("登録した値", default=0)
    known = models.PositiveIntegerField("登録済みの値", default=0)

    class Meta:
        verbose_name = "統計の読込"
        ordering = ("-at", "-id")

    def __str__(self) -> str:
        return f"{self.kind} {'、'.join(self.names[:3])}"


@tracked
class QuarantinedRow(Record):
    """A row or cell that could not be stored, with the reason; it waits for a correction (保留した行)."""

    class State(models.TextChoices):
        OPEN = "open", "未処理"
        FIXED = "fixed", "訂正して登録"
        DROPPED = "dropped", "登録しない"

    run = models.ForeignKey(ImportRun, models.CASCADE, related_name="quarantined")
    file_name = models.CharField("ファイル", max_length=255)
    row = models.PositiveIntegerField("行", null=True)
    column = models.CharField("列", max_length=120, blank=True)
    reason = models.CharField("理由", max_length=300)
    raw = models.JSONField("元の内容")
    state = models.CharField("状態", max_length=8, choices=State, default=State.OPEN)
    decision = models.CharField("登録しない理由", max_length=300, blank=True)

    class Meta:
        verbose_name = "保留した行"
        ordering = ("run", "row", "id")

    def __str__(self) -> str:
        return f"{self.file_name} {self.row}行目: {self.reason}"


@tracked
class Mapping(Record):
    """How the columns of a table of one's own are to be read, remembered for files with the same head (対応表)."""

    region = models.ForeignKey(Region, models.CASCADE, related_name="+", null=True, blank=True)
    name = models.CharField("名称", max_length=120)
    head = models.CharField("見出しの照合値", max_length=64)
    spec = models.JSONField("内容")

    class Meta:
        verbose_name = "列の対応"
        ordering = ("name",)
        constraints = (
            models.UniqueConstraint(
                fields=["region", "head"], nulls_distinct=False, name="mapping_once_per_head"
            ),
        )

    def __str__(self) -> str:
        return self.name
