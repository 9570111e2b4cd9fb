"""Where people go and what threatens them: shelters with their spaces, hazard layers, districts."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.urls import reverse

from keniki.apps.accounts.records import Record, Written, tracked
from keniki.apps.accounts.scoping import scoped
from keniki.apps.regions.models import Municipality, Region


class Hazard(models.TextChoices):
    """The kinds of disaster a site is designated for (災害種別), in the order of the standard data set."""

    FLOOD = "flood", "洪水"
    LANDSLIDE = "landslide", "崖崩れ、土石流及び地滑り"
    STORM_SURGE = "storm_surge", "高潮"
    EARTHQUAKE = "earthquake", "地震"
    TSUNAMI = "tsunami", "津波"
    FIRE = "fire", "大規模な火事"
    INLAND_FLOOD = "inland_flood", "内水氾濫"
    VOLCANO = "volcano", "火山現象"


class Located(models.Model):
    """A place with a position: both coordinates or none."""

    latitude = models.DecimalField("緯度", max_digits=9, decimal_places=6, null=True, blank=True)
    longitude = models.DecimalField("経度", max_digits=9, decimal_places=6, null=True, blank=True)

    class Meta:
        abstract = True


def located(name: str) -> models.CheckConstraint:
    """Both coordinates or none, and possible ones."""
    nowhere = models.Q(latitude=None, longitude=None)
    somewhere = models.Q(latitude__range=(-90, 90), longitude__range=(-180, 180))
    return models.CheckConstraint(condition=nowhere | somewhere, name=name)


@tracked
class Shelter(Located, Record):
    """A place to evacuate to: emergency site (指定緊急避難場所), shelter (指定避難所), welfare shelter (福祉避難所),
    or one that nobody designated and people went to all the same.

    `hazards` are keys of `Hazard` it may be used for. `standard` holds those columns of the municipal standard data
    set that have no field here, by their Japanese names, so that a file comes out as it went in. `other_ids` are the
    common IDs beside `common_id` of a place that is designated twice. `imported` is what each kind of file said last,
    by field: what differs from it was typed here, and no file overwrites it unasked.
    """

    region = models.ForeignKey(Region, models.CASCADE, related_name="shelters", verbose_name="圏域")
    municipality = models.ForeignKey(
        Municipality, models.PROTECT, related_name="shelters", verbose_name="市町村"
    )
    slug = models.SlugField(max_length=80)
    common_id = models.CharField("共通ID", max_length=14, blank=True)
    local_id = models.CharField("市町村のID", max_length=40, blank=True)
    name = models.CharField("名称", max_length=200)
    kana = models.CharField("名称（カナ）", max_length=200, blank=True)
    address = models.CharField("所在地", max_length=300, blank=True)
    elevation = models.DecimalField("標高（m）", max_digits=7, decimal_places=2, null=True, blank=True)
    is_site = models.BooleanField("指定緊急避難場所", default=False)
    is_shelter = models.BooleanField("指定避難所", default=False)
    is_welfare = models.BooleanField("福祉避難所", default=False)
    hazards = models.JSONField("災害種別", default=list, blank=True)
    stated_capacity = models.CharField("想定収容人数", max_length=100, blank=True)
    takes = models.CharField("受入対象者", max_length=300, blank=True)
    communities = models.TextField("対象となる町会・自治会", blank=True)
    contact = models.CharField("電話番号", max_length=60, blank=True)
    standard = models.JSONField("標準データセットの項目", default=dict, blank=True)
    other_ids = models.JSONField("ほかの共通ID", default=list, blank=True)
    imported = models.JSONField("読み込んだ内容", default=dict, blank=True, editable=False)
    source_text = models.CharField("出典", max_length=300, blank=True)
    ended_on = models.DateField("指定を取り消した日", null=True, blank=True)
    note = models.TextField("備考", blank=True)

    objects: ClassVar[models.Manager[Shelter]] = scoped()

    class Meta:
        verbose_name = "避難所・避難場所"
        ordering = ("municipality", "name", "id")
        constraints = (
            models.UniqueConstraint(fields=["region", "slug"], name="shelter_slug_in_region"),
            models.UniqueConstraint(
                fields=["region", "common_id"],
                condition=~models.Q(common_id=""),
                name="shelter_common_id_once",
            ),
            located("shelter_located"),
        )

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("disaster:shelter", args=[self.region.slug, self.slug])


@tracked
class ShelterSpace(Record):
    """A part of a shelter people stay in: its floor, warmth and access. `capacity` is typed where the floor alone
    does not tell (個別に定めた人数).
    """

    class Kind(models.TextChoices):
        HALL = "hall", "体育館・ホール"
        ROOM = "room", "教室・会議室・和室"
        TENT = "tent", "テント設営地"
        CAR = "car", "車中泊の場所"

    region = models.ForeignKey(Region, models.CASCADE, related_name="+", verbose_name="圏域")
    shelter = models.ForeignKey(Shelter, models.CASCADE, related_name="spaces", verbose_name="避難所")
    name = models.CharField("名称", max_length=120)
    kind = models.CharField("種類", max_length=10, choices=Kind.choices, default=Kind.HALL)
    floor_area = models.DecimalField("面積（m²）", max_digits=9, decimal_places=2, null=True, blank=True)
    capacity = models.PositiveIntegerField("個別に定めた人数", null=True, blank=True)
    heated = models.BooleanField("暖房", null=True, blank=True)
    by_day = models.BooleanField("昼に使える", default=True)
    by_night = models.BooleanField("夜に使える", default=True)
    accessible = models.BooleanField("バリアフリー", default=False)
    welfare = models.BooleanField("要配慮者の部屋", default=False)
    order = models.PositiveSmallIntegerField("順", default=0)
    note = models.CharField("備考", max_length=300, blank=True)

    objects: ClassVar[models.Manager[ShelterSpace]] = scoped()

    class Meta:
        verbose_name = "避難所のスペース"
        ordering = ("order", "id")
        constraints = (
            models.UniqueConstraint(fields=["shelter", "name"], name="shelter_space_named_once"),
            models.CheckConstraint(
                condition=models.Q(floor_area=None) | models.Q(floor_area__gt=0),
                name="shelter_space_has_area",
            ),
        )

    def __str__(self) -> str:
        return self.name


@tracked
class HazardLayer(Record):
    """A map of one hazard (ハザード情報): its polygons, where they come from and from when they are."""

    region = models.ForeignKey(Region, models.CASCADE, related_name="hazard_layers", verbose_name="圏域")
    slug = models.SlugField(max_length=80)
    hazard = models.CharField("災害種別", max_length=20, choices=Hazard.choices)
    title = models.CharField("名称", max_length=160)
    source_text = models.CharField("出典", max_length=300)
    published_on = models.DateField("公表日", null=True, blank=True)
    digest = models.CharField("ファイルのハッシュ", max_length=64, blank=True)
    file_name = models.CharField("ファイル名", max_length=200, blank=True)
    refused = models.JSONField("読み込まなかった区域", default=list, blank=True, editable=False)
    note = models.TextField("備考", blank=True)

    objects: ClassVar[models.Manager[HazardLayer]] = scoped()

    class Meta:
        verbose_name = "ハザード情報"
        ordering = ("hazard", "title", "id")
        constraints = (
            models.UniqueConstraint(fields=["region", "slug"], name="hazard_layer_slug_in_region"),
        )

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("disaster:layer", args=[self.region.slug, self.slug])


class HazardPolygon(Written):
    """One polygon of a layer (GeoJSON geometry), with the depth it stands for (想定浸水深) where the layer says it.

    `depth` is the upper limit of its class, `depth_from` the lower one; where both are the same the class is open
    upwards (20m以上). The box around it finds it without reading its geometry.
    """

    region = models.ForeignKey(Region, models.CASCADE, related_name="+")
    layer = models.ForeignKey(HazardLayer, models.CASCADE, related_name="polygons")
    order = models.PositiveIntegerField("順")
    label = models.CharField("区分", max_length=120, blank=True)
    depth = models.DecimalField("浸水深の上限（m）", max_digits=6, decimal_places=2, null=True, blank=True)
    depth_from = models.DecimalField(
        "浸水深の下限（m）", max_digits=6, decimal_places=2, null=True, blank=True
    )
    geometry = models.JSONField("形")
    west = models.FloatField()
    south = models.FloatField()
    east = models.FloatField()
    north = models.FloatField()

    objects: ClassVar[models.Manager[HazardPolygon]] = scoped()

    class Meta:
        verbose_name = "ハザードの範囲"
        ordering = ("order", "id")
        constraints = (models.UniqueConstraint(fields=["layer", "order"], name="hazard_polygon_once"),)

    def __str__(self) -> str:
        return self.label or str(self.order)


@tracked
class District(Located, Record):
    """A district whose people move together (対象地区・行政区): residents, of whom vulnerable, by night and by day.

    The position stands for its people; `geometry` (GeoJSON) is optional. `target` marks districts whose people are
    expected to cross the town's border (広域避難の対象地区).
    """

    region = models.ForeignKey(Region, models.CASCADE, related_name="districts", verbose_name="圏域")
    municipality = models.ForeignKey(Municipality, models.PROTECT, related_name="+", verbose_name="市町村")
    slug = models.SlugField(max_length=80)
    code = models.CharField("地区コード", max_length=40, blank=True)
    name = models.CharField("名称", max_length=120)
    residents = models.PositiveIntegerField("居住者（人）", default=0)
    vulnerable = models.PositiveIntegerField("要配慮者（人）", default=0)
    night_people = models.PositiveIntegerField("夜間人口（人）", null=True, blank=True)
    day_people = models.PositiveIntegerField("昼間人口（人）", null=True, blank=True)
    target = models.BooleanField("広域避難の対象地区", default=False)
    geometry = models.JSONField("形", null=True, blank=True)
    as_of = models.DateField("時点", null=True, blank=True)
    source_text = models.CharField("出典", max_length=300, blank=True)
    note = models.CharField("備考", max_length=500, blank=True)

    objects: ClassVar[models.Manager[District]] = scoped()

    class Meta:
        verbose_name = "地区"
        ordering = ("municipality", "code", "name", "id")
        constraints = (
            models.UniqueConstraint(fields=["region", "slug"], name="district_slug_in_region"),
            models.CheckConstraint(
                condition=models.Q(vulnerable__lte=models.F("residents")),
                name="district_vulnerable_residents",
            ),
            located("district_located"),
        )

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("disaster:district", args=[self.region.slug, self.slug])
