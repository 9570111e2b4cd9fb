"""The one look: colours, sizes and fonts that every renderer and chart takes from here.

Colours are the Digital Agency's design tokens (デジタル庁 design-tokens 1.1.9, MIT).
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Final

KEY: Final = "#115a36"
KEY_LIGHT: Final = "#c2e5d1"
KEY_PALE: Final = "#e6f5ec"
TEXT: Final = "#1a1a1a"
TEXT_SOFT: Final = "#333333"
MUTED: Final = "#767676"
LINE: Final = "#767676"
LINE_SOFT: Final = "#cccccc"
PALE: Final = "#f2f2f2"
ERROR: Final = "#ce0000"
WARNING: Final = "#927200"
WARNING_PALE: Final = "#fbf5e0"
WHITE: Final = "#ffffff"

# Chart series in the order they are used; every series also has its own shape and dash.
SERIES: Final = ("#0055ad", "#c74700", "#197a4b", "#5109ad", "#006f83", "#aa00aa")
SHAPES: Final = ("circle", "square", "triangle-up", "diamond", "cross", "triangle-down")
DASHES: Final = ((1, 0), (6, 3), (2, 2), (8, 3, 2, 3), (4, 4), (10, 4))

SANS: Final = "Noto Sans CJK JP"
SERIF: Final = "Noto Serif JP"
WORD_SANS: Final = "游ゴシック"
WORD_SERIF: Final = "游明朝"
WORD_LATIN_SANS: Final = "Yu Gothic"
WORD_LATIN_SERIF: Final = "Yu Mincho"
EXCEL_SANS: Final = "游ゴシック"

BODY_PT: Final = 10.5
TABLE_PT: Final = 10
SMALL_PT: Final = 9
HEADING_PT: Final = {1: 15.0, 2: 12.5, 3: 11.0}
COVER_PT: Final = {
    "region": 20.0,
    "title": 26.0,
    "period": 14.0,
    "date": 14.0,
    "parties": 13.0,
    "plain": 12.0,
}

FICTIONAL: Final = "架空のデータで作成した見本です（実在の団体・人物・計画とは関係ありません）"
EXERCISE_PALE: Final = "#ffd43d"
EXERCISE: Final = "【訓練】　訓練のために作成したものです。実際の災害ではありません　【訓練】"

PAGE_MM: Final = (210.0, 297.0)
MARGIN_MM: Final = {"top": 24.0, "bottom": 22.0, "left": 22.0, "right": 22.0}
COMPACT_MM: Final = {"top": 17.0, "bottom": 15.0, "left": 18.0, "right": 18.0}


@cache
def font_files() -> tuple[Path, ...]:
    """The bundled fonts: Noto Sans CJK JP regular and bold (SIL Open Font License), serif where installed."""
    import noto_cjk_sans_jp_bold
    import noto_cjk_sans_jp_regular

    files = [Path(str(package.FONT_PATH)) for package in (noto_cjk_sans_jp_regular, noto_cjk_sans_jp_bold)]
    try:
        import pylopdf_fonts_jp
    except ImportError:
        return tuple(files)
    return (*files, Path(pylopdf_fonts_jp.serif_path()))
