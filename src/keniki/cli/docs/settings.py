"""`docs/reference/settings.md` from the table of settings."""

from __future__ import annotations

from keniki.site.options import LEVELS, SETTINGS, Kind

from .tables import page as page_of
from .tables import table

_KINDS: dict[Kind, str] = {
    "text": "文字列",
    "flag": "1 か 0",
    "number": "0以上の整数",
    "list": "コンマ区切り",
    "level": "、".join(LEVELS),
    "origin": "URL",
    "engine": "local、processes、dask://…",
}


def page() -> str:
    """One table per group, in the order of the code."""
    groups = dict.fromkeys(setting.group for setting in SETTINGS)
    return page_of(
        "設定",
        "設定はすべて環境変数です。読めない値があると、どの変数をどう直すかを示して始まりません。"
        "`keniki doctor` が、既定値から変えたものを表示します。",
        *(
            part
            for group in groups
            for part in (
                f"## {group}",
                table(
                    ("環境変数", "値", "既定値", "意味"),
                    (
                        (
                            f"`{setting.name}`",
                            _KINDS[setting.kind],
                            f"`{setting.default}`" if setting.default else "",
                            setting.help_ja,
                        )
                        for setting in SETTINGS
                        if setting.group == group
                    ),
                ),
            )
        ),
    )
