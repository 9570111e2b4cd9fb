"""Forms of activities: what was done, the counts found in it, towns' figures, photos, fiscal years."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from django import forms
from django.utils import timezone

from keniki.apps.accounts.actor import Actor
from keniki.apps.compacts.models import Agreement, Initiative, Measure, Project
from keniki.apps.regions.editing import ROWS
from keniki.apps.regions.models import Municipality, Region
from keniki.apps.regions.policies import edit_shared
from keniki.apps.regions.queries import former_members, members_on
from keniki.core import counts as core
from keniki.core import fiscal_year

from .drafts import ActivityDraft, CountDraft, Reading
from .kinds import DONE
from .models import Activity, ActivityLine, Count, Photo, RoleLink
from .policies import own_towns
from .queries.annex import RoleGroup
from .queries.counts import quantity_label, rendered_lines

KINDS = [(value, label) for value, label in Activity.Kind.choices if value in DONE]
STATES = [(value, label) for value, label in Activity.State.choices if value != Activity.State.NONE]


def year_choices(*more: int) -> list[tuple[int, str]]:
    """Fiscal years to choose from: next year's plans back to twelve years ago, and those named."""
    now = fiscal_year.FiscalYear.of(timezone.localdate())
    years = {*range(now - 12, now + 2), *more}
    return [(year, fiscal_year.format_table_with_western(year)) for year in sorted(years, reverse=True)]


class DayInput(forms.DateInput):
    """A date picker that speaks ISO."""

    input_type = "date"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%d")


class ActivityForm(forms.Form):
    """One activity of one initiative; the initiative is chosen before the form opens."""

    fiscal_year = forms.TypedChoiceField(label="年度", coerce=int)
    title = forms.CharField(
        label="活動名", max_length=300, help_text="報告書にそのまま印刷されます。", widget=forms.TextInput
    )
    kind = forms.ChoiceField(
        label="種類",
        choices=[("", "選んでください"), *KINDS],
        help_text="検討・調査・会議は、別表の取組内容に対して「検討」と数えます。ほかは「実施」です。",
    )
    state = forms.ChoiceField(label="状態", choices=STATES, widget=forms.RadioSelect, initial="done")
    municipality = forms.TypedChoiceField(
        label="どこの活動か", required=False, coerce=int, empty_value=None, widget=forms.RadioSelect
    )
    project: forms.ModelChoiceField[Project] = forms.ModelChoiceField(
        label="事業", queryset=None, required=False, empty_label="（事業に分けない）"
    )
    starts_on = forms.DateField(label="開始日", required=False, widget=DayInput())
    ends_on = forms.DateField(
        label="終了日", required=False, widget=DayInput(), help_text="1日だけの活動では空欄にします。"
    )
    place = forms.CharField(label="場所", required=False, max_length=200)
    organiser = forms.CharField(label="主催", required=False, max_length=200)
    text = forms.CharField(
        label="内容（内部の覚え）",
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="報告書には印刷されません。",
    )
    tally_only = forms.BooleanField(
        label="集計のみ（紙の報告書などから合計だけを写した記録で、各回の内訳がない）", required=False
    )
    measures = forms.MultipleChoiceField(
        label="この活動が果たす、別表の取組内容",
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="「約束と実績」は、ここで選んだ活動から自動でできます。",
    )
    roles = forms.MultipleChoiceField(
        label="この活動で果たした、協定の役割",
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="同じ取組の取組内容を選んだときに結び付きます。実際に果たした役割だけを残してください。",
    )

    def __init__(
        self,
        *args: Any,
        actor: Actor,
        region: Region,
        promised: Sequence[tuple[Agreement, Measure]],
        roles: Sequence[RoleGroup] = (),
        owner: Initiative,
        activity: Activity | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.owner = owner
        own = activity.municipality if activity is not None else None
        years = [activity.fiscal_year] if activity is not None else []
        self._field("fiscal_year").choices = year_choices(*years)
        self._field("project").queryset = owner.projects.all()
        if not owner.projects.exists():
            del self.fields["project"]
        self.towns = towns_to_choose(actor, region, own)
        shared = bool(edit_shared(actor, region))
        self._field("municipality").choices = [
            *([("", "圏域の共同の活動")] if shared else []),
            *((town.pk, f"{town.name}の活動") for town in self.towns),
        ]
        self.parts: list[tuple[int | str, str]] = [
            *([("", "圏域全体")] if shared else []),
            *((town.pk, f"{town.name}の分") for town in self.towns),
        ]
        if shared:
            self.fields["municipality"].initial = ""
        else:
            self.fields["municipality"].required = True
            if len(self.towns) == 1:
                self.fields["municipality"].initial = self.towns[0].pk
        chosen = (
            {(link.agreement_id, link.key) for link in activity.measure_links.all()} if activity else set()
        )
        several = len({agreement.pk for agreement, _ in promised}) > 1
        offered = {
            (agreement.pk, measure.key): f"{measure.text}（{agreement.title}）" if several else measure.text
            for agreement, measure in promised
        }
        self._field("measures").choices = [
            (f"{agreement}:{key}", offered.get((agreement, key), key))
            for agreement, key in (*offered, *sorted(chosen - set(offered)))
        ]
        if not self._field("measures").choices:
            del self.fields["measures"]
        self._offer_roles(roles, activity)

    def _field(self, name: str) -> Any:
        return self.fields[name]

    def _offer_roles(self, groups: Sequence[RoleGroup], activity: Activity | None) -> None:
        several = len({group.item.key for group in groups}) > 1
        agreements = len({group.agreement.pk for group in groups}) > 1
        self.role_groups = {
            (group.agreement.pk, group.item.key, clause.key): (group, clause.text)
            for group in groups
            for clause in group.clauses
        }
        choices: list[tuple[str, Any]] = [
            (
                "　".join(
                    [
                        *([group.agreement.title] if agreements else []),
                        *([group.item.title] if several else []),
                        group.label,
                    ]
                ),
                [(_role_value(group.agreement.pk, group.item.key, c.key), c.text) for c in group.clauses],
            )
            for group in groups
        ]
        links = activity.role_links.all() if activity is not None else []
        gone = {(link.agreement_id, link.item, link.key) for link in links} - set(self.role_groups)
        choices += [(_role_value(*role), f"{role[1]}.{role[2]}") for role in sorted(gone)]
        self._field("roles").choices = choices
        if not choices:
            del self.fields["roles"]

    def _chosen_roles(self) -> list[tuple[int, str, str]]:
        values = (choice.split(":") for choice in self.cleaned_data.get("roles", []))
        return [(int(agreement), item, key) for agreement, item, key in values]

    def _fits(self, role: tuple[int, str, str]) -> bool:
        """Whether a measure of the role's annex item is chosen and the activity's town has that role."""
        if role not in self.role_groups:
            return True
        group, _ = self.role_groups[role]
        measures = {f"{group.agreement.pk}:{measure.key}" for measure in group.item.measures.all()}
        town = self.cleaned_data["municipality"]
        return bool(measures & set(self.cleaned_data.get("measures", []))) and (
            town is None or town in {each.pk for each in group.towns}
        )

    @property
    def roles_left_out(self) -> list[str]:
        """The chosen roles that are not linked, in words."""
        return [
            f"{self.role_groups[role][0].label}「{self.role_groups[role][1]}」"
            for role in self._chosen_roles()
            if not self._fits(role)
        ]

    def draft(self, reading: Reading) -> ActivityDraft:
        """The valid form as a draft."""
        data = self.cleaned_data
        pairs = [choice.split(":", 1) for choice in data.get("measures", [])]
        return ActivityDraft(
            initiative=self.owner,
            fiscal_year=data["fiscal_year"],
            title=data["title"].strip(),
            kind=data["kind"],
            state=data["state"],
            project=data.get("project"),
            municipality=next((town for town in self.towns if town.pk == data["municipality"]), None),
            tally_only=data["tally_only"],
            starts_on=data["starts_on"],
            ends_on=data["ends_on"],
            place=data["place"].strip(),
            organiser=data["organiser"].strip(),
            text=data["text"].strip(),
            reading=reading,
            measures=tuple((int(agreement), key) for agreement, key in pairs),
            roles=tuple(role for role in self._chosen_roles() if self._fits(role)),
        )


def role_initial(groups: Sequence[RoleGroup], town: int | None) -> list[str]:
    """The lines of the acting town's (its id) own roles."""
    return [
        _role_value(group.agreement.pk, group.item.key, clause.key)
        for group in groups
        if town in {each.pk for each in group.towns}
        for clause in group.clauses
    ]


def role_value(link: RoleLink) -> str:
    """A stored link as the form's choice."""
    return _role_value(link.agreement_id, link.item, link.key)


def _role_value(agreement: int, item: str, key: str) -> str:
    return f"{agreement}:{item}:{key}"


class LineForm(forms.Form):
    """One line below the activity."""

    kind = forms.ChoiceField(label="行の種類", choices=ActivityLine.Kind.choices)
    text = forms.CharField(
        label="文",
        required=False,
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 2}),
    )


LineFormSet = forms.formset_factory(LineForm, extra=0, can_delete=True, max_num=ROWS, absolute_max=ROWS)


def line_initial(activity: Activity | None) -> list[dict[str, str]]:
    """The lines to begin with: the stored ones and an empty one, or one of each kind."""
    if activity is None:
        return [{"kind": ActivityLine.Kind.RESULT}, {"kind": ActivityLine.Kind.LECTURER}]
    stored = [{"kind": line.kind, "text": line.text} for line in rendered_lines(activity)]
    return [*stored, {"kind": ActivityLine.Kind.RESULT}]


class CountForm(forms.Form):
    """What a number found in the text means."""

    quantity = forms.ChoiceField(label="何の数")
    basis = forms.ChoiceField(
        label="数え方",
        choices=Count.Basis.choices,
        help_text="",
    )
    municipality = forms.TypedChoiceField(label="市町村", required=False, coerce=int, empty_value=None)
    part_of = forms.ChoiceField(label="内訳", required=False)
    words_only = forms.BooleanField(label="数量として扱わない（文字のまま）", required=False)

    def __init__(
        self,
        *args: Any,
        count: CountDraft,
        others: Sequence[CountDraft],
        towns: Sequence[Municipality],
        **kwargs: Any,
    ) -> None:
        kwargs.setdefault("prefix", f"count-{count.key}")
        kwargs.setdefault(
            "initial",
            {
                "quantity": count.quantity,
                "basis": count.basis,
                "municipality": count.municipality or "",
                "part_of": count.part_of,
            },
        )
        super().__init__(*args, **kwargs)
        self.count = count
        known = [(quantity.value, quantity_label(quantity.value)) for quantity in core.Quantity]
        own = [] if count.quantity in dict(known) else [(count.quantity, count.quantity)]
        self.fields["quantity"].choices = [*known, *own]  # type: ignore[attr-defined]
        self.fields["municipality"].choices = [("", "圏域全体"), *((t.pk, t.name) for t in towns)]  # type: ignore[attr-defined]
        self.fields["part_of"].choices = [  # type: ignore[attr-defined]
            ("", "それ自体で数える"),
            *((other.key, f"「{other.words}」の内訳") for other in others if other.key != count.key),
        ]

    def applied(self, reading: Reading) -> Reading:
        """The reading with what was said about this count."""
        data = self.cleaned_data
        if data["words_only"]:
            return reading.without(self.count.key)
        now = next(count for count in reading.counts if count.key == self.count.key)
        return reading.with_count(
            replace(
                now,
                quantity=data["quantity"],
                basis=data["basis"],
                municipality=data["municipality"],
                part_of=data["part_of"] if any(c.key == data["part_of"] for c in reading.counts) else "",
            )
        )


def signature(reading: Reading) -> str:
    """What the user was asked to confirm; another text asks again."""
    asked = "\n".join(f"{count.key} {count.words}" for count in reading.to_confirm())
    return hashlib.sha256(asked.encode()).hexdigest()[:16]


class StartForm(forms.Form):
    """A town's own figure in a shared activity of which no total is written yet."""

    municipality = forms.TypedChoiceField(label="市町村", coerce=int)
    quantity = forms.ChoiceField(label="何の数")
    value = forms.DecimalField(label="数", min_value=0, max_digits=15, decimal_places=3, localize=True)
    counter = forms.CharField(label="単位", max_length=20, initial="名", help_text="例：名、回、部")
    basis = forms.ChoiceField(label="数え方", choices=Count.Basis.choices, initial=Count.Basis.EXACT)

    def __init__(self, *args: Any, towns: Sequence[Municipality], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["municipality"].choices = [(town.pk, town.name) for town in towns]  # type: ignore[attr-defined]
        self.fields["quantity"].choices = [  # type: ignore[attr-defined]
            (each.value, quantity_label(each.value))
            for each in core.Quantity
            if each is not core.Quantity.MUNICIPALITIES
        ]
        self.fields["quantity"].initial = core.Quantity.PARTICIPANTS.value


class FilterForm(forms.Form):
    """What the list is narrowed by."""

    year = forms.TypedChoiceField(label="年度", required=False, coerce=int, empty_value=None)
    initiative = forms.ChoiceField(label="取組", required=False)
    field = forms.ChoiceField(label="分野", required=False)
    town = forms.ChoiceField(label="市町村", required=False)
    kind = forms.ChoiceField(label="種類", required=False, choices=[("", "すべて"), *Activity.Kind.choices])
    q = forms.CharField(label="ことば", required=False, widget=forms.TextInput(attrs={"type": "search"}))

    def __init__(
        self,
        *args: Any,
        years: Sequence[int],
        initiatives: Sequence[Initiative],
        towns: Sequence[Municipality],
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        fields = dict.fromkeys(row.field_name or row.title for row in initiatives)
        choices: dict[str, list[tuple[Any, str]]] = {
            "year": [
                (year, fiscal_year.format_table_with_western(year)) for year in sorted(years, reverse=True)
            ],
            "initiative": [(row.slug, row.title) for row in initiatives],
            "field": [(name, name) for name in fields],
            "town": [(town.code, town.name) for town in towns],
        }
        for name, given in choices.items():
            self.fields[name].choices = [("", "すべて"), *given]  # type: ignore[attr-defined]


class PhotoForm(forms.Form):
    """What is said about a photo, and its file."""

    file = forms.FileField(
        label="画像",
        widget=forms.FileInput(attrs={"data-preview": "", "accept": "image/jpeg,image/png,image/webp"}),
        help_text="JPEG・PNG・WebP、20 MBまで。チラシやパンフレットの画像も登録できます。",
    )
    caption = forms.CharField(
        label="説明",
        max_length=200,
        help_text="年度は自動で付きます（例：R6 防災テントを用いた研修会の様子）。",
    )
    kind = forms.ChoiceField(
        label="種類", choices=Photo.Kind.choices, widget=forms.RadioSelect, initial="photo"
    )
    fiscal_year = forms.TypedChoiceField(label="年度", required=False, coerce=int, empty_value=None)
    credit = forms.CharField(label="撮影・提供", required=False, max_length=120)
    consent = forms.ChoiceField(
        label="写っている人の同意",
        choices=Photo.Consent.choices,
        widget=forms.RadioSelect,
        initial="unknown",
        help_text="公開の前に、写っている人（子どもは保護者）に確認してください。",
    )
    public = forms.BooleanField(
        label="公開サイトに載せる（位置情報などを消した写しだけが公開されます）", required=False
    )

    def __init__(self, *args: Any, years: Sequence[int] = (), replacing: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["fiscal_year"].choices = [("", "年度を付けない"), *year_choices(*years)]  # type: ignore[attr-defined]
        if replacing:
            self.fields["file"].required = False
            self.fields["file"].label = "画像の差替え"


class ReasonForm(forms.Form):
    """Why a closed year is opened again."""

    reason = forms.CharField(
        label="再開する理由",
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="理由は、この年度のすべての画面と操作記録に表示されます。",
    )


class SheetForm(forms.Form):
    """A filled-in sheet."""

    file = forms.FileField(
        label="記入した様式（.xlsx）",
        widget=forms.FileInput(
            attrs={"accept": ".xlsx,application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"}
        ),
    )


def towns_to_choose(actor: Actor, region: Region, own: Municipality | None) -> list[Municipality]:
    """The towns whose records the actor may write, as far as any year allows, and the record's own."""
    if edit_shared(actor, region):
        towns = [member.municipality for member in (*members_on(region), *former_members(region))]
    else:
        towns = own_towns(actor, region)
    return towns if own is None or own in towns else [*towns, own]
