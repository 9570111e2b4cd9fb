"""What is wrong with the shape of a region's content, in Japanese and with its place."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from pydantic import ValidationError

from keniki.core.errors import WrongInput

from ..places import Places

_REASONS = {
    "missing": "この項目が必要です。",
    "extra_forbidden": "この項目はありません。つづりを確かめてください。",
    "string_type": "文字で書いてください（数字は引用符で囲みます）。",
    "string_too_short": "空にできません。",
    "string_too_long": "長すぎます（{max_length}文字まで）。",
    "string_pattern_mismatch": "形が正しくありません（{shape}）。",
    "int_type": "整数で書いてください。",
    "int_parsing": "整数で書いてください。",
    "int_parsing_size": "数が大きすぎます。",
    "int_from_float": "整数で書いてください。",
    "bool_type": "true か false で書いてください。",
    "bool_parsing": "true か false で書いてください。",
    "decimal_type": "数で書いてください。",
    "decimal_parsing": "数で書いてください。",
    "finite_number": "数で書いてください。",
    "date_type": "日付は 2020-10-09 の形で書いてください。",
    "date_parsing": "日付は 2020-10-09 の形で書いてください。",
    "date_from_datetime_parsing": "日付は 2020-10-09 の形で書いてください。",
    "date_from_datetime_inexact": "日付は 2020-10-09 の形で書いてください（時刻は付けません）。",
    "literal_error": "使える値のどれでもありません（{expected}）。",
    "list_type": "「- 」で始まる一覧にしてください。",
    "model_type": "「見出し: 値」の形にしてください。",
    "model_attributes_type": "「見出し: 値」の形にしてください。",
    "dict_type": "「見出し: 値」の形にしてください。",
    "too_short": "一つ以上必要です。",
    "greater_than_equal": "{ge} 以上にしてください。",
    "less_than_equal": "{le} 以下にしてください。",
}
_SHAPES = {
    r"^[0-9]{6}$": "6桁の数字",
    r"^[0-9]{2}$": "2桁の数字",
    r"^[0-9a-f]{64}$": "SHA-256 の16進64桁",
    r"^[a-z][a-z0-9_]*$": "半角の小文字で始まり、小文字・数字・_ だけ",
    r"^[a-z0-9]+(?:-[a-z0-9]+)*$": "半角の小文字・数字とハイフンだけ",
}


def explained(error: ValidationError, places: Places) -> WrongInput:
    """The first complaint, and how many more there are."""
    first = error.errors()[0]
    told: dict[str, Any] = dict(first.get("ctx", {}))
    told["expected"] = (
        str(told.get("expected", "")).replace(" or ", "、").replace(", ", "、").replace("'", "")
    )
    told["shape"] = _SHAPES.get(str(told.get("pattern")), "書式")
    reason = _REASONS.get(first["type"], "この項目に使えない値です。").format_map(told)
    given = "" if first["type"] == "missing" else f" 入っている値: {_shown(first['input'])}"
    others = f"（ほか{error.error_count() - 1}件）" if error.error_count() > 1 else ""
    return places.wrong(f"{reason}{given}{others}", first["loc"])


def _shown(value: Any) -> str:
    if value is None:
        return "なし"
    if isinstance(value, dict):
        return "見出しの集まり"
    if isinstance(value, list):
        return f"{len(value)}個の一覧"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, Decimal | int | date):
        words = str(value) if not isinstance(value, int) or value.bit_length() < 200 else "とても大きな整数"
        return words[:60]
    words = " ".join(str(value).split())
    return f"「{words[:60]}{'…' if len(words) > 60 else ''}」"
