"""Forms for agreements: creating, head, states, resolutions, text, annex, signatories."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms

from keniki.apps.compacts import states
from keniki.apps.compacts.articles import format_articles, parse_articles
from keniki.apps.compacts.models import Agreement, AgreementVersion, AnnexItem, Resolution
from keniki.apps.regions.editing import VersionedForm
from keniki.apps.regions.models import Region
from keniki.apps.regions.queries import role_words
from keniki.core.errors import WrongInput

from .common import (
    DateField,
    LinesField,
    area,
    boxes,
    field_choices,
    member_choices,
    programme_choices,
)

NOTATION_HELP = (
    "「第1条（見出し）」の行から始め、次の行に本文を書きます。項は「2 」、号は「(1) 」で始めます。"
    "本文の行がこれらの印で始まるときは、行の頭に全角の空白を入れます。"
)


class NewAgreementForm(forms.Form):
    """Kind, programme, title and parties of a new agreement."""

    kind = forms.ChoiceField(label="種別", choices=Agreement.Kind.choices)
    programme = forms.ChoiceField(label="制度", choices=programme_choices("なし"), required=False)
    title = forms.CharField(
        label="名称",
        max_length=200,
        required=False,
        help_text="空欄にすると、種別に応じた名称が入ります。後で変更できます。",
    )

    def __init__(self, region: Region, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        words = role_words(region)
        self.fields["parties"] = boxes(
            member_choices(region),
            "当事者",
            help_text=f"形成協定と連携協約は、{words['centre']}（甲）と{words['partner']}（乙）を1つずつ選びます。"
            "並びは圏域の順序になります。",
        )


class PairsForm(forms.Form):
    """One-to-one agreements between the centre and several partners at once."""

    kind = forms.ChoiceField(
        label="種別",
        choices=[(key, word) for key, word in Agreement.Kind.choices if key in states.PAIRED_KINDS],
        widget=forms.RadioSelect,
    )
    programme = forms.ChoiceField(label="制度", choices=programme_choices("なし"), required=False)

    def __init__(
        self, partners: list[tuple[str, str]], *args: Any, words: Mapping[str, str], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.fields["partners"] = boxes(
            partners,
            f"相手方の{words['partner']}",
            help_text="同じ種別の協定が既にある市町村には作成しません。",
        )


class HeadForm(VersionedForm):
    """What stands over an agreement."""

    title = forms.CharField(label="名称", max_length=200)
    programme = forms.ChoiceField(label="制度", choices=programme_choices("なし"), required=False)
    valid_from = DateField(label="効力の開始", required=False)
    valid_to = DateField(label="効力の終了", required=False, help_text="期間の定めがないときは空欄にします。")
    document_no = forms.CharField(label="文書番号", max_length=80, required=False)
    note = forms.CharField(label="備考", required=False, widget=area(3))


class MoveForm(VersionedForm):
    """Entering a state: the day and the document it rests on."""

    on = DateField(label="日付")
    document_no = forms.CharField(label="文書番号", max_length=80, required=False)


class DissolutionForm(VersionedForm):
    """Which parties' assemblies decide a dissolution, where the agreement's own text says so."""

    def __init__(self, parties: list[tuple[str, str]], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if parties:
            self.fields["deciding"] = boxes(
                parties,
                "議決する当事者",
                help_text="協定の廃止の条項を確かめて、議会の議決を経る当事者をすべて選びます"
                "（双方が議決するもの、終わらせる側だけが議決して通告するものがあります）。",
            )
            self.fields["deciding"].required = True


class ResolutionForm(VersionedForm):
    """One party's way through its assembly; only the fields that are open now."""

    ordinance = forms.NullBooleanField(
        label="96条2項の条例",
        required=False,
        widget=forms.Select(choices=[("unknown", "未確認"), ("true", "あり"), ("false", "なし")]),
        help_text="協定の締結・変更・廃止を議決すべき事件と定める条例（地方自治法第96条第2項）の有無です。",
    )
    ordinance_name = forms.CharField(label="条例名", max_length=200, required=False)
    bill_no = forms.CharField(label="議案番号", max_length=40, required=False)
    submitted_on = DateField(label="提出日", required=False)
    result = forms.ChoiceField(label="結果", choices=Resolution.Result.choices, required=False)
    resolved_on = DateField(label="議決日", required=False)
    partner_noticed_on = DateField(label="相手方への通告日", required=False)
    public_notice_on = DateField(label="告示日", required=False)
    notified_on = DateField(label="届出日", required=False)

    def __init__(self, open_fields: tuple[str, ...], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in list(self.fields):
            if name != "version" and name not in open_fields:
                del self.fields[name]


class TextForm(VersionedForm):
    """The text of a draft; the articles in the plain notation."""

    preamble = forms.CharField(label="前文", required=False, widget=area(5))
    articles = forms.CharField(
        label="条文", required=False, widget=area(30), help_text=NOTATION_HELP, strip=False
    )
    closing = forms.CharField(label="後文", required=False, widget=area(4))
    annex_heading = forms.CharField(label="別表の見出し", max_length=120)
    change_note = forms.CharField(label="変更の理由", required=False, widget=area(2))

    def clean_articles(self) -> Any:
        try:
            return parse_articles(self.cleaned_data["articles"])
        except WrongInput as error:
            raise forms.ValidationError(f"{error.row}行目：{error.message}") from None

    @staticmethod
    def filled_from(version: AgreementVersion | None) -> dict[str, Any]:
        """The form's values for a version."""
        if version is None:
            return {"annex_heading": "別表"}
        return {
            "version": version.version,
            "preamble": version.preamble,
            "articles": format_articles(version.articles),
            "closing": version.closing,
            "annex_heading": version.annex_heading,
            "change_note": version.change_note,
        }


class AnnexForm(VersionedForm):
    """An annex item without its rows."""

    group = forms.CharField(
        label="政策分野の区分", max_length=120, required=False, help_text="例：生活機能の強化に係る政策分野"
    )
    field_label = forms.CharField(label="分野", max_length=120, help_text="別表に印刷する分野名です。")
    title = forms.CharField(label="取組", max_length=200)
    direction = forms.CharField(label="取組の方向性", required=False, widget=area(5))
    remarks = forms.CharField(label="備考", required=False, widget=area(3))

    def __init__(self, agreement: Agreement, *args: Any, keep: list[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["fields"] = boxes(
            field_choices(agreement.region, agreement.programme, keep),
            "政策分野",
            help_text="一覧表や集計に使う分野です。",
        )
        self.order_fields(["version", "group", "field_label", "fields", "title", "direction", "remarks"])

    @staticmethod
    def filled_from(item: AnnexItem) -> dict[str, Any]:
        """The form's values for an item."""
        names = ("version", "group", "field_label", "fields", "title", "direction", "remarks")
        return {name: getattr(item, name) for name in names}


class MeasureForm(forms.Form):
    """One measure; its key is kept through the versions."""

    key = forms.CharField(required=False, widget=forms.HiddenInput)
    text = forms.CharField(label="取組内容", required=False, widget=area(2))


class RoleForm(forms.Form):
    """Who does what for an annex item."""

    def __init__(self, *args: Any, parties: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["municipalities"] = boxes(parties, "市町")
        self.fields["items"] = LinesField(label="役割（1行に1つ）", required=False, rows=4)


class SignatoryForm(forms.Form):
    """One party's signatory."""

    municipality = forms.CharField(widget=forms.HiddenInput)
    address = forms.CharField(label="住所", max_length=200, required=False)
    title = forms.CharField(label="職", max_length=80, required=False)
    name = forms.CharField(label="氏名", max_length=80, required=False)


class NameForm(forms.Form):
    """A name of which the source had lost a part."""

    name = forms.CharField(label="氏名", max_length=80)
