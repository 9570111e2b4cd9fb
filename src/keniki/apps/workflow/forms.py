"""Forms of comments, files, due items and inquiries."""

from __future__ import annotations

from typing import Any

from django import forms

from keniki.apps.regions.forms import day
from keniki.apps.regions.models import Organisation

from . import uploads
from .models import Approval


class CommentForm(forms.Form):
    text = forms.CharField(label="コメント", widget=forms.Textarea(attrs={"rows": 4}), max_length=4000)
    place = forms.CharField(label="箇所", max_length=160, required=False, help_text="例：2 事業概要の3行目")


class FileForm(forms.Form):
    file = forms.FileField(
        label="ファイル",
        help_text=f"{uploads.WORDS}。",
        widget=forms.FileInput(attrs={"accept": uploads.ACCEPT}),
    )


class DueForm(forms.Form):
    """A due item for some or all organisations."""

    title = forms.CharField(label="件名", max_length=200, help_text="例：令和7年度の活動実績の入力")
    text = forms.CharField(label="内容", required=False, widget=forms.Textarea(attrs={"rows": 3}))
    due_on = day("期限")
    remind_days = forms.IntegerField(label="何日前に知らせるか", initial=7, min_value=0, max_value=60)
    organisations = forms.ModelMultipleChoiceField(
        label="宛先", queryset=Organisation.objects.none(), widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, *args: Any, bodies: list[Organisation], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["organisations"]
        field.queryset = Organisation.objects.filter(pk__in=[body.pk for body in bodies])
        field.choices = [(body.pk, f"{body.name} {body.department}".strip()) for body in bodies]


class ChangeDueForm(forms.Form):
    title = forms.CharField(label="件名", max_length=200)
    text = forms.CharField(label="内容", required=False, widget=forms.Textarea(attrs={"rows": 3}))
    due_on = day("期限")
    remind_days = forms.IntegerField(label="何日前に知らせるか", min_value=0, max_value=60)


class DecisionForm(forms.Form):
    """A town's decision as it stands in the town's own paper."""

    answer = forms.ChoiceField(label="回答", choices=Approval.Answer.choices, widget=forms.RadioSelect)
    decided_on = day("機関決定日", help="その団体で決裁が終わった日。")
    decision_kind = forms.ChoiceField(
        label="決裁区分", choices=[("", "選んでください"), *Approval.DecisionKind.choices]
    )
    document_no = forms.CharField(label="文書番号", max_length=80, help_text="回答文書の番号。例：企第123号")
    remarks = forms.CharField(
        label="意見",
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text="「意見あり」「同意しない」のときは必ず入力してください。",
    )
    reply = forms.FileField(
        label="回答文書",
        required=False,
        help_text=f"{uploads.WORDS}。",
        widget=forms.FileInput(attrs={"accept": uploads.ACCEPT}),
    )

    def __init__(self, *args: Any, on_behalf_of: str = "", has_reply: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if on_behalf_of:
            self.fields["reply"].required = not has_reply
            self.fields[
                "reply"
            ].help_text = f"代理入力のため、{on_behalf_of}から届いた文書が必要です。{uploads.WORDS}。"


class AskForm(forms.Form):
    """An inquiry about the present version of a record."""

    title = forms.CharField(label="件名", max_length=200)
    label = forms.CharField(label="版の名前", max_length=80, help_text="例：照会版、素案 第2版")
    due_on = day("回答期限")
