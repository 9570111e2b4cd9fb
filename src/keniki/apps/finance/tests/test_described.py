"""A rule in words: each field has its sentence, and two versions stand beside each other."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest

from keniki.apps.finance.sharing import spec_of
from keniki.apps.finance.sharing.described import described, differences, lines_of, summary
from keniki.apps.portal.testing import AOBA, HOSHINO, KAWAKITA

from .joint import RULE
from .test_rule_form import EVERYTHING

NAMES = {AOBA: "青葉市", KAWAKITA: "川北町", HOSHINO: "星野町"}
PLAIN: dict[str, Any] = {"name": "均等", "components": [{"basis": "equal", "weight": 100}]}


def said(content: dict[str, Any]) -> str:
    return "\n".join(lines_of(spec_of(content), NAMES))


def test_a_common_rule_reads_like_an_agreement() -> None:
    assert lines_of(spec_of(RULE), NAMES) == [
        "経費（その経費に充てる特定財源があるときは、差し引いた残り）の20％を均等に、"
        "80％を人口（住民基本台帳、前年9月30日現在）に応じて負担する。",
        "人口割：単位 人、住民基本台帳、前年9月30日現在",
        "1,000円未満の端数は切り捨て、切り捨てた額の合計は、切り捨てた額の大きい市町村から順に1,000円ずつ加える。",
        "なお残る1,000円未満の額は、その次の市町村に加える。",
        "負担金は、5月20日までに50％、11月20日までに50％を納める。",
        "納期が閉庁日に当たるときは、その直前の開庁日を納期とする。",
        "経費は、その20パーセントを均等に、80パーセントを人口に応じて負担する。",
    ]


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        (
            {"deductions": [{"name": "県補助金", "amount": 1_000_000}]},
            "特定財源として、県補助金 1,000,000円を経費から差し引く。",
        ),
        (
            {"deductions": [{"name": "国庫補助金", "percent": "33.30"}]},
            "特定財源として、国庫補助金（経費の33.3％、1円未満切捨て）を経費から差し引く。",
        ),
        (
            {"host": {"code": AOBA, "percent": 5}},
            "の5％を、施設の所在する青葉市が負担する。\n残りの全額を均等に負担する。",
        ),
        ({"fixed": {KAWAKITA: 300_000}}, "川北町は、300,000円を先に負担する。\n残りの全額を均等に負担する。"),
        ({"exclude": [HOSHINO]}, "星野町は、負担しない。"),
        (
            {"limits": {KAWAKITA: {"least": 0, "most": 500, "most_percent": 70}}},
            "川北町の負担額は、0円以上、500円以下、負担すべき総額の70％以下とする。\n上限又は下限により増減する額は",
        ),
        (
            {"components": [{"basis": "equal", "weight": 100, "exclude": [AOBA], "note": "基本割"}]},
            "の全額を均等に（青葉市を除く市町村で）（基本割）負担する。",
        ),
        (
            {"components": [{"basis": "table", "weight": 100, "table": {AOBA: "60.00", HOSHINO: 40}}]},
            "の全額を次の固定割合（青葉市 60％、星野町 40％）により負担する。",
        ),
        (
            {
                "bases": {
                    "calls": {
                        "label": "件数割",
                        "column": "n",
                        "unit": "件",
                        "source": "年報",
                        "as_of": "4月1日現在",
                        "period": "前年度",
                    }
                }
            },
            "件数割：単位 件、年報、4月1日現在、前年度、数値の表の列 n",
        ),
        (
            {"rounding": {"remainder": AOBA, "direction": "half_up"}},
            "1円未満の端数は四捨五入する。合計との差額は、青葉市が負担する。",
        ),
        ({"rounding": {"remainder": AOBA, "direction": "up"}}, "1円未満の端数は切り上げる。"),
        ({"rounding": {"direction": "up"}}, "端数は「切り上げる」と定めるが、この方法では切り捨てて配る。"),
        ({"rounding": {"each": "component"}}, "端数の処理は、割ごとに行い、最後に総額でも行う。"),
        (
            {
                "payment": {
                    "instalments": [{"month": 5, "day": 31}],
                    "above": 10,
                    "closed_days": "stay",
                    "notice_days": 20,
                }
            },
            "負担金は、5月31日までに納める。\n10円以下の負担金は、5月31日までに一括で納める。\n納期が閉庁日に当たるときは、納期は動かさない。\n納入通知書は、納期の20日前までに送る。",
        ),
        ({"payment": {"instalments": [{"month": 5, "day": 31}]}}, "その翌開庁日を納期とする。"),
        ({"clause": "第5条\n第6条"}, "第5条\n第6条"),
        ({"note": "3年で見直す。"}, "3年で見直す。"),
    ],
)
def test_every_field_has_its_sentence(changes: dict[str, Any], sentence: str) -> None:
    assert sentence in said({**PLAIN, **changes})
    assert sentence not in said(PLAIN)


def test_classes_of_cost_are_told_one_by_one() -> None:
    spec = spec_of(EVERYTHING)
    headings = [passage.heading for passage in described(spec, NAMES)]
    assert headings[:2] == ["負担の割合（運営費）", "負担の割合（公債費）"]
    lines = lines_of(spec, NAMES)
    assert "〔負担の割合（公債費）〕平成27年度の借入れ：青葉市 60％、川北町 40％" in lines
    assert "〔負担の割合（運営費）〕注：車両を含む。" in lines
    assert summary(spec).endswith("／公債費：借入年度の率")


def test_two_versions_stand_beside_each_other() -> None:
    new = deepcopy(RULE)
    new["components"] = [{"basis": "equal", "weight": 100}]
    del new["payment"]
    rows = {row.heading: row for row in differences(spec_of(RULE), spec_of(new), NAMES)}
    assert rows["負担の割合"].is_changed
    assert not rows["端数の扱い"].is_changed
    assert rows["納め方"].new == ()
    assert rows["納め方"].old[0].startswith("負担金は、5月20日までに")


def test_classes_with_the_same_label_stay_apart() -> None:
    part = {"label": "建設", "components": [{"basis": "equal", "weight": 100}]}
    spec = spec_of({"name": "二つ", "classes": {"a": part, "b": part}})
    assert [each.heading for each in described(spec)][:2] == [
        "負担の割合（建設・a）",
        "負担の割合（建設・b）",
    ]
