"""The heads of shelter files and which column says what; heads are compared by `head_key`."""

from __future__ import annotations

import unicodedata
from typing import Final

from .base import HAZARDS, Kind

#: 自治体標準オープンデータセット「指定緊急避難場所一覧」: the columns and their order are an interface.
STANDARD: Final = (
    "全国地方公共団体コード",
    "ID",
    "名称",
    "名称_カナ",
    "名称_英字",
    "所在地_全国地方公共団体コード",
    "町字ID",
    "所在地_連結表記",
    "所在地_都道府県",
    "所在地_市区町村",
    "所在地_町字",
    "所在地_番地以下",
    "建物名等(方書)",
    "緯度",
    "経度",
    "標高",
    "電話番号",
    "内線番号",
    "連絡先メールアドレス",
    "連絡先FormURL",
    "連絡先備考（その他、SNSなど）",
    "郵便番号",
    "市区町村コード",
    "地方公共団体名",
    *(f"災害種別_{words}" for words in HAZARDS.values()),
    "指定避難所との重複",
    "想定収容人数",
    "対象となる町会・自治会",
    "URL",
    "画像",
    "画像_ライセンス",
    "備考",
)
#: The parts of an address, for files whose 所在地_連結表記 is empty.
ADDRESS_PARTS: Final = ("所在地_都道府県", "所在地_市区町村", "所在地_町字", "所在地_番地以下")
#: Which of the 39 columns are written from which field.
WRITTEN_FROM: Final[dict[str, tuple[str, ...]]] = {
    "code": ("全国地方公共団体コード", "市区町村コード"),
    "local_id": ("ID",),
    "common_id": ("ID",),
    "name": ("名称",),
    "kana": ("名称_カナ",),
    "address": ("所在地_連結表記", *ADDRESS_PARTS),
    "latitude": ("緯度",),
    "longitude": ("経度",),
    "elevation": ("標高",),
    "contact": ("電話番号",),
    "town": ("地方公共団体名",),
    "hazards": tuple(f"災害種別_{words}" for words in HAZARDS.values()),
    "is_shelter": ("指定避難所との重複",),
    "stated_capacity": ("想定収容人数",),
    "communities": ("対象となる町会・自治会",),
    "note": ("備考",),
}

COMMON_ID: Final = "共通ID"
GSI_TOWN: Final = "都道府県名及び市町村名"
GSI_NAME: Final = "施設・場所名"
GSI_SITE_MARK: Final = "指定避難所との住所同一"
GSI_SHELTER_MARK: Final = "指定緊急避難場所との住所同一"
GSI_OTHER: Final = "その他市町村長が必要と認める事項"
GSI_TAKES: Final = "受入対象者"
#: GSI's files without a common ID (until 2022) name the town by this.
GSI_CODE: Final = "市町村コード"

#: Our own table: a row is a space; the shelter's cells stand in its first row or in each.
OWN_SHELTER: Final = (
    "団体コード",
    "市町村名",
    "共通ID",
    "避難所ID",
    "名称",
    "名称_カナ",
    "所在地",
    "緯度",
    "経度",
    "標高",
    "指定緊急避難場所",
    "指定避難所",
    "福祉避難所",
    *(f"災害種別_{words}" for words in HAZARDS.values()),
    "受入対象者",
    "想定収容人数",
    "対象となる町会・自治会",
    "電話番号",
    "備考",
)
OWN_SPACE: Final = (
    "スペース名",
    "スペースの種類",
    "面積（m²）",
    "個別に定めた人数",
    "暖房",
    "昼に使える",
    "夜に使える",
    "バリアフリー",
    "要配慮者の部屋",
    "スペースの備考",
)
OWN: Final = OWN_SHELTER + OWN_SPACE

#: Headings of the old 推奨データセット that have another name in the standard one.
RECOMMENDED: Final = {
    "都道府県コード又は市区町村コード": "市区町村コード",
    "NO": "ID",
    "都道府県名": "所在地_都道府県",
    "市区町村名": "所在地_市区町村",
    "住所": "所在地_連結表記",
    "方書": "建物名等(方書)",
    "指定避難所との住所同一": "指定避難所との重複",
    "名称_英語": "名称_英字",
}


def head_key(heading: str) -> str:
    """A heading under which commas, brackets and letters of any width are equal.

    >>> head_key("崖崩れ，土石流及び地滑り ") == head_key("崖崩れ、土石流及び地滑り")
    True
    >>> head_key("面積（m?）") == head_key("面積（㎡）") == head_key("面積（m²）")
    True
    """
    # CP932 has no ²: some programs write a question mark for it.
    folded = unicodedata.normalize("NFKC", heading).replace(",", "、").replace("ヶ", "ケ").replace("m?", "m2")
    return "".join(folded.split()).casefold()


KEYS: Final = {
    kind: {head_key(heading): heading for heading in headings}
    for kind, headings in {
        Kind.STANDARD: STANDARD,
        Kind.OWN: OWN,
        Kind.GSI_SITES: (
            "NO",
            COMMON_ID,
            GSI_CODE,
            GSI_TOWN,
            GSI_NAME,
            "住所",
            *HAZARDS.values(),
            GSI_SITE_MARK,
            "緯度",
            "経度",
            "備考",
        ),
        Kind.GSI_SHELTERS: (
            "NO",
            COMMON_ID,
            GSI_CODE,
            GSI_TOWN,
            GSI_NAME,
            "住所",
            GSI_SHELTER_MARK,
            GSI_OTHER,
            GSI_TAKES,
            "緯度",
            "経度",
            "備考",
        ),
        Kind.RECOMMENDED: (*STANDARD, *RECOMMENDED),
    }.items()
}


def kind_of(headings: list[str]) -> Kind | None:
    """Which file has this head, None for none that is known; a file's name or place says nothing.

    >>> kind_of(["NO", "共通ID", "施設・場所名", "住所", "洪水", "地震", "緯度", "経度"]).value
    'gsi_sites'
    """
    have = {head_key(heading) for heading in headings}

    def has(*wanted: str) -> bool:
        return all(head_key(heading) in have for heading in wanted)

    hazards = any(has(words) for words in HAZARDS.values())
    flags = any(has(f"災害種別_{words}") for words in HAZARDS.values())
    if has("名称", "スペース名"):
        return Kind.OWN
    if has(GSI_NAME) and (hazards or has(GSI_SITE_MARK)):
        return Kind.GSI_SITES
    if has(GSI_NAME) and (has(GSI_SHELTER_MARK) or has(GSI_TAKES) or has(GSI_OTHER)):
        return Kind.GSI_SHELTERS
    if has("名称", "全国地方公共団体コード") and (flags or has("指定避難所との重複")):
        return Kind.STANDARD
    old_code = has("市区町村コード") or has("都道府県コード又は市区町村コード")
    if has("名称") and old_code and (flags or has("指定避難所との住所同一")):
        return Kind.RECOMMENDED
    return None
