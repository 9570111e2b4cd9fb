"""What the database refuses, in words for the person who wrote the file."""

from __future__ import annotations

from typing import Any

from django.db import DatabaseError

NOTHING = "何も保存していません。"

#: A piece of what the database says (a constraint, a trigger, its words) and what it means; the first that fits.
_MEANINGS = (
    ("is closed", "締め切った年度の記録が変わるため読み込めません。年度を再開してから読み込んでください。"),
    (
        "frozen_text",
        "確定した協定の本文は書き換えられません。変更は versions に次の number の版として書いてください。",
    ),
    ("entered_states_stay", "登録済みの協定の経過は書き換えられません。経過の続きを後ろに足してください。"),
    ("kept_content_stays", "保存済みのビジョンの版は書き換えられません。続きを後ろに足してください。"),
    (
        "state_moves",
        "登録済みの状態から、ファイルの状態へは移せません。"
        "画面で状態を進めるか、ファイルの state を登録に合わせてください。",
    ),
    (
        "resolved_means_passed",
        "すべての議会の可決がそろわないと議決にできません。resolutions を確かめてください。",
    ),
    ("dissolution_means_passed", "廃止の議決がそろっていません。画面で議決を記録してください。"),
    ("ended_means", "終了にできる手続きが記録されていません。画面で終了の手続きを記録してください。"),
    (
        "municipality_code_once_at_a_time",
        "同じ市町村コードの期間が登録と重なっています。valid_from と valid_to を確かめてください。",
    ),
    (
        "member_once_at_a_time",
        "構成市町の期間が登録と重なっています。登録と同じ valid_from にするか、期間を分けてください。",
    ),
    (
        "programme_once_at_a_time",
        "制度の期間が登録と重なっています。登録と同じ valid_from にするか、期間を分けてください。",
    ),
    ("fact_once_per_source", "同じ指標・時点・出典の値が二つになります。一つにしてください。"),
    ("nothing_done_is_said_once", "同じ取組・年度の「実績なし」が登録に既にあります。"),
    ("per_origin", "同じ origin の記録が登録に既にあります。"),
)


def explained(error: DatabaseError) -> str:
    """What the refusal means and what to do; nothing of the database's own words."""
    said: Any = getattr(error.__cause__, "diag", None)
    words = " ".join(
        str(part)
        for part in (
            error,
            getattr(said, "constraint_name", ""),
            getattr(said, "context", ""),
            getattr(said, "message_primary", ""),
        )
        if part
    )
    for piece, meaning in _MEANINGS:
        if piece in words:
            return f"{meaning}{NOTHING}"
    place = ".".join(
        part for part in (getattr(said, "table_name", None), getattr(said, "column_name", None)) if part
    )
    name = getattr(said, "constraint_name", None)
    hint = "、".join(part for part in (place, name) if part)
    return f"登録済みの記録と合わない値があります{f'（{hint}）' if hint else ''}。{NOTHING}"
