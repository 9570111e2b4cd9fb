"""The form of a rule: every field of a rule goes through it unchanged, mistakes are told where they stand."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.forms import BooleanField, MultipleChoiceField
from django.http import QueryDict
from hypothesis import given, settings
from hypothesis import strategies as st

from keniki.apps.finance.forms.rule_fields import KNOWN_BASES, key_for, read_years
from keniki.apps.finance.forms.rules import RuleForm, blank_form, filled_form
from keniki.apps.finance.queries.rules import read_rule, written_rule
from keniki.apps.finance.sharing import canonical, digest_of, spec_of
from keniki.apps.finance.sharing.places import own_part, settled
from keniki.apps.portal.testing import AOBA, HOSHINO, KAWAKITA
from keniki.apps.regions.models import Municipality
from keniki.core.errors import WrongInput
from keniki.rulebooks.sharing import published_rules

TOWNS = [
    Municipality(code=AOBA, name="青葉市"),
    Municipality(code=KAWAKITA, name="川北町"),
    Municipality(code=HOSHINO, name="星野町"),
]
CODES = [town.code for town in TOWNS]
FACTS: dict[str, Any] = {"towns": TOWNS, "years": [2024, 2025, 2026]}

#: A rule that uses every field there is.
EVERYTHING: dict[str, Any] = {
    "name": "消防の負担割合",
    "clause": "第5条　経費は、別表により負担する。\n2　納期は、別に定める。",
    "note": "別表の見直しは3年ごと。",
    "bases": {
        "population": {
            "label": "人口割",
            "unit": "人",
            "source": "住民基本台帳",
            "as_of": "前年9月30日",
            "column": "people",
        },
        "calls": {"label": "出動件数割", "unit": "件", "period": "前々年度"},
    },
    "classes": {
        "running": {
            "label": "運営費",
            "note": "車両を含む。",
            "components": [
                {"basis": "equal", "weight": "20.5", "exclude": [HOSHINO], "note": "基本割"},
                {"basis": "population", "weight": "60"},
                {"basis": "calls", "weight": "9.5", "exclude": [AOBA]},
                {"basis": "table", "weight": "10", "table": {AOBA: "60.00", KAWAKITA: "40", HOSHINO: "0"}},
            ],
            "deductions": [
                {"name": "県補助金", "amount": 1_000_000},
                {"name": "国庫補助金", "percent": "33.3"},
            ],
            "host": {"code": AOBA, "percent": "5"},
            "fixed": {KAWAKITA: 300_000},
            "limits": {KAWAKITA: {"least": 0, "most": 9_000_000}, AOBA: {"most_percent": "70"}},
        },
        "debt": {
            "label": "公債費",
            "by_year": {"2015": {AOBA: "60", KAWAKITA: "40"}, "2016": {AOBA: "55.5", HOSHINO: "44.5"}},
            "exclude": [],
        },
    },
    "rounding": {"unit": 1000, "remainder": AOBA, "direction": "half_up", "each": "component"},
    "payment": {
        "instalments": [{"month": 5, "day": 20, "percent": "50"}, {"month": 11, "day": 20, "percent": "50"}],
        "above": 100_000,
        "closed_days": "previous",
        "notice_days": 0,
    },
}


def posted(form: RuleForm, **changes: Any) -> QueryDict:
    """What a browser sends of a form as it stands."""
    data = QueryDict(mutable=True)
    for bound in form:
        value = bound.value()
        if isinstance(value, list):
            data.setlist(bound.html_name, value)
        elif not isinstance(bound.field, MultipleChoiceField | BooleanField):
            prepared = bound.field.prepare_value(value)
            data[bound.html_name] = str("" if prepared is None else prepared).replace("\n", "\r\n")
    for name, value in changes.items():
        data[name] = value
    return data


def through(content: Any) -> RuleForm:
    """The form filled with a rule, sent as it is."""
    opened = filled_form(content, initial={"first_year": 2024}, **FACTS)
    return RuleForm(posted(opened), **FACTS)


def typed(**values: Any) -> RuleForm:
    """A new rule with some fields filled in; `_` stands for the hyphens of their names."""
    data = posted(blank_form(initial={"first_year": 2024}, **FACTS))
    data.update({name.replace("__", "-"): value for name, value in values.items()})
    return RuleForm(data, **FACTS)


def test_a_common_rule_takes_two_numbers() -> None:
    form = typed(p0__c0__weight="20", p0__c1__weight="80")
    assert form.is_valid(), form.errors
    assert form.spec is not None
    assert form.spec.name == "均等割20・人口割80"
    assert canonical(form.spec)["components"] == [
        {"basis": "equal", "weight": "20"},
        {"basis": "population", "weight": "80"},
    ]
    assert canonical(form.spec)["bases"] == {"population": KNOWN_BASES["population"]}


def test_every_field_goes_through_the_form_unchanged() -> None:
    form = through(canonical(spec_of(EVERYTHING)))
    assert form.is_valid(), form.errors
    assert form.spec is not None
    assert canonical(form.spec) == canonical(settled(spec_of(EVERYTHING), CODES))


def test_published_rules_go_through_without_the_codes_of_others() -> None:
    """A fixed table or amount of other bodies is taken out and named; all else stays as published."""
    for rule in published_rules():
        own, gone = own_part(canonical(rule.value.rule), CODES)
        form = through(own)
        if any("table" in str(line) or "固定割合" in line for line in gone):
            assert "p0-c0-basis" in form.errors
        else:
            assert form.is_valid(), (rule.id, form.errors)
            assert form.spec is not None
            assert digest_of(canonical(form.spec)) == digest_of(own)


words = (
    st.text(alphabet="青葉川北割均等人口abcXYZ 「」％・", min_size=1, max_size=12).map(str.strip).filter(bool)
)
keys = st.from_regex(r"[a-z][a-z0-9_]{0,7}", fullmatch=True).filter(lambda key: key not in ("equal", "table"))
percents = st.decimals(0, 100, places=2, allow_nan=False)
yen = st.integers(0, 10**12)


def hundred(number: int) -> st.SearchStrategy[list[str]]:
    """So many per cents that add up to 100."""
    cuts = st.lists(st.integers(0, 10_000), min_size=number - 1, max_size=number - 1).map(sorted)
    return cuts.map(
        lambda at: [str(Decimal(b - a) / 100) for a, b in zip([0, *at], [*at, 10_000], strict=True)]
    )


@st.composite
def tables(draw: Any) -> dict[str, str]:
    codes = draw(st.lists(st.sampled_from(CODES), min_size=1, unique=True))
    return dict(zip(codes, draw(hundred(len(codes))), strict=True))


@st.composite
def components(draw: Any, bases: list[str]) -> list[dict[str, Any]]:
    found = []
    for weight in draw(st.integers(1, 4).flatmap(hundred)):
        basis = draw(st.sampled_from(["equal", "table", *bases]))
        each: dict[str, Any] = {"basis": basis, "weight": weight}
        if basis == "table":
            each["table"] = draw(tables())
        each["exclude"] = [code for code in CODES if draw(st.booleans())]
        each["note"] = draw(st.just("") | words)
        found.append(each)
    return found


@st.composite
def parts(draw: Any, bases: list[str], by_year: bool) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if by_year and draw(st.booleans()):
        years = draw(st.lists(st.integers(1950, 2100), min_size=1, max_size=3, unique=True))
        found["by_year"] = {year: draw(tables()) for year in years}
    else:
        found["components"] = draw(components(bases))
    amounts = st.one_of(
        st.fixed_dictionaries({"name": words, "amount": st.integers(1, 10**12)}),
        st.fixed_dictionaries({"name": words, "percent": st.decimals(Decimal("0.01"), 100, places=2)}),
    )
    found["deductions"] = draw(st.lists(amounts, max_size=3))
    found["host"] = draw(
        st.none() | st.fixed_dictionaries({"code": st.sampled_from(CODES), "percent": percents})
    )
    found["fixed"] = draw(st.dictionaries(st.sampled_from(CODES), yen))
    found["exclude"] = [code for code in CODES if draw(st.booleans())]
    limit = st.fixed_dictionaries(
        {},
        optional={
            "least": st.integers(0, 10**6),
            "most": st.integers(10**6, 10**12),
            "most_percent": percents,
        },
    )
    found["limits"] = draw(st.dictionaries(st.sampled_from(CODES), limit))
    return found


@st.composite
def rules(draw: Any) -> dict[str, Any]:
    basis = st.fixed_dictionaries(
        {
            "label": words,
            "unit": st.just("") | words,
            "source": st.just("") | words,
            "as_of": st.just("") | words,
            "period": st.just("") | words,
            "column": st.just("") | words,
        }
    )
    bases = draw(st.dictionaries(keys, basis, max_size=4))
    found: dict[str, Any] = {
        "name": draw(words),
        "clause": draw(st.just("") | words),
        "note": draw(st.just("") | words),
    }
    found["bases"] = bases
    if draw(st.booleans()):
        found |= draw(parts(list(bases), by_year=False))
    else:
        named = draw(st.lists(keys, min_size=1, max_size=3, unique=True))
        found["classes"] = {
            key: {
                **draw(parts(list(bases), by_year=True)),
                "label": draw(st.just("") | words),
                "note": draw(st.just("") | words),
            }
            for key in named
        }
    found["rounding"] = {
        "unit": draw(st.integers(1, 10**6)),
        "remainder": draw(st.sampled_from(["largest", *CODES])),
        "direction": draw(st.sampled_from(["down", "half_up", "up"])),
        "each": draw(st.sampled_from(["total", "component"])),
    }
    if draw(st.booleans()):
        months = sorted(
            draw(st.lists(st.integers(1, 12), min_size=1, max_size=4, unique=True)),
            key=lambda m: (m - 4) % 12,
        )
        parts_of = draw(hundred(len(months)).filter(lambda each: all(Decimal(value) for value in each)))
        found["payment"] = {
            "instalments": [
                {"month": month, "day": draw(st.integers(1, 28)), "percent": part}
                for month, part in zip(months, parts_of, strict=True)
            ],
            "above": draw(yen),
            "closed_days": draw(st.sampled_from(["next", "previous", "stay"])),
            "notice_days": draw(st.none() | st.integers(0, 365)),
        }
    return found


@pytest.mark.slow
@settings(max_examples=120, deadline=None)
@given(rules())
def test_any_rule_goes_through_form_and_file_unchanged(content: dict[str, Any]) -> None:
    spec = settled(spec_of(content), CODES)
    form = through(canonical(spec))
    assert form.is_valid(), form.errors
    assert form.spec is not None
    assert digest_of(canonical(form.spec)) == digest_of(canonical(spec))
    assert read_rule(written_rule(spec).encode(), "rule.yaml") == spec


@pytest.mark.parametrize(
    ("values", "field", "said"),
    [
        (
            {"p0__c0__weight": "20", "p0__c1__weight": "70"},
            "p0-c1-weight",
            "割合の合計が90％です。100％にしてください。",
        ),
        ({"p0__c0__weight": "120"}, "p0-c0-weight", "0から100までの割合（％）を入力してください。"),
        ({"p0__c0__weight": "たくさん"}, "p0-c0-weight", "「たくさん」は0以上の数ではありません。"),
        ({}, "p0-c0-weight", "割合（％）を入力してください。合計を100％にします。"),
        (
            {"p0__c0__weight": "100", "p0__c0__basis": "患者数割"},
            "p0-c0-basis",
            "「患者数割」という基準がありません。",
        ),
        (
            {"p0__c0__weight": "100", "p0__c0__basis": "固定割合"},
            "p0-c0-basis",
            "市町村ごとの固定割合を入力してください。",
        ),
        ({"p0__c0__weight": "100", "p0__host": AOBA}, "p0-host_percent", "割合を入力してください。"),
        (
            {"p0__c0__weight": "100", "p0__d0__name": "補助金"},
            "p0-d0-amount",
            "どちらか一つを入力してください。",
        ),
        ({"p0__c0__weight": "100", "p0__x0__most": "1"}, "p0-x0-town", "市町村を選んでください。"),
        (
            {"p0__c0__weight": "100", "p0__x0__town": AOBA, "p0__x0__most": "1", "p0__x0__least": "2"},
            "p0-x0-most",
            "上限が下限より小さくなっています。",
        ),
        (
            {"p0__c0__weight": "100", "i0__month": "2", "i0__day": "30"},
            "i0-day",
            "2月30日という日はありません。",
        ),
        (
            {"p0__c0__weight": "100", "i0__month": "5", "i0__day": "20", "i0__percent": "40"},
            "i0-percent",
            "の合計が 40 です。",
        ),
        ({"p0__c0__weight": "100", "above": "10万円"}, "i0-month", "納期（月・日）を入力してください。"),
        ({"p0__c0__weight": "100", "unit": "0"}, "unit", "小さすぎます"),
        ({"p0__c0__weight": "100", "b0__unit": "人"}, "b0-label", "基準の名称を入力してください。"),
        ({"p0__c0__weight": "100", "b0__label": "あ", "b0__key": "1a"}, "b0-key", "英字で始まる"),
        ({"p0__c0__weight": "100", "last_year": ""}, "", ""),
        ({"p0__c0__weight": "100", "first_year": "2026", "last_year": "2024"}, "last_year", "最初の年度以後"),
        (
            {"p0__c0__weight": "100", "p0__years": "借入年度,青葉市\n2015,90"},
            "p0-years",
            "2行目：率の合計が90％です。",
        ),
    ],
)
def test_a_mistake_is_told_where_it_stands(values: dict[str, str], field: str, said: str) -> None:
    form = typed(**values)
    if not field:
        assert form.is_valid(), form.errors
        return
    assert not form.is_valid()
    assert field in form.errors, form.errors
    assert said in " ".join(form.errors[field])


@pytest.mark.slow
def test_more_rows_than_are_read_are_refused_and_not_dropped() -> None:
    content = {
        **EVERYTHING,
        "classes": {
            f"c{n}": {"label": str(n), "components": [{"basis": "equal", "weight": 100}]} for n in range(61)
        },
    }
    form = through(canonical(spec_of(content)))
    assert not form.is_valid()
    assert "行が多すぎます（60行まで）" in str(form.non_field_errors())


def test_a_basis_is_chosen_by_key_or_label_of_the_rule_before_the_known_ones() -> None:
    own = {"people": {"label": "人口割"}}
    assert key_for("人口割", own) == "people"
    assert key_for("人口割", {}) == "population"
    assert key_for("均等割", {"equal_share": {"label": "均等割"}}) == "equal_share"
    assert key_for("何か", own) is None


def test_ratios_by_year_are_pasted_from_a_spreadsheet() -> None:
    pasted = f"年度\t青葉市\t{KAWAKITA}\nH27\t60％\t４０\n平成28年度\t\t100\n"
    assert read_years(pasted, TOWNS) == {
        "2015": {AOBA: Decimal(60), KAWAKITA: Decimal(40)},
        "2016": {KAWAKITA: Decimal(100)},
    }
    for wrong, said in (
        ("年度 青葉市 青葉市\n2015 60 40", "市町村名を1回ずつ"),
        ("年度 港南市\n2015 100", "「港南市」は、この共同経費を負担する市町村ではありません。"),
        ("年度 青葉市\nいつか 100", "「いつか」を年度として読めません。"),
        ("年度 青葉市\n2015 100\nH27 100", "2015年度が2回あります。"),
        ("年度 青葉市", "2行目から"),
    ):
        with pytest.raises(WrongInput, match=said):
            read_years(wrong, TOWNS)


def test_codes_are_kept_with_six_digits_and_once() -> None:
    five = AOBA[:5]
    content = {
        "name": "固定",
        "fixed": {five: 5},
        "components": [{"basis": "equal", "weight": 100, "exclude": [HOSHINO, five, AOBA]}],
    }
    spec = settled(spec_of(content), CODES)
    assert spec.fixed == {AOBA: 5}
    assert spec.components[0].exclude == (AOBA, HOSHINO)
    with pytest.raises(WrongInput, match="2回あります"):
        settled(spec_of({**content, "fixed": {five: 5, AOBA: 6}}))
    with pytest.raises(WrongInput, match="団体コードではありません"):
        settled(spec_of({**content, "fixed": {"A": 5}}))


def test_a_file_names_what_is_wrong_with_it() -> None:
    for text, row, column, said in (
        ("name: [", 1, None, "YAMLとして読めません"),
        (
            "name: 均等\ncomponents:\n- {basis: equal, weight: 高い}\n",
            None,
            "components.0.weight",
            "数にしてください",
        ),
        (
            "name: 均等\ncomponents: [{basis: equal, weight: 100}]\nfixed: {東京: 5}\n",
            None,
            None,
            "団体コードではありません",
        ),
    ):
        with pytest.raises(WrongInput, match=said) as caught:
            read_rule(text.encode(), "rule.yaml")
        assert (caught.value.file, caught.value.column) == ("rule.yaml", column)
        assert row is None or caught.value.row is not None
    with pytest.raises(WrongInput, match="UTF-8"):
        read_rule("名称".encode("cp932"), "rule.yaml")
