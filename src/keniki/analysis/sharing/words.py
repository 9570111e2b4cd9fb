"""What cannot be shared, in words for officers: what is wrong, where, what to do."""

from __future__ import annotations

from typing import Final

from .games import GameError, Lack
from .rules import Problem, ShareError

#: What the steps of a split are called for people, by `Step.what`.
STEPS: Final[dict[str, str]] = {
    "cost": "経費",
    "deduct": "特定財源",
    "host": "所在市町村の負担",
    "fixed": "固定額",
    "component": "割",
    "round_component": "割ごとの端数処理",
    "limit": "上限・下限",
    "round": "端数処理",
}

_SAID: Final[dict[Problem, str]] = {
    Problem.WEIGHTS: "割合（weight）の合計が {found} です。100になるように直してください。",
    Problem.NEGATIVE_WEIGHT: "割合（weight）が負です。0以上にしてください。",
    Problem.TABLE: "固定割合の合計が {found} です。100になるように直してください。",
    Problem.HOST_PERCENT: "所在市町村の負担の割合は、0から100までにしてください。",
    Problem.COST: "経費が負です。0以上の円で指定してください。",
    Problem.TWICE: "同じ市町村が2回あります。1行にしてください。",
    Problem.NOBODY: "負担する市町村がありません。",
    Problem.UNKNOWN: "規則にある市町村が、基準の表にありません。",
    Problem.LEFT_OUT: "規則にある市町村が、負担しない市町村（exclude）にもなっています。",
    Problem.DEDUCTION: "特定財源「{found}」が負です。0以上にしてください。",
    Problem.DEDUCTIONS: "特定財源（{found}円）が経費を超えています。",
    Problem.FIXED: "固定額が負です。0以上にしてください。",
    Problem.FIXED_SUM: "固定額の合計が、負担すべき額を超えています。",
    Problem.TABLE_MEMBER: "固定割合があるのに、負担しない市町村になっています。",
    Problem.NONE_OF_IT: "基準の値が全て0のため、按分できません。値を確かめるか、別の基準にしてください。",
    Problem.NO_BASIS: "この基準の値がありません。基準の表に列を加えてください。",
    Problem.MISSING: "基準の値がありません。値を入れるか、その市町村を割から除いてください。",
    Problem.NEGATIVE: "基準の値が負です。0以上にしてください。",
    Problem.FLOOR: "下限が上限より大きくなっています。",
    Problem.LIMITS: "上限・下限を全て守ると、負担の合計が経費と合いません。上限・下限を見直してください。",
    Problem.REMAINDER: "端数処理により、端数を負担する市町村の額が負になります。単位を小さくしてください。",
    Problem.CLASS: "経費の区分「{found}」は、規則にありません。",
    Problem.NO_CLASS: "この規則には経費の区分があります。区分ごとの額（区分=円）を指定してください。",
    Problem.YEAR: "借入年度 {found} の率が、規則にありません。",
}


def said(error: ShareError) -> str:
    """The problem as a sentence; where it is (`town`, `basis`) stands in the error.

    >>> said(ShareError(Problem.WEIGHTS, found=90))
    '割合（weight）の合計が 90 です。100になるように直してください。'
    """
    return _SAID[error.problem].format(found=error.found)


_LACKS: Final[dict[Lack, str]] = {
    Lack.NOT_A_COST: "費用は0以上の数にしてください。",
    Lack.MISSING: "この組合せの費用がありません（ない組合せ {found}）。全ての組合せの費用を書いてください。",
    Lack.NOBODYS_COST: "だれもいない組合せの費用は0です。",
    Lack.COUNT: "値の数（{found}）が参加者の数と合いません。",
    Lack.NO_PLAYER: "参加者がいません。",
    Lack.TWICE: "同じ参加者が2回あります。",
    Lack.TOO_MANY: "参加者が多すぎます（この解は{found}まで）。",
    Lack.UNKNOWN: "参加者の一覧にない名前です。",
    Lack.EMPTY: "参加者のいない組合せがあります。",
    Lack.ALONE: "単独の費用（見積）がありません。",
    Lack.NO_DISTANCES: "距離の単価には、距離の表が要ります。",
    Lack.DISTANCES: "距離は0以上で、往復とも同じ、自分までは0にしてください。",
    Lack.FUNCTION: "{found} は0以上の数にしてください。",
    Lack.ORDERS: "並べ替えの回数は、4以上の偶数にしてください。",
    Lack.FREE: "費用が0の組合せがあるため、費用に比例した解は求められません。",
    Lack.UNSTABLE: "費用の大きさが違いすぎて、解を求められません。単位をそろえてください。",
    Lack.NOT_JUSTIFIED: "分離費用が、身替り費用・妥当支出を超えています。参加しない方が安い市町村があります。",
    Lack.NOTHING_REMAINS: "残余便益がないため、共同費を分けられません。",
    Lack.GAP: "この組合せの費用が、構成員の分離費用の合計より小さくなっています。",
    Lack.GAPS: "費用の差が足りないため、この解はありません。",
    Lack.NO_COST_ALONE: "単独の費用が全て0のため、比例して分けられません。",
    Lack.WEIGHTS: "重みは0以上で、少なくとも一つは0より大きくしてください。",
}


def said_of_game(error: GameError) -> str:
    """A game's problem as a sentence; whose cost it is (`coalition`) stands in the error.

    >>> said_of_game(GameError(Lack.ALONE, ["A"]))
    '単独の費用（見積）がありません。'
    """
    return _LACKS[error.lack].format(found=error.found)
