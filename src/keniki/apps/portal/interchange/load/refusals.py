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
        "rests_on_resolutions",
        "すべての当事者の記録（条例・議案・可決・告示・届出）がそろわないと、その状態にできません。"
        "resolutions を確かめてください。",
    ),
    (
        "rests_on_decisions",
        "廃止を議決する当事者の記録がそろっていません。dissolutions を確かめるか、画面で記録してください。",
    ),
    (
        "evidence_stays",
        "協定の状態のもとになった議決等の記録は書き換えられません。ファイルを登録に合わせてください。",
    ),
    ("bound_parties", "案でなくなった協定の当事者は変えられません。ファイルを登録に合わせてください。"),
    ("bound_needs_parties", "締結・公表した協定には、当事者が必要です。parties を書いてください。"),
    (
        "concluded_means_signed",
        "署名者のいない当事者があるため、締結にできません。signatories を書いてください。",
    ),
    ("kind_stays", "登録済みの協定の種別と変更する協定は変えられません。ファイルを登録に合わせてください。"),
    ("open_text", "締結した協定に、確定していない版は加えられません。変更協定で変更してください。"),
    (
        "published_declaration",
        "公表した宣言は書き換えられません。ファイルを登録に合わせるか、変更するときは、新しい宣言を書いてください。",
    ),
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
    (
        "rule_answered_once",
        "規則への回答の期間が登録と重なっています。登録と同じ valid_from にするか、期間を分けてください。",
    ),
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
