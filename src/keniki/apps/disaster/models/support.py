"""People who need help to evacuate (避難行動要支援者), their plans, whom the list was given to, how they are in an
incident, and safety inquiries (安否情報の照会).

Rows about persons belong to one town and are shown to it only; their content is sealed. They keep no history of rows,
so that what is erased is gone: the log says who changed what kind of thing when.
"""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.urls import reverse

from keniki.apps.accounts.guards import guards
from keniki.apps.accounts.records import Record, tracked
from keniki.apps.accounts.scoping import scoped
from keniki.apps.accounts.sealing import SealedJSONField
from keniki.apps.regions.models import Municipality, Region

from .incidents import Incident, Mode, mode_guards
from .places import District, Shelter


class Consent(models.TextChoices):
    """What somebody said when asked: nobody asked yet is neither yes nor no."""

    UNKNOWN = "unknown", "未確認"
    GIVEN = "given", "同意"
    REFUSED = "refused", "不同意"


@tracked
class SupportTown(Record):
    """A town's own rules for the list: the ordinance that allows to give it without consent, how long it keeps persons
    who left it, whether it takes safety inquiries by web form.
    """

    region = models.ForeignKey(Region, models.CASCADE, related_name="+", verbose_name="圏域")
    municipality = models.ForeignKey(Municipality, models.PROTECT, related_name="+", verbose_name="市町村")
    ordinance = models.CharField("条例の名称と条項", max_length=200, blank=True)
    ordinance_plan = models.CharField("個別避難計画についての条例の名称と条項", max_length=200, blank=True)
    ordinance_refused = models.BooleanField("条例により、不同意の人も含めて提供する", default=False)
    keep_days = models.PositiveIntegerField("名簿から外した人の記録を残す日数", null=True, blank=True)
    keep_basis = models.CharField("日数の根拠", max_length=200, blank=True)
    web_inquiries = models.BooleanField("安否情報の照会をウェブで受け付ける", default=False)
    inquiry_place = models.CharField("安否情報の照会の窓口", max_length=200, blank=True)

    objects: ClassVar[models.Manager[SupportTown]] = scoped()

    class Meta:
        verbose_name = "要支援者名簿の決まり"
        constraints = (
            models.UniqueConstraint(fields=["region", "municipality"], name="support_town_once"),
            models.CheckConstraint(
                condition=Q(keep_days=None) | ~Q(keep_basis=""), name="support_town_days_have_a_basis"
            ),
        )

    def __str__(self) -> str:
        return self.municipality.name


class SupportPerson(Record):
    """A person on a town's list (避難行動要支援者名簿).

    `sealed`: name, kana, birth (ISO), sex, address, phone, contact, reasons (keys), family, needs, note. After the
    purge it is None; number, district and the days stay.
    """

    region = models.ForeignKey(Region, models.CASCADE, related_name="+", verbose_name="圏域")
    municipality = models.ForeignKey(Municipality, models.PROTECT, related_name="+", verbose_name="市町村")
    number = models.PositiveIntegerField("名簿の番号")
    own_id = models.CharField("市町村の番号（ハッシュ）", max_length=64, blank=True)
    district = models.ForeignKey(
        District, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name="地区"
    )
    sealed = SealedJSONField("個人に関する内容", null=True)
    consent = models.CharField(
        "平時の提供への同意", max_length=8, choices=Consent.choices, default=Consent.UNKNOWN
    )
    consent_on = models.DateField("同意を確認した日", null=True, blank=True)
    listed_on = models.DateField("名簿に載せた日")
    removed_on = models.DateField("名簿から外した日", null=True, blank=True)
    removed_why = models.CharField("外した理由", max_length=20, blank=True)
    erased_on = models.DateField("内容を消去した日", null=True, blank=True)

    objects: ClassVar[models.Manager[SupportPerson]] = scoped()

    class Meta:
        verbose_name = "避難行動要支援者"
        ordering = ("number",)
        constraints = (
            models.UniqueConstraint(
                fields=["region", "municipality", "number"], name="support_person_number"
            ),
            models.UniqueConstraint(
                fields=["region", "municipality", "own_id"],
                condition=~Q(own_id="") & Q(removed_on=None),
                name="support_person_own_id",
            ),
            models.CheckConstraint(
                condition=Q(consent="unknown") | Q(consent_on__isnull=False),
                name="support_person_consent_day",
            ),
        )

    def __str__(self) -> str:
        return f"名簿第{self.number}号"

    def get_absolute_url(self) -> str:
        return reverse(
            "disaster:support-person", args=[self.region.slug, self.municipality.code, self.number]
        )


class SupportPlan(Record):
    """The plan how one person evacuates (個別避難計画).

    `sealed`: destination, route, transport, equipment, medicines, contact, care, note, helpers [{name, body, phone,
    role, consent}]. `agreed_on` is the day the person agreed to the plan: without it there is none yet.
    """

    region = models.ForeignKey(Region, models.CASCADE, related_name="+", verbose_name="圏域")
    municipality = models.ForeignKey(Municipality, models.PROTECT, related_name="+", verbose_name="市町村")
    person = models.OneToOneField(SupportPerson, models.CASCADE, related_name="plan", verbose_name="対象者")
    welfare_shelter = models.ForeignKey(
        Shelter, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name="福祉避難所"
    )
    sealed = SealedJSONField("個人に関する内容", null=True)
    agreed_on = models.DateField("作成に同意した日", null=True, blank=True)
    share = models.CharField(
        "計画の提供への同意", max_length=8, choices=Consent.choices, default=Consent.UNKNOWN
    )
    share_on = models.DateField("提供の同意の確認日", null=True, blank=True)
    helpers_agree = models.BooleanField("支援する人の全員が提供に同意", default=False)
    revised_on = models.DateField("作成・見直しの日")
    review_on = models.DateField("次に見直す日", null=True, blank=True)

    objects: ClassVar[models.Manager[SupportPlan]] = scoped()

    class Meta:
        verbose_name = "個別避難計画"
        ordering = ("person",)
        constraints = (
            models.CheckConstraint(
                condition=Q(share="unknown") | Q(share_on__isnull=False), name="support_plan_share_day"
            ),
        )

    def __str__(self) -> str:
        return f"個別避難計画（{self.person}）"


class SupportBody(Record):
    """Who may help and may be given the list (避難支援等関係者): a body, with its contact sealed."""

    class Kind(models.TextChoices):
        FIRE = "fire", "消防機関"
        POLICE = "police", "都道府県警察"
        WELFARE = "welfare", "民生委員・児童委員"
        COUNCIL = "council", "社会福祉協議会"
        COMMUNITY = "community", "自主防災組織・町内会"
        CARE = "care", "福祉専門職・介護事業者"
        OTHER = "other", "その他"

    region = models.ForeignKey(Region, models.CASCADE, related_name="+", verbose_name="圏域")
    municipality = models.ForeignKey(Municipality, models.PROTECT, related_name="+", verbose_name="市町村")
    kind = models.CharField("種類", max_length=10, choices=Kind.choices)
    name = models.CharField("名称", max_length=120)
    in_plan = models.BooleanField("地域防災計画に定めがある", default=False)
    sealed = SealedJSONField("連絡先", null=True)
    ended_on = models.DateField("提供先から外した日", null=True, blank=True)

    objects: ClassVar[models.Manager[SupportBody]] = scoped()

    class Meta:
        verbose_name = "避難支援等関係者"
        ordering = ("kind", "name", "id")
        constraints = (
            models.UniqueConstraint(
                fields=["region", "municipality", "name"], name="support_body_named_once"
            ),
        )

    def __str__(self) -> str:
        return self.name


_MODE_IF_ANY = """
IF {row}.incident_id IS NOT NULL AND NOT EXISTS (
    SELECT 1 FROM disaster_incident i
    WHERE i.id = {row}.incident_id AND i.mode = {row}.mode AND i.region_id = {row}.region_id
) THEN
    RAISE EXCEPTION 'the mode of a record is that of its incident' USING ERRCODE = 'check_violation';
END IF;
"""


class ListSharing(Record):
    """One time the list, or plans, were given to a body (提供の記録): on what basis, for what, until when.

    `persons` are keys of the persons it may contain, `left_out` counts by reason who is not in it. An exercise with the
    basis of a disaster has no persons: `would_be` says how many there would be.
    """

    class What(models.TextChoices):
        LIST = "list", "名簿"
        PLAN = "plan", "個別避難計画"

    class Basis(models.TextChoices):
        CONSENT = "consent", "本人の同意"
        ORDINANCE = "ordinance", "条例の定め"
        DISASTER = "disaster", "災害時（同意を要しない）"

    region = models.ForeignKey(Region, models.CASCADE, related_name="+", verbose_name="圏域")
    municipality = models.ForeignKey(Municipality, models.PROTECT, related_name="+", verbose_name="市町村")
    number = models.PositiveIntegerField("番号")
    body = models.ForeignKey(SupportBody, models.PROTECT, related_name="+", verbose_name="提供先")
    what = models.CharField("提供するもの", max_length=4, choices=What.choices)
    basis = models.CharField("根拠", max_length=10, choices=Basis.choices)
    ordinance = models.CharField("条例", max_length=200, blank=True)
    incident = models.ForeignKey(
        Incident, models.RESTRICT, null=True, blank=True, related_name="+", verbose_name="事案"
    )
    mode = models.CharField("区分", max_length=10, choices=Mode.choices, blank=True)
    purpose = models.CharField("目的", max_length=200)
    necessity = models.CharField("特に必要な理由", max_length=300, blank=True)
    shared_on = models.DateField("提供した日")
    document_no = models.CharField("文書番号", max_length=80, blank=True)
    return_by = models.DateField("返却・消去の期限")
    returned_on = models.DateField("返却・消去を確かめた日", null=True, blank=True)
    returned_how = models.CharField("返却・消去の方法", max_length=200, blank=True)
    persons = models.JSONField("対象者", default=list)
    people = models.PositiveIntegerField("人数", default=0)
    would_be = models.PositiveIntegerField("実災害なら対象となる人数", default=0)
    left_out = models.JSONField("含めない人数", default=dict)
    districts = models.JSONField("地区", default=list)

    objects: ClassVar[models.Manager[ListSharing]] = scoped()

    class Meta:
        verbose_name = "名簿の提供"
        ordering = ("-number",)
        constraints = (
            models.UniqueConstraint(fields=["region", "municipality", "number"], name="list_sharing_number"),
            models.CheckConstraint(
                condition=Q(basis="disaster", incident__isnull=False) & ~Q(mode="") & ~Q(necessity="")
                | ~Q(basis="disaster") & Q(incident=None, mode=""),
                name="list_sharing_basis",
            ),
            models.CheckConstraint(
                condition=~Q(mode="exercise") | Q(people=0, persons=[]),
                name="list_sharing_exercise_names_nobody",
            ),
            models.CheckConstraint(
                condition=Q(returned_on=None) | Q(returned_on__gte=models.F("shared_on")),
                name="list_sharing_returned_after",
            ),
        )
        triggers = (*guards("mode", lambda row: _MODE_IF_ANY.replace("{row}", row))[:2],)

    def __str__(self) -> str:
        return f"提供第{self.number}号"

    def get_absolute_url(self) -> str:
        return reverse("disaster:sharing", args=[self.region.slug, self.municipality.code, self.number])


class SafetyCheck(Record):
    """How a person on the list is in an incident (安否確認): without a row nobody knows yet.

    `sealed`: where, by, note, person (the entity of the reception a person of the town said is the same).
    """

    class State(models.TextChoices):
        SAFE = "safe", "無事"
        HELP = "help", "助けが必要"
        EVACUATED = "evacuated", "避難した"
        UNREACHED = "unreached", "連絡がつかない"

    region = models.ForeignKey(Region, models.CASCADE, related_name="+", verbose_name="圏域")
    incident = models.ForeignKey(Incident, models.RESTRICT, related_name="+", verbose_name="事案")
    mode = models.CharField("区分", max_length=10, choices=Mode.choices)
    municipality = models.ForeignKey(Municipality, models.PROTECT, related_name="+", verbose_name="市町村")
    person = models.ForeignKey(SupportPerson, models.CASCADE, related_name="checks", verbose_name="対象者")
    state = models.CharField("状況", max_length=10, choices=State.choices)
    checked_at = models.DateTimeField("確認した日時")
    sealed = SealedJSONField("個人に関する内容", null=True)

    objects: ClassVar[models.Manager[SafetyCheck]] = scoped()

    class Meta:
        verbose_name = "安否確認"
        ordering = ("person",)
        constraints = (models.UniqueConstraint(fields=["incident", "person"], name="safety_check_once"),)
        triggers = (*mode_guards(),)

    def __str__(self) -> str:
        return f"安否確認（{self.person}）"


class SafetyInquiry(Record):
    """A question whether somebody is safe (安否情報の照会), and the answer.

    `sealed`: asker {name, address, phone, birth}, sought {name, kana, birth, sex, address}, reason, identity_note.
    `answer` (sealed): the items that were answered, in words. Whether somebody was found stands nowhere else.
    """

    class Via(models.TextChoices):
        WINDOW = "window", "窓口"
        PAPER = "paper", "郵送・書面"
        WEB = "web", "ウェブ"

    class State(models.TextChoices):
        WAITING = "waiting", "本人確認待ち"
        VERIFIED = "verified", "回答待ち"
        ANSWERED = "answered", "回答済み"
        WITHDRAWN = "withdrawn", "取下げ・不受理"

    class Identity(models.TextChoices):
        LICENCE = "licence", "運転免許証"
        CARD = "card", "マイナンバーカード"
        PASSPORT = "passport", "旅券"
        RESIDENCE = "residence", "在留カード・特別永住者証明書"
        PUBLIC = "public", "その他の官公署の書類"
        OTHER = "other", "その他の方法（やむを得ない理由）"

    region = models.ForeignKey(Region, models.CASCADE, related_name="+", verbose_name="圏域")
    incident = models.ForeignKey(Incident, models.RESTRICT, related_name="+", verbose_name="事案")
    mode = models.CharField("区分", max_length=10, choices=Mode.choices)
    municipality = models.ForeignKey(Municipality, models.PROTECT, related_name="+", verbose_name="市町村")
    number = models.PositiveIntegerField("受付番号")
    via = models.CharField("受付の方法", max_length=8, choices=Via.choices)
    received_at = models.DateTimeField("受付日時")
    relation = models.CharField("続柄・関係", max_length=20)
    sealed = SealedJSONField("照会の内容", null=True)
    state = models.CharField("状態", max_length=10, choices=State.choices, default=State.WAITING)
    identity = models.CharField("本人確認書類", max_length=10, choices=Identity.choices, blank=True)
    verified_by = models.CharField("本人確認をした人", max_length=160, blank=True)
    verified_on = models.DateField("本人確認の日", null=True, blank=True)
    answer = SealedJSONField("回答の内容", null=True)
    decided_by = models.CharField("決定した人", max_length=160, blank=True)
    decided_on = models.DateField("決定した日", null=True, blank=True)
    document_no = models.CharField("文書番号", max_length=80, blank=True)

    objects: ClassVar[models.Manager[SafetyInquiry]] = scoped()

    class Meta:
        verbose_name = "安否情報の照会"
        ordering = ("-number",)
        constraints = (
            models.UniqueConstraint(
                fields=["incident", "municipality", "number"], name="safety_inquiry_number"
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["verified", "answered"]) | ~Q(identity=""),
                name="safety_inquiry_asker_verified",
            ),
            models.CheckConstraint(
                condition=~Q(state="answered") | Q(decided_on__isnull=False) & ~Q(decided_by=""),
                name="safety_inquiry_decided",
            ),
        )
        triggers = (*mode_guards(),)

    def __str__(self) -> str:
        return f"安否照会第{self.number}号"

    def get_absolute_url(self) -> str:
        return reverse(
            "disaster:inquiry",
            args=[self.region.slug, self.incident.slug, self.municipality.code, self.number],
        )
