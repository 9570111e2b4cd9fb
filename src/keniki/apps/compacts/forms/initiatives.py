"""Forms for initiatives, their roles, findings and projects."""

from __future__ import annotations

from typing import Any

from django import forms

from keniki.apps.compacts.models import Initiative, Project
from keniki.apps.compacts.outlooks import MeasureAhead, PolicyAhead, format_outlooks, parse_outlooks
from keniki.apps.regions.editing import VersionedForm
from keniki.apps.regions.models import Region
from keniki.core.errors import WrongInput

from .common import Choices, YearField, area, boxes, field_choices, member_choices, programme_choices


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
            member_choices(region),
            "実施団体",
            help_text=f"選ばないときは、すべての{region.members_term}になります。",
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
