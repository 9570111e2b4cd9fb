"""Agreements (協定・連携協約) with every version of their text, annex, signatories and assembly resolutions."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence

import pgtrigger
from django.db import models
from django.urls import reverse

from keniki.apps.accounts.records import Record, Written, tracked
from keniki.apps.accounts.scoping import scoped
from keniki.apps.compacts import states
from keniki.apps.regions.models import Municipality, Region, RegionProgramme, Sourced

from .guards import (
    bound_means_complete,
    bound_parties_guard,
    concluded_means_signed,
    dissolution_rests_on_decisions,
    evidence_guard,
    frozen_version_guard,
    kind_stays,
    no_open_text_of_a_bound_agreement,
    states_rest_on_resolutions,
)


@tracked
class Agreement(Record, Sourced):
    """An agreement between municipalities. `amends` points at the agreement a 変更協定 changes."""

    class Kind(models.TextChoices):
        MULTILATERAL = "multilateral", "協定（多者）"
        SETTLEMENT = "settlement", "定住自立圏形成協定"
        PACT = "pact", "連携協約"
        POLICY = "policy", "定住自立圏形成方針"
        MUTUAL_AID = "mutual_aid", "災害時応援協定"
        MEMORANDUM = "memorandum", "覚書"

    region = models.ForeignKey(Region, on_delete=models.CASCADE, related_name="agreements")
    slug = models.SlugField(max_length=80)
    kind = models.CharField("種別", max_length=20, choices=Kind.choices)
    title = models.CharField("名称", max_length=200)
    programme = models.CharField("制度", max_length=20, choices=RegionProgramme.Programme.choices, blank=True)
    amends = models.ForeignKey(
        "self",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="amendments",
        verbose_name="変更する協定",
    )
    state = models.CharField(
        "状態", max_length=20, choices=states.AgreementState.choices, default=states.AgreementState.DRAFT
    )
    concluded_on = models.DateField("締結日", null=True, blank=True)
    valid_from = models.DateField("効力の開始", null=True, blank=True)
    valid_to = models.DateField("効力の終了", null=True, blank=True)
    document_no = models.CharField("文書番号", max_length=80, blank=True)
    note = models.TextField("備考", blank=True)

    objects = scoped()

    class Meta:
        verbose_name = "協定"
        ordering = ("concluded_on", "slug")
        constraints = (models.UniqueConstraint(fields=["region", "slug"], name="agreement_slug_in_region"),)
        triggers = (
            pgtrigger.Trigger(
                name="state_moves_as_its_kind_allows",
                operation=pgtrigger.UpdateOf("state"),
                when=pgtrigger.Before,
                func=states.agreement_guard(),
            ),
            pgtrigger.Trigger(
                name="ended_means_dissolved_or_expired",
                operation=pgtrigger.UpdateOf("state"),
                when=pgtrigger.Before,
                func=states.end_guard(),
            ),
            kind_stays(),
            *bound_means_complete(),
            concluded_means_signed(),
            states_rest_on_resolutions(),
            dissolution_rests_on_decisions(),
        )

    def __str__(self) -> str:
        return self.title


class Party(Written):
    """A party in agreement order; `mark` is 甲 or 乙 in a one-to-one agreement."""

    agreement = models.ForeignKey(Agreement, on_delete=models.CASCADE, related_name="parties")
    municipality = models.ForeignKey(Municipality, on_delete=models.PROTECT, related_name="+")
    order = models.PositiveSmallIntegerField()
    mark = models.CharField(max_length=4, blank=True)

    class Meta:
        ordering = ("order",)
        constraints = (models.UniqueConstraint(fields=["agreement", "municipality"], name="party_once"),)
        triggers = (*bound_parties_guard(),)

    def __str__(self) -> str:
        return self.municipality.name


class StateChange(Written):
    """That an agreement entered a state, when and by which document. Never changed."""

    agreement = models.ForeignKey(Agreement, on_delete=models.CASCADE, related_name="state_changes")
    state = models.CharField(max_length=20, choices=states.AgreementState.choices)
    on = models.DateField("日付", null=True, blank=True)
    document_no = models.CharField("文書番号", max_length=80, blank=True)
    order = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ("order", "id")
        triggers = (
            pgtrigger.Protect(name="entered_states_stay", operation=pgtrigger.Update | pgtrigger.Delete),
        )

    def __str__(self) -> str:
        return self.get_state_display()


@tracked
class AgreementVersion(Record, Sourced):
    """One version of the text. `articles` is a list of {number, heading, paragraphs: [{text, items}]}."""

    agreement = models.ForeignKey(Agreement, on_delete=models.CASCADE, related_name="versions")
    number = models.PositiveSmallIntegerField("版")
    preamble = models.TextField("前文", blank=True)
    articles = models.JSONField("条文", default=list, blank=True)
    closing = models.TextField("後文", blank=True)
    annex_heading = models.CharField("別表の見出し", max_length=120, default="別表")
    change_note = models.TextField("変更の理由", blank=True)
    frozen = models.BooleanField("確定", default=False)

    objects = scoped("agreement__region")

    class Meta:
        verbose_name = "協定の版"
        ordering = ("number",)
        constraints = (models.UniqueConstraint(fields=["agreement", "number"], name="version_number_once"),)
        triggers = (
            pgtrigger.Protect(
                name="frozen_text_stays",
                operation=pgtrigger.Update | pgtrigger.Delete,
                condition=pgtrigger.Q(old__frozen=True),
            ),
            no_open_text_of_a_bound_agreement(),
        )

    def __str__(self) -> str:
        return f"{self.agreement} 第{self.number}版"

    def get_absolute_url(self) -> str:
        agreement = self.agreement
        return reverse(
            "compacts:agreement-version", args=[agreement.region.slug, agreement.slug, self.number]
        )

    @property
    def inquiry_digest(self) -> str:
        """The hash of the version's whole text: what the towns are asked about (照会)."""
        content = [
            self.preamble,
            self.articles,
            self.closing,
            [
                [item.key, item.title, item.direction, item.remarks]
                + [measure.text for measure in item.measures.all()]
                + [[role.municipalities, role.items] for role in item.roles.all()]
                for item in self.annex_items.prefetch_related("measures", "roles")
            ],
            [[s.municipality_id, s.address, s.title, s.name] for s in self.signatories.all()],
        ]
        return hashlib.sha256(json.dumps(content, ensure_ascii=False).encode()).hexdigest()


@tracked
class AnnexItem(Record):
    """An annex item (別表の取組) of one version; `key` names it through all versions."""

    agreement_version = models.ForeignKey(
        AgreementVersion, on_delete=models.CASCADE, related_name="annex_items"
    )
    key = models.CharField(max_length=40)
    order = models.PositiveSmallIntegerField()
    group = models.CharField("政策分野の区分", max_length=120, blank=True)
    field_label = models.CharField("分野", max_length=120)
    fields = models.JSONField("政策分野", default=list, blank=True)
    title = models.CharField("取組", max_length=200)
    direction = models.TextField("取組の方向性", blank=True)
    remarks = models.TextField("備考", blank=True)

    objects = scoped("agreement_version__agreement__region")

    class Meta:
        verbose_name = "別表の取組"
        ordering = ("order",)
        constraints = (
            models.UniqueConstraint(fields=["agreement_version", "key"], name="annex_key_in_version"),
        )
        triggers = frozen_version_guard("v.id = {row}.agreement_version_id")

    def __str__(self) -> str:
        return self.title


class Measure(Written):
    """A promised measure (取組内容); the trace asks what came of it."""

    annex_item = models.ForeignKey(AnnexItem, on_delete=models.CASCADE, related_name="measures")
    key = models.CharField(max_length=40)
    order = models.PositiveSmallIntegerField()
    text = models.TextField("取組内容")

    objects = scoped("annex_item__agreement_version__agreement__region")

    class Meta:
        verbose_name = "取組内容"
        ordering = ("annex_item__order", "order")
        constraints = (models.UniqueConstraint(fields=["annex_item", "key"], name="measure_key_in_item"),)
        triggers = frozen_version_guard(
            "i.id = {row}.annex_item_id", joins="JOIN compacts_annexitem i ON i.agreement_version_id = v.id"
        )

    def __str__(self) -> str:
        return self.text


class PartyRole(Written):
    """What some of the parties do for an annex item (連携市町の役割); `items` one line each.

    `keys` names the lines through all versions, as a measure's key does; a line without one is named by its place.
    """

    annex_item = models.ForeignKey(AnnexItem, on_delete=models.CASCADE, related_name="roles")
    order = models.PositiveSmallIntegerField()
    municipalities = models.JSONField("市町", default=list)
    items = models.JSONField("役割", default=list)
    keys = models.JSONField("役割の名", default=list, blank=True)

    class Meta:
        verbose_name = "役割"
        ordering = ("order",)
        triggers = frozen_version_guard(
            "i.id = {row}.annex_item_id", joins="JOIN compacts_annexitem i ON i.agreement_version_id = v.id"
        )

    def __str__(self) -> str:
        return "、".join(self.items)[:60]

    @property
    def clauses(self) -> list[tuple[str, str]]:
        """Key and text of every line; keys are unique within the annex item."""
        return list(zip(clause_keys(self.order, self.keys, len(self.items)), self.items, strict=True))


def clause_keys(order: int, keys: Sequence[str], lines: int) -> list[str]:
    """The keys of a role's lines: those given, and for the others their place (`role2_1`: second role, line one)."""
    return [keys[n] if n < len(keys) and keys[n] else f"role{order}_{n + 1}" for n in range(lines)]


class Signatory(Written):
    """Who signs (署名欄). `name_complete` is false where part of the name is lost: it prints 未入力."""

    agreement_version = models.ForeignKey(
        AgreementVersion, on_delete=models.CASCADE, related_name="signatories"
    )
    municipality = models.ForeignKey(Municipality, on_delete=models.PROTECT, related_name="+")
    order = models.PositiveSmallIntegerField()
    address = models.CharField("住所", max_length=200, blank=True)
    title = models.CharField("職", max_length=80, blank=True)
    name = models.CharField("氏名", max_length=80, blank=True)
    name_complete = models.BooleanField("氏名が完全", default=True)

    class Meta:
        verbose_name = "署名者"
        ordering = ("order",)
        constraints = (
            models.UniqueConstraint(fields=["agreement_version", "municipality"], name="signs_once"),
        )
        triggers = frozen_version_guard(
            "v.id = {row}.agreement_version_id AND a.state NOT IN ('draft', 'submitted', 'resolved')",
            joins="JOIN compacts_agreement a ON a.id = v.agreement_id",
            but="NOT OLD.name_complete AND (OLD.agreement_version_id, OLD.municipality_id, OLD.order, OLD.address, "
            "OLD.title) IS NOT DISTINCT FROM (NEW.agreement_version_id, NEW.municipality_id, NEW.order, "
            "NEW.address, NEW.title)",
        )

    def __str__(self) -> str:
        return f"{self.title} {self.name}"


class AssemblyWay(Record):
    """One municipality's way through its assembly: ordinance, bill, vote, and the notices that follow."""

    class Result(models.TextChoices):
        OPEN = "", "未議決"
        PASSED = "passed", "可決"
        REJECTED = "rejected", "否決"
        WITHDRAWN = "withdrawn", "撤回"

    municipality = models.ForeignKey(Municipality, on_delete=models.PROTECT, related_name="+")
    ordinance = models.BooleanField("96条2項の条例", null=True, blank=True)
    ordinance_name = models.CharField("条例名", max_length=200, blank=True)
    bill_no = models.CharField("議案番号", max_length=40, blank=True)
    submitted_on = models.DateField("提出日", null=True, blank=True)
    resolved_on = models.DateField("議決日", null=True, blank=True)
    result = models.CharField("結果", max_length=10, choices=Result.choices, default="", blank=True)
    public_notice_on = models.DateField("告示日", null=True, blank=True)
    notified_on = models.DateField("届出日", null=True, blank=True)
    proxy = models.BooleanField("代理入力", default=False)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return f"{self.municipality} {self.get_result_display()}"


def _passed_with_its_day() -> models.Q:
    return ~models.Q(result="passed") | models.Q(resolved_on__isnull=False)


def _not_before_its_bill() -> models.Q:
    return (
        models.Q(resolved_on__isnull=True)
        | models.Q(submitted_on__isnull=True)
        | models.Q(resolved_on__gte=models.F("submitted_on"))
    )


@tracked
class Resolution(AssemblyWay):
    """A party's way to the conclusion (議決), as far as the agreement's kind asks for it."""

    agreement = models.ForeignKey(Agreement, on_delete=models.CASCADE, related_name="resolutions")

    objects = scoped("agreement__region")

    class Meta:
        verbose_name = "議決"
        ordering = ("id",)
        constraints = (
            models.UniqueConstraint(fields=["agreement", "municipality"], name="one_resolution_per_town"),
            models.CheckConstraint(condition=_passed_with_its_day(), name="passed_resolution_has_its_day"),
            models.CheckConstraint(condition=_not_before_its_bill(), name="resolution_not_before_its_bill"),
        )
        triggers = (*evidence_guard(states.RESTS_ON),)


@tracked
class Dissolution(AssemblyWay):
    """A party's way to the dissolution (廃止). Only parties whose assembly decides have a row."""

    agreement = models.ForeignKey(Agreement, on_delete=models.CASCADE, related_name="dissolutions")
    partner_noticed_on = models.DateField("相手方への通告日", null=True, blank=True)

    objects = scoped("agreement__region")

    class Meta:
        verbose_name = "廃止の議決"
        ordering = ("id",)
        constraints = (
            models.UniqueConstraint(fields=["agreement", "municipality"], name="one_dissolution_per_town"),
            models.CheckConstraint(condition=_passed_with_its_day(), name="passed_dissolution_has_its_day"),
            models.CheckConstraint(condition=_not_before_its_bill(), name="dissolution_not_before_its_bill"),
        )
        triggers = (*evidence_guard(states.DISSOLUTION_RESTS_ON),)
