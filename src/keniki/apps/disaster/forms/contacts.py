"""The forms of contacts and turns of duty, and the contacts of a file."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from django import forms

from keniki.apps.regions.editing import VersionedForm
from keniki.apps.regions.fields import DayField, MomentField
from keniki.apps.regions.models import Municipality
from keniki.core import era
from keniki.core.csv_dialect import Record, read_table
from keniki.core.errors import WrongInput

from ..actions.contacts import SEALED, ContactDraft, DutyDraft
from ..models import Contact

#: The columns of a file of contacts, in their order.
COLUMNS: Final = (
    "市町村コード", "市町村", "団体・部署", "職名・窓口", "つながる時間", "かける順", *SEALED.values(), "確認した日",
    "備考",
)  # fmt: skip
_HOURS: Final = {label: value for value, label in Contact.Hours.choices}


class ContactForm(VersionedForm):
    """One contact."""

    town = forms.ChoiceField(label="市町村", required=False, help_text="市町村でない団体は、空欄にします。")
    body = forms.CharField(label="団体・部署", max_length=120, help_text="例：防災課、○○消防署、振興局")
    post = forms.CharField(label="職名・窓口", max_length=120, required=False)
    hours = forms.ChoiceField(label="つながる時間", choices=Contact.Hours.choices, initial="always")
    order = forms.IntegerField(label="かける順", min_value=1, max_value=999, initial=1)
    name = forms.CharField(label="氏名", max_length=80, required=False)
    phone = forms.CharField(label="電話", max_length=40, required=False)
    mobile = forms.CharField(label="携帯", max_length=40, required=False)
    fax = forms.CharField(label="FAX", max_length=40, required=False)
    email = forms.EmailField(label="メール", max_length=120, required=False)
    checked_on = DayField(label="確認した日", required=False)
    note = forms.CharField(label="備考", max_length=300, required=False)

    def __init__(self, *args: Any, towns: Mapping[str, Municipality], others: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.towns = towns
        named = [(code, town.name) for code, town in towns.items()]
        self.fields["town"].choices = [*([("", "（市町村でない団体）")] if others else []), *named]  # type: ignore[attr-defined]
        self.fields["town"].required = not others

    def draft(self) -> ContactDraft:
        data = self.cleaned_data
        return ContactDraft(
            body=data["body"],
            municipality=self.towns.get(data["town"]),
            post=data["post"],
            hours=data["hours"],
            order=data["order"],
            reach={key: data[key] for key in SEALED},
            checked_on=data["checked_on"],
            note=data["note"],
        )


def contact_initial(contact: Contact | None) -> dict[str, Any]:
    """The values a contact's form begins with."""
    if contact is None:
        return {}
    names = ("body", "post", "hours", "order", "checked_on", "note", "version")
    town = contact.municipality.code if contact.municipality else ""
    return {"town": town, **contact.sealed, **{name: getattr(contact, name) for name in names}}


class DutyForm(forms.Form):
    """A turn of duty."""

    contact = forms.ChoiceField(label="連絡先")
    begins = MomentField(label="開始")
    ends = MomentField(label="終了")
    role = forms.CharField(label="役割", max_length=80, required=False, help_text="例：当直、第1配備")

    def __init__(self, *args: Any, contacts: Mapping[str, Contact], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.contacts = contacts
        labels = [
            (key, f"{each.municipality.name if each.municipality else ''} {each} {each.name}".strip())
            for key, each in contacts.items()
        ]
        self.fields["contact"].choices = [("", "選んでください"), *labels]  # type: ignore[attr-defined]

    def draft(self) -> DutyDraft:
        data = self.cleaned_data
        return DutyDraft(data["begins"], data["ends"], data["role"])


class ContactFileForm(forms.Form):
    """A file of contacts."""

    file = forms.FileField(label="連絡先のCSV", widget=forms.FileInput(attrs={"accept": ".csv,text/csv"}))


def contacts_in(content: bytes, towns: Mapping[str, Municipality], file: str = "") -> list[ContactDraft]:
    """The contacts of a file with COLUMNS (UTF-8 or Shift_JIS). Raises `WrongInput` with row and column."""
    table = read_table(content, required=COLUMNS, file=file or None)
    rows = [each for each in table.records if any(each.cells.values())]
    if not rows:
        raise WrongInput(
            "ファイルに連絡先がありません。見出しの下に、1行に1つずつ入力してください。", file=file or None
        )
    return [_draft(each, towns) for each in rows]


def _draft(row: Record, towns: Mapping[str, Municipality]) -> ContactDraft:
    def wrong(column: str, message: str) -> WrongInput:
        return WrongInput(message, row=row.row, column=column)

    code = row.get("市町村コード", "")
    if code and code not in towns:
        raise wrong("市町村コード", f"「{code}」は、登録できる市町村のコード（6桁）ではありません。")
    hours = row.get("つながる時間") or Contact.Hours.ALWAYS.label
    if hours not in _HOURS:
        raise wrong("つながる時間", f"「{hours}」は、{'・'.join(_HOURS)}のどれでもありません。")
    order = row.get("かける順") or "1"
    if not (order.isdecimal() and 1 <= int(order) <= 999):
        raise wrong("かける順", f"「{order}」は、1から999までの数ではありません。")
    try:
        checked = era.parse_date(row["確認した日"]) if row.get("確認した日") else None
    except WrongInput as error:
        raise wrong("確認した日", error.message) from None
    return ContactDraft(
        body=row.get("団体・部署", ""),
        municipality=towns.get(code),
        post=row.get("職名・窓口", ""),
        hours=_HOURS[hours],
        order=int(order),
        reach={key: row.get(label, "") for key, label in SEALED.items()},
        checked_on=checked,
        note=row.get("備考", ""),
    )
