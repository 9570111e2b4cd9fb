"""The list of a town as a file: read with the town's own headings, written with ours."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final

from django import forms

from keniki.apps.regions.policies import today
from keniki.core import era
from keniki.core.csv_dialect import CsvTable, Record, read_table, unguard_formula, write_csv
from keniki.core.errors import WrongInput
from keniki.core.text import search_key
from keniki.rulebooks.disaster.support import reasons

from ...actions.support.people import LENGTHS, SEXES, PersonDraft
from ...models import Consent, District, SupportPerson

#: Our columns, with the field each of them fills.
COLUMNS: Final = {
    "市町村の番号": "own_id", "氏名": "name", "氏名カナ": "kana", "生年月日": "birth", "性別": "sex", "住所": "address",
    "地区": "district", "電話番号": "phone", "緊急連絡先": "contact", "支援を要する事由": "reasons",
    "家族・同居の状況": "family", "必要な支援": "needs", "備考": "note", "平時の提供への同意": "consent",
    "同意を確認した日": "consent_on", "名簿に載せた日": "listed_on",
}  # fmt: skip
NEEDED: Final = ("氏名", "住所", "支援を要する事由")
_SEPARATORS: Final = "、・,;／/　"
_CONSENTS: Final = {
    "": Consent.UNKNOWN, "未確認": Consent.UNKNOWN, "同意": Consent.GIVEN, "あり": Consent.GIVEN, "有": Consent.GIVEN,
    "1": Consent.GIVEN, "○": Consent.GIVEN, "不同意": Consent.REFUSED, "なし": Consent.REFUSED, "無": Consent.REFUSED,
    "0": Consent.REFUSED, "×": Consent.REFUSED,
}  # fmt: skip
_MAX_BYTES: Final = 20_000_000


class PeopleFileForm(forms.Form):
    """A file of the list, and which of its headings stands for which of ours where they differ."""

    file = forms.FileField(label="名簿のCSV", widget=forms.FileInput(attrs={"accept": ".csv"}))
    mapping = forms.CharField(
        label="見出しの対応",
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text="ファイルの見出しが違うときだけ、1行に1つ「ファイルの見出し＝この画面の見出し」と書きます。"
        "例：世帯員氏名＝氏名",
    )

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        if file.size > _MAX_BYTES:
            raise forms.ValidationError("ファイルが大きすぎます（上限20 MB）。")
        return file

    def clean_mapping(self) -> dict[str, str]:
        found: dict[str, str] = {}
        for number, line in enumerate(self.cleaned_data["mapping"].splitlines(), start=1):
            if not line.strip():
                continue
            theirs, _, ours = (part.strip() for part in line.replace("=", "＝").partition("＝"))
            if not theirs or ours not in COLUMNS:
                raise forms.ValidationError(
                    f"{number}行目：「ファイルの見出し＝この画面の見出し」の形で書いてください。"
                )
            if ours in found.values():
                raise forms.ValidationError(f"{number}行目：「{ours}」に対応する見出しが2つあります。")
            found[theirs] = ours
        return found


def people_in(
    data: bytes, name: str, mapping: Mapping[str, str], districts: Sequence[District]
) -> list[PersonDraft]:
    """The persons of a CSV. WrongInput names the row and the column of the first cell that cannot be."""
    table = _renamed(read_table(data, file=name), mapping, name)
    by_name = {search_key(each.name): each for each in districts} | {
        search_key(each.code): each for each in districts if each.code
    }
    return [_draft(each, by_name, name) for each in table.records if any(each.cells.values())]


def file_of(people: Sequence[SupportPerson]) -> bytes:
    """A town's list with our columns: personal data, to be kept as such. The town's own numbers are not kept here."""
    words = reasons(today())
    rows: list[Sequence[str]] = [("名簿の番号", *(column for column in COLUMNS if column != "市町村の番号"))]
    for each in people:
        sealed = each.sealed or {}
        told = {
            **{name: sealed.get(name, "") for name in COLUMNS.values()},
            "sex": SEXES.get(sealed.get("sex", ""), ""),
            "district": each.district.name if each.district else "",
            "reasons": "、".join(words.get(key, key) for key in sealed.get("reasons", [])),
            "consent": each.get_consent_display(),
            "consent_on": each.consent_on.isoformat() if each.consent_on else "",
            "listed_on": each.listed_on.isoformat(),
        }
        rows.append((str(each.number), *(told[name] for name in COLUMNS.values() if name != "own_id")))
    return write_csv(rows).data


def _renamed(table: CsvTable, mapping: Mapping[str, str], name: str) -> CsvTable:
    for theirs in mapping:
        if theirs not in table.headings:
            raise WrongInput(
                f"見出し「{theirs}」の列がファイルにありません。見出し：{'、'.join(table.headings)[:200]}",
                file=name,
                row=1,
            )
    headings = [mapping.get(heading, heading) for heading in table.headings]
    for needed in NEEDED:
        if needed not in headings:
            raise WrongInput(
                f"見出し「{needed}」の列がありません。「見出しの対応」で、どの列かを示してください。"
                f"見出し：{'、'.join(table.headings)[:200]}",
                file=name,
                row=1,
                column=needed,
            )
    if doubled := next((each for each in headings if each in COLUMNS and headings.count(each) > 1), ""):
        raise WrongInput(f"「{doubled}」に当たる列が2つあります。", file=name, row=1, column=doubled)
    records = [
        Record(
            each.row,
            {mapping.get(key, key): unguard_formula(text).strip() for key, text in each.cells.items()},
        )
        for each in table.records
    ]
    return CsvTable(headings, records, table.encoding)


def _draft(record: Record, districts: Mapping[str, District], name: str) -> PersonDraft:
    told = {field: record.get(column) for column, field in COLUMNS.items()}

    def wrong(field: str, message: str) -> WrongInput:
        column = next(key for key, value in COLUMNS.items() if value == field)
        return WrongInput(message, file=name, row=record.row, column=column)

    for field, most in LENGTHS.items():
        if len(told[field]) > most:
            raise wrong(field, f"{most}文字までにしてください。")
    for field in ("name", "address"):
        if not told[field]:
            raise wrong(field, "空欄です。入力してください。")
    days: dict[str, date | None] = {}
    for field in ("birth", "consent_on", "listed_on"):
        try:
            days[field] = era.parse_date(told[field]) if told[field] else None
        except WrongInput as error:
            raise wrong(field, error.message) from None
        day = days[field]
        if day is not None and not date(1880, 1, 1) <= day <= today():
            raise wrong(field, "1880年から今日までの日にしてください。")
    sexes = {label: key for key, label in SEXES.items()}
    if told["sex"] not in sexes:
        raise wrong("sex", f"「{told['sex'][:20]}」は、男・女・その他・回答しない のどれでもありません。")
    if told["consent"] not in _CONSENTS:
        raise wrong("consent", f"「{told['consent'][:20]}」は、同意・不同意・未確認 のどれでもありません。")
    if _CONSENTS[told["consent"]] != Consent.UNKNOWN and days["consent_on"] is None:
        raise wrong("consent_on", "同意・不同意を確認した日を入力してください。")
    known = {search_key(label): key for key, label in reasons(today()).items()}
    parts = told["reasons"]
    for mark in _SEPARATORS:
        parts = parts.replace(mark, "、")
    words = [search_key(part) for part in parts.split("、") if part.strip()]
    if told["reasons"] and search_key(told["reasons"]) in known:
        words = [search_key(told["reasons"])]
    if not words or any(word not in known for word in words):
        labels = "、".join(reasons(today()).values())
        raise wrong("reasons", f"「{told['reasons'][:40]}」は使えません。使える言葉：{labels}")
    district = districts.get(search_key(told["district"])) if told["district"] else None
    if told["district"] and district is None:
        raise wrong("district", f"地区「{told['district'][:40]}」は登録されていません。")
    texts = ("name", "kana", "address", "phone", "contact", "family", "needs", "note", "own_id")
    return PersonDraft(
        district=district,
        sex=sexes[told["sex"]],
        reasons=tuple(known[word] for word in words),
        consent=_CONSENTS[told["consent"]],
        birth=days["birth"],
        consent_on=days["consent_on"],
        listed_on=days["listed_on"],
        row=record.row,
        **{field: told[field] for field in texts},
    )
