"""General revenue as a CSV file: `municipality_code,initiative,general_revenue`, whole yen."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from keniki.apps.programmes.codes import six_digits
from keniki.apps.programmes.naming import Named, by_name
from keniki.core.csv_dialect import read_table
from keniki.core.digits import plain
from keniki.core.errors import WrongInput
from keniki.core.fiscal_year import FiscalYear
from keniki.core.text import search_key

from .allocation import Claim

COLUMNS = ("municipality_code", "initiative", "general_revenue")
LONGEST = 200


def read_claims(
    data: bytes,
    *,
    file: str,
    region: str,
    year: FiscalYear,
    members: Mapping[str, str],
    initiatives: Sequence[Named] = (),
) -> list[Claim]:
    """The claims of a file, all or none; `members` are the names of the members by code. WrongInput names the row.

    An initiative written as one of `initiatives` (its title, however typed, or its slug) is that one; any other name
    stays as it is written.
    """
    known = by_name(initiatives)
    table = read_table(data, file=file, required=COLUMNS)
    if not table.records:
        raise WrongInput("データの行がありません。市町村ごとの一般財源を入力してください。", file=file)
    claims: list[Claim] = []
    seen: dict[tuple[str, str], int] = {}
    for row in table.records:
        try:
            code = six_digits(row["municipality_code"])
        except WrongInput as error:
            raise WrongInput(str(error), file=file, row=row.row, column="municipality_code") from error
        if code not in members:
            raise WrongInput(
                f"{code} はこの年度の構成市町村ではありません。",
                file=file,
                row=row.row,
                column="municipality_code",
            )
        initiative = row["initiative"].strip()
        if not initiative:
            raise WrongInput("取組を入力してください。", file=file, row=row.row, column="initiative")
        if len(initiative) > LONGEST or "\0" in initiative:
            raise WrongInput(
                f"取組は{LONGEST}字以内で入力してください。", file=file, row=row.row, column="initiative"
            )
        named = known.get(search_key(initiative))
        key = named.slug if named is not None else f" {search_key(initiative)}"
        if (code, key) in seen:
            raise WrongInput(
                f"{members[code]}の「{initiative}」は {seen[code, key]}行目にもあります。"
                "1行にまとめてください。",
                file=file,
                row=row.row,
                column="initiative",
            )
        seen[code, key] = row.row
        yen = _yen(row["general_revenue"], file, row.row)
        slug = named.slug if named is not None else ""
        claims.append(Claim(region, code, initiative, year, yen, initiative_slug=slug))
    return claims


def _yen(typed: str, file: str, row: int) -> int:
    """A whole amount of yen, with or without thousands commas in their places."""
    text = plain(typed).strip().replace("，", ",")
    if not re.fullmatch(r"\d{1,15}|\d{1,3}(,\d{3}){1,4}", text):
        raise WrongInput(
            f"一般財源「{typed}」は、0以上の円の整数ではありません。桁区切りのコンマは3桁ごとに入れてください。",
            file=file,
            row=row,
            column="general_revenue",
        )
    return int(text.replace(",", ""))
