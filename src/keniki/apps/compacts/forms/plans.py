"""Forms for declarations, visions, initiatives, projects, KPIs and evaluations."""

from __future__ import annotations

from typing import Any

from django import forms

from keniki.apps.compacts.models import Declaration, DeclarationPart, Initiative, Kpi, Project, Vision
from keniki.apps.compacts.outlooks import (
    MeasureAhead,
    PolicyAhead,
    format_outlooks,
    parse_outlooks,
)
from keniki.apps.regions.models import Region
from keniki.core import fiscal_year
from keniki.core.counts import Quantity
from keniki.core.errors import WrongInput

from .common import (
    Choices,
    DateField,
    LinesField,
    VersionedForm,
    YearField,
    area,
    boxes,
    field_choices,
    member_choices,
    programme_choices,
)


class DeclarationForm(VersionedForm):
    """A declaration with its gist and five parts."""

    programme = forms.ChoiceField(
        label="制度", choices=[c for c in programme_choices() if c[0] != "hokkaido"]
    )
    title = forms.CharField(label="名称", max_length=200, help_text="例：中心市宣言書、連携中枢都市宣言書")

    def __init__(self, region: Region, *args: Any, keep: list[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        towns = member_choices(region)
        self.fields["centre"] = forms.ChoiceField(label="中心市", choices=towns)
        self.fields["gist"] = LinesField(
            label="要旨", required=False, rows=5, help_text="1行に1文ずつ入力します。"
        )
        for key, label in DeclarationPart.Key.choices:
            self.fields[f"{key}_heading"] = forms.CharField(
                label=f"見出し（{label}）",
                max_length=200,
                required=False,
                help_text=f"空欄は「{label}」になります。",
            )
            self.fields[f"{key}_text"] = forms.CharField(
                label=f"本文（{label}）", required=False, widget=area(5)
            )
            self.fields[f"{key}_items"] = LinesField(
                label=f"項目（{label}）", required=False, rows=3, help_text="1行に1項目ずつ入力します。"
            )
        self.fields["ideas_fields"] = boxes(field_choices(region, keep=keep), "想定する政策分野")
        self.fields["partners_municipalities"] = boxes(towns, "連携の意思を有する市町村")

    @staticmethod
    def groups() -> list[tuple[str, list[str]]]:
        """Fields under the names of the parts."""
        extra = {"ideas": ["ideas_fields"], "partners": ["partners_municipalities"]}
        return [
            (
                f"（{number}）{label}",
                [f"{key}_heading", f"{key}_text", f"{key}_items", *extra.get(key, [])],
            )
            for number, (key, label) in enumerate(DeclarationPart.Key.choices, 1)
        ]

    @staticmethod
    def filled_from(declaration: Declaration) -> dict[str, Any]:
        """The form's values for a declaration."""
        values: dict[str, Any] = {
            "version": declaration.version,
            "programme": declaration.programme,
            "title": declaration.title,
            "centre": declaration.centre.code,
            "gist": declaration.gist,
        }
        for part in declaration.parts.all():
            values |= {
                f"{part.key}_heading": part.heading,
                f"{part.key}_text": part.text,
                f"{part.key}_items": part.items,
                f"{part.key}_fields": part.fields,
                f"{part.key}_municipalities": part.municipalities,
            }
        return values


class PublishForm(VersionedForm):
    """The day of a declaration and its document."""

    on = DateField(label="宣言日")
    document_no = forms.CharField(label="文書番号", max_length=80, required=False)


class VisionForm(VersionedForm):
    """A vision without its chapters and goals."""

    programme = forms.ChoiceField(label="制度", choices=programme_choices())
    title = forms.CharField(label="名称", max_length=200)
    first_year = YearField(label="開始年度", required=False)
    last_year = YearField(label="終了年度", required=False)
    future_image = forms.CharField(label="将来像", required=False, widget=area(5))
    budget_note = forms.CharField(
        label="事業費の注記",
        required=False,
        widget=area(2),
        help_text="例：事業費は見込みであり、毎年度の予算で定める。",
    )

    @staticmethod
    def filled_from(vision: Vision) -> dict[str, Any]:
        """The form's values for a vision."""
        names = ("version", "programme", "title", "first_year", "last_year", "future_image", "budget_note")
        return {name: getattr(vision, name) for name in names}


class SectionForm(forms.Form):
    """A chapter."""

    heading = forms.CharField(label="見出し", max_length=200, required=False)
    body = forms.CharField(label="本文", required=False, widget=area(6))

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if given.get("body") and not given.get("heading"):
            self.add_error("heading", "本文があるときは、見出しを入力してください。")
        return given


class GoalForm(forms.Form):
    """A basic goal; its key is kept."""

    key = forms.CharField(required=False, widget=forms.HiddenInput)
    field = forms.ChoiceField(label="政策分野", required=False)
    text = forms.CharField(label="基本目標", required=False, widget=area(2))

    def __init__(self, *args: Any, choices: Choices, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["field"].choices = [("", "選んでください"), *choices]  # type: ignore[attr-defined]


class InitiativeForm(VersionedForm):
    """An initiative without its roles and findings."""

    title = forms.CharField(label="取組（事業）名", max_length=200)
    order = forms.IntegerField(
        label="順序", required=False, min_value=1, widget=forms.NumberInput(attrs={"class": "is-short"})
    )
    field_name = forms.CharField(
        label="写真の見出しの分野名",
        max_length=60,
        required=False,
        help_text="報告書の「○○分野の活動記録写真」の○○です。",
    )
    programme = forms.ChoiceField(label="制度", choices=programme_choices("なし"), required=False)
    first_year = YearField(label="開始年度", required=False)
    last_year = YearField(label="終了年度", required=False)
    one_off = forms.BooleanField(
        label="一回限りの取組",
        required=False,
        help_text="「成果と課題」に代えて「得られた成果又は見込まれる成果」を印刷し、今後の欄を設けません。",
    )
    overview = forms.CharField(label="事業概要", required=False, widget=area(5))
    purpose = forms.CharField(label="事業の目的", required=False, widget=area(4))
    outlooks = forms.CharField(
        label="今後の連携に必要な視点と取組",
        required=False,
        widget=area(8),
        strip=False,
        help_text="方針は「■」、取組は「・」で始め、取組の内容を次の行に書きます。",
    )

    def __init__(
        self, region: Region, *args: Any, aims: Choices, annex: Choices, keep: list[str], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.fields["fields"] = boxes(field_choices(region, keep=keep), "政策分野")
        self.fields["aim"] = forms.ChoiceField(
            label="ビジョンと基本目標", choices=[("", "なし"), *aims], required=False
        )
        self.fields["annex"] = boxes(annex, "根拠となる別表の取組")
        self.fields["bodies"] = boxes(
            member_choices(region), "実施団体", help_text="選ばないときは、すべての構成市町になります。"
        )

    def clean_outlooks(self) -> list[PolicyAhead]:
        try:
            return parse_outlooks(self.cleaned_data["outlooks"])
        except WrongInput as error:
            raise forms.ValidationError(f"{error.row}行目：{error.message}") from None

    @staticmethod
    def groups() -> list[tuple[str, list[str]]]:
        """The fields under legends."""
        return [
            (
                "取組",
                [
                    "title",
                    "order",
                    "field_name",
                    "fields",
                    "programme",
                    "first_year",
                    "last_year",
                    "one_off",
                    "bodies",
                ],
            ),
            ("根拠とねらい", ["annex", "aim"]),
            ("内容", ["overview", "purpose", "outlooks"]),
        ]

    @staticmethod
    def filled_from(initiative: Initiative) -> dict[str, Any]:
        """The form's values for an initiative."""
        names = (
            "version",
            "title",
            "order",
            "field_name",
            "fields",
            "programme",
            "first_year",
            "last_year",
            "one_off",
            "overview",
            "purpose",
        )
        aim = ""
        if initiative.vision:
            aim = f"{initiative.vision.slug}:{initiative.goal}"
        return {
            **{name: getattr(initiative, name) for name in names},
            "aim": aim,
            "annex": [f"{link.agreement.slug}:{link.key}" for link in initiative.annex_links.all()],
            "bodies": [town.code for town in initiative.bodies.all()],
            "outlooks": format_outlooks(
                PolicyAhead(row.title, [MeasureAhead(m.title, m.text) for m in row.measures.all()])
                for row in initiative.outlooks.all()
            ),
        }


class RoleLineForm(forms.Form):
    """A line of the division of roles."""

    label = forms.CharField(label="団体（印刷する名）", max_length=80, required=False)
    text = forms.CharField(label="役割", required=False, widget=area(2))

    def __init__(self, *args: Any, towns: Choices, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["municipalities"] = boxes(towns, "市町")

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if given.get("text") and not given.get("label"):
            self.add_error("label", "団体の名を入力してください。")
        return given


class FindingForm(forms.Form):
    """One finding."""

    text = forms.CharField(label="成果と課題", required=False, widget=area(2))


class ProjectForm(VersionedForm):
    """A project below an initiative."""

    title = forms.CharField(label="事業名", max_length=200)
    code = forms.CharField(label="事業番号", max_length=40, required=False)
    first_year = YearField(label="開始年度", required=False)
    last_year = YearField(label="終了年度", required=False)
    text = forms.CharField(label="事業内容", required=False, widget=area(4))
    effect = forms.CharField(label="効果", required=False, widget=area(3))
    subsidy = forms.CharField(label="補助制度等", max_length=200, required=False)

    def __init__(self, region: Region, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        towns = member_choices(region)
        self.fields["lead"] = forms.ChoiceField(
            label="担当市町", choices=[("", "定めない"), *towns], required=False
        )
        self.fields["bodies"] = boxes(towns, "事業主体")
        self.order_fields(
            [
                "version",
                "title",
                "code",
                "lead",
                "bodies",
                "first_year",
                "last_year",
                "text",
                "effect",
                "subsidy",
            ]
        )

    @staticmethod
    def filled_from(project: Project) -> dict[str, Any]:
        """The form's values for a project."""
        names = ("version", "title", "code", "bodies", "first_year", "last_year", "text", "effect", "subsidy")
        return {
            **{name: getattr(project, name) for name in names},
            "lead": project.lead.code if project.lead else "",
        }


class YearsField(forms.CharField):
    """One or more fiscal years: 令和2年度, H25～H29; its value is the list of years."""

    def prepare_value(self, value: Any) -> Any:
        if isinstance(value, list):
            if not value:
                return ""
            return fiscal_year.format_period(min(value), max(value))
        return value

    def to_python(self, value: Any) -> Any:
        text = super().to_python(value)
        if not text:
            return []
        try:
            first, last = fiscal_year.parse_period(text)
        except WrongInput as error:
            raise forms.ValidationError(error.message) from None
        return [int(year) for year in fiscal_year.FiscalYear.span(first, last)]


class KpiForm(VersionedForm):
    """A KPI without its targets."""

    name = forms.CharField(label="指標名", max_length=200)
    unit = forms.CharField(
        label="単位", max_length=20, required=False, widget=forms.TextInput(attrs={"class": "is-short"})
    )
    direction = forms.ChoiceField(
        label="方向",
        choices=Kpi.Direction.choices,
        help_text="維持は目標値を下回らないこと、以内は超えないこと、以上は下回らないこと、累計は年度ごとの値を足し上げることです。",
    )
    baseline_value = forms.DecimalField(label="基準値", required=False, max_digits=20, decimal_places=4)
    baseline_years = YearsField(
        label="基準年度",
        required=False,
        help_text="例：令和5年度。平均のときは H25～H29 のように範囲で入力します。",
    )
    baseline_average = forms.BooleanField(label="基準値は基準年度の平均", required=False)
    baseline_label = forms.CharField(
        label="基準値の表記", max_length=60, required=False, help_text="例：H25–29平均"
    )
    counting = forms.ChoiceField(
        label="実績の求め方",
        choices=[("typed", "年度ごとに入力する"), ("counted", "活動の数量から集計する")],
        widget=forms.RadioSelect,
    )
    quantity = forms.ChoiceField(
        label="集計する数量",
        choices=[("", "選んでください"), *((q.value, q.label) for q in Quantity)],
        required=False,
    )
    counter = forms.CharField(
        label="集計する単位（数え方）",
        max_length=10,
        required=False,
        help_text="例：名。空欄はすべての数え方です。",
    )
    note = forms.CharField(label="備考", required=False, widget=area(2))

    def __init__(
        self, region: Region, *args: Any, visions: Choices, initiatives: Choices, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.fields["vision"] = forms.ChoiceField(
            label="ビジョン", choices=[("", "なし"), *visions], required=False
        )
        self.fields["initiative"] = forms.ChoiceField(
            label="取組", choices=[("", "なし"), *initiatives], required=False
        )
        self.fields["counted_initiatives"] = boxes(initiatives, "集計する取組")
        self.fields["municipality"] = forms.ChoiceField(
            label="集計する市町", choices=[("", "圏域全体"), *member_choices(region)], required=False
        )

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if given.get("counting") == "counted":
            if not given.get("quantity"):
                self.add_error("quantity", "集計する数量を選んでください。")
            if not given.get("counted_initiatives"):
                self.add_error("counted_initiatives", "集計する取組を選んでください。")
        return given

    @staticmethod
    def groups() -> list[tuple[str, list[str]]]:
        """The fields under legends."""
        return [
            ("指標", ["name", "unit", "direction", "vision", "initiative", "note"]),
            ("基準値", ["baseline_value", "baseline_years", "baseline_average", "baseline_label"]),
            ("実績", ["counting", "counted_initiatives", "quantity", "counter", "municipality"]),
        ]

    def count_query(self, before: dict[str, Any] | None) -> dict[str, Any] | None:
        """The stored form of the count query; kinds of activities set before are kept."""
        given = self.cleaned_data
        if given["counting"] != "counted":
            return None
        return {
            "initiatives": given["counted_initiatives"],
            "quantity": given["quantity"],
            "counter": given["counter"],
            "kinds": (before or {}).get("kinds", []),
            "municipality": given["municipality"] or None,
        }

    @staticmethod
    def filled_from(kpi: Kpi) -> dict[str, Any]:
        """The form's values for a KPI."""
        names = (
            "version",
            "name",
            "unit",
            "direction",
            "baseline_value",
            "baseline_years",
            "baseline_average",
            "baseline_label",
            "note",
        )
        query = kpi.count_query or {}
        values = {name: getattr(kpi, name) for name in names}
        if kpi.baseline_value is not None:
            values["baseline_value"] = kpi.baseline_value.normalize()
        return {
            **values,
            "vision": kpi.vision.slug if kpi.vision else "",
            "initiative": kpi.initiative.slug if kpi.initiative else "",
            "counting": "counted" if query else "typed",
            "counted_initiatives": query.get("initiatives", []),
            "quantity": query.get("quantity", ""),
            "counter": query.get("counter", ""),
            "municipality": query.get("municipality") or "",
        }


class TargetForm(forms.Form):
    """The target of one fiscal year."""

    year = YearField(label="年度", required=False)
    value = forms.DecimalField(label="目標値", required=False, max_digits=20, decimal_places=4)

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if given.get("year") and given.get("value") is None and "value" not in self.errors:
            self.add_error("value", "目標値を入力してください。")
        if given.get("value") is not None and not given.get("year") and "year" not in self.errors:
            self.add_error("year", "年度を入力してください。")
        return given


class ReadingForm(VersionedForm):
    """The actual of one fiscal year."""

    value = forms.DecimalField(
        label="実績値",
        required=False,
        max_digits=20,
        decimal_places=4,
        help_text="空欄にすると未入力に戻ります。累計の指標は、その年度までの累計を入力します。",
    )
    comment = forms.CharField(label="コメント", required=False, widget=area(3))


class EvaluationForm(VersionedForm):
    """One municipality's evaluation on a scale."""

    comment = forms.CharField(label="コメント", required=False, widget=area(4))

    def __init__(self, grades: Choices, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["grade"] = forms.ChoiceField(label="評価", choices=grades, widget=forms.RadioSelect)
        self.order_fields(["version", "grade", "comment"])
