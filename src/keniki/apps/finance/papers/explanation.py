"""One page for one town's assembly (議会説明資料): what, how much, why, what for, and the questions to expect."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from math import ceil
from typing import Final, Literal

from keniki.analysis.sharing import Split
from keniki.analysis.sharing.words import STEPS
from keniki.apps.regions.queries import members_word
from keniki.core import era, fiscal_year
from keniki.press import blocks as b
from keniki.press.pdf import render_png
from keniki.rulebooks.sharing import RuleSpec

from ..models import Assessment, BudgetLine
from ..queries.claims import is_own
from ..queries.explaining import Benefit, Explained, number_words
from . import common as c
from .calculation import basis_words, class_words, unit_of
from .qa import NO_ESTIMATE, questions

Stage = BudgetLine.Stage
#: How wide a digit is against a full-width letter.
_DIGIT: Final = 0.6
#: Full-width letters of a small table that stand beside each other on a page.
_ACROSS: Final = 54.0
#: So many parts of a reckoning stand on one line.
_MOST_JOINED: Final = 6
#: So many letters are a heading on one line.
_ONE_LINE: Final = 32
#: Pages are counted on a small drawing.
_PPI: Final = 8
#: So many towns stand in one table with all its columns.
_BESIDE_ONE: Final = 10
_WHOLE: Final = 100
_APRIL: Final = 4
_PART_OF_A_YEN: Final = re.compile(r"\.\d+円")


@dataclass(frozen=True)
class _Level:
    """How much the page says: questions, letters of the purpose, lines of the reckoning, and the size of its words."""

    questions: int
    letters: int
    lines: int
    small: bool


#: From the richest to the shortest page; the first that fits is taken.
LEVELS: Final = (
    _Level(6, 160, 8, False),
    _Level(5, 120, 7, False),
    _Level(4, 100, 6, False),
    _Level(6, 120, 7, True),
    _Level(5, 100, 6, True),
    _Level(4, 80, 5, True),
    _Level(3, 60, 3, True),
    _Level(3, 0, 3, True),
)
#: Word takes so many points more than the PDF for a row of a small table, for a page and for a line of either size.
_WIDER_ROW: Final = 3.4
_WIDER_PAGE: Final = 14.0
_WIDER_LINE: Final = {"body": -0.5, "small": 0.2}
#: Letters on a line beside a label, of either size; points of an empty line.
_LETTERS: Final = {"body": 40, "small": 45}
_EMPTY_LINE: Final = 15.2


def explanation(facts: Explained) -> c.Paper:
    """The page for one town, as rich as one sheet of A4 holds."""
    name = c.file_name("負担金の説明", facts.decided, facts.town.name)
    for level in LEVELS[:-1]:
        made = _document(facts, level)
        if fits(made, spare_for_word(made)):
            return c.Paper(made, name)
    return c.Paper(_document(facts, LEVELS[-1]), name)


def fits(document: b.Document, spare: float = 0) -> bool:
    """Whether a document and so many empty lines stand on one page."""
    lines = b.Paragraph("\n".join([c.BLANK] * ceil(spare)))
    blocks = (*document.blocks, *((lines,) if spare else ()))
    return len(render_png(replace(document, blocks=blocks), _PPI)) == 1


def spare_for_word(document: b.Document) -> float:
    """How many empty lines the PDF must leave so that Word, with its wider lines, keeps to one page too."""
    points = _WIDER_PAGE
    for block in document.blocks:
        if isinstance(block, b.DataTable):
            points += _WIDER_ROW * (len(block.rows) + 2)
        elif isinstance(block, b.KeyValueTable):
            points += sum(_wider(row.content) for row in block.rows)
    return max(points, 0.0) / _EMPTY_LINE


def _wider(content: b.TextLike | tuple[b.Block, ...]) -> float:
    """Points that Word takes more for a cell's paragraph, after about so many lines as it has."""
    paragraph = content[0] if isinstance(content, tuple) else b.Paragraph(content)
    assert isinstance(paragraph, b.Paragraph)
    role = "small" if paragraph.role == "small" else "body"
    wide = [
        sum(1 if ord(each) > 255 else 0.6 for each in line) for line in b.plain(paragraph.text).split("\n")
    ]
    return _WIDER_LINE[role] * sum(1 + int(each / _LETTERS[role]) for each in wide)


def _document(facts: Explained, level: _Level) -> b.Document:
    made, town = facts.decided, facts.town
    allocation = made.allocation
    title = f"{c.year_of(made)}　{allocation.cost.title}　{town.name}の負担金"
    short = f"{c.year_of(made)}　共同経費　{town.name}の負担金"
    own = c.own_word(town)
    blocks: list[b.Block] = [
        b.Heading(1, title if len(title) <= _ONE_LINE else short),
        b.Paragraph(
            f"{allocation.region.name}　{c.stage_words(made.stage)}　{c.decision_words(made)}",
            align="right",
            role="small",
        ),
        _table(
            level,
            ("何をするか", _work(facts, level, named=len(title) <= _ONE_LINE)),
            (f"{own}の負担", _amount(facts)),
            ("計算方法", _lines(packed(reckoned(facts), level.lines))),
            ("得るもの", _lines(_gained(facts))),
        ),
        _comparison(facts),
        _table(
            level,
            ("特別交付税", _lines([_tax(facts)])),
            ("日程", _lines(_dates(facts))),
            ("想定問答", _asked(facts, level)),
        ),
    ]
    notes = _notes(facts)
    if notes:
        blocks.append(b.Note(f"※{''.join(notes)}"))
    return c.document(
        made,
        title,
        blocks,
        dated=allocation.issued_on,
        mark="この後に更新された額があります" if facts.replaced else None,
        numbered=False,
        compact=True,
    )


def _notes(facts: Explained) -> list[str]:
    """What the figures of the page do not say themselves: whose people, what was rounded."""
    found = []
    if facts.residents is not None:
        found.append(f"１人当たりは、負担額を人口（{facts.residents.source or '出典未入力'}）で割った額。")
    if any(_PART_OF_A_YEN.search(line) for line in reckoned(facts)):
        found.append("計算の途中の額は、小数第3位を四捨五入して示した。")
    made = facts.decided
    rates = [
        Decimal(c.percent(amount, made.shared).rstrip("％")) for amount in made.shares.values() if made.shared
    ]
    if len(made.towns) <= _BESIDE_ONE and rates and sum(rates) != _WHOLE:
        found.append("割合は四捨五入したため、計が100％にならない。")
    return found


def _table(level: _Level, *rows: tuple[str, b.Text]) -> b.KeyValueTable:
    role: Literal["body", "small"] = "small" if level.small else "body"
    return b.KeyValueTable(
        tuple(b.KeyValueRow(label, (b.Paragraph(text, align="left", role=role),)) for label, text in rows),
        label_width=0.14,
    )


def _lines(lines: Iterable[b.TextLike]) -> b.Text:
    parts: list[b.TextLike] = []
    for line in lines:
        parts += ["\n", line] if parts else [line]
    return b.text(*parts)


def _work(facts: Explained, level: _Level, *, named: bool) -> b.Text:
    """Whose work it is, how it is run, what for; `named` where the heading holds the cost's name."""
    cost = facts.decided.allocation.cost
    initiative = cost.initiative
    what = c.clipped(initiative.purpose or initiative.overview, level.letters)
    whose = f"取組「{initiative.title}」" if named else f"{cost.title}（取組「{initiative.title}」）"
    first = f"{whose}　{c.manner_words(cost, len(facts.decided.towns))}"
    return _lines([first, *([what] if what else [])])


def _amount(facts: Explained) -> b.Text:
    made, code = facts.decided, facts.town.code
    amount = made.shares[code]
    before = facts.before
    parts: list[b.TextLike] = [b.bold(c.yen(amount))]
    if made.shared:
        parts.append(f"（負担の合計{c.yen(made.shared)}の{c.percent(amount, made.shared)}）")
    if before is not None:
        past = before.shares[code]
        same = before.stage == made.stage
        label = "" if same else f"（{c.stage_words(before.stage)}）"
        ratio = f"（{c.percent(abs(amount - past), past)}）" if amount != past and past else ""
        parts.append(f"\n前年度{label}{c.yen(past)}から{c.change(amount - past)}{ratio}")
    else:
        parts.append("\n前年度の額は記録がない")
    if facts.residents is not None:
        mine, everybody = facts.residents.each(code, amount), facts.residents.all(made.shared)
        if mine is not None and everybody is not None:
            parts.append(f"\n人口１人当たり{mine:,}円（全団体では{everybody:,}円）")
    return b.text(*parts)


def reckoned(facts: Explained) -> list[str]:
    """How the town's share came about, a line each part, with its figures."""
    made, own = facts.decided, c.own_word(facts.town)
    code = facts.town.code
    if len(made.splits) == 1:
        return _one_class(facts, next(iter(made.splits.values())))
    lines = []
    for key, split in made.splits.items():
        name, _, year = key.partition(":")
        label = class_words(made.spec, name, int(year) if year else None) or "経費"
        lines.append(f"{label}：{c.yen(split.cost - split.deducted)}のうち{own}{c.yen(split.shares[code])}")
    head = f"分ける額：{_left(made.allocation.total, made.allocation.deducted)}"
    return [head, *lines, f"合計：{c.yen(made.shares[code])}"]


def packed(lines: list[str], most: int) -> list[str]:
    """The lines in at most so many: those between the first and the last in one where they are too many.

    >>> packed(["分ける額", "均等割", "人口割", "合計"], 3)
    ['分ける額', '均等割、人口割', '合計']
    """
    if len(lines) <= max(most, 3):
        return lines
    middle = lines[1:-1]
    more = f"、ほか{len(middle) - _MOST_JOINED}（計算書のとおり）" if len(middle) > _MOST_JOINED else ""
    return [lines[0], f"{'、'.join(middle[:_MOST_JOINED])}{more}", lines[-1]]


def _one_class(facts: Explained, split: Split) -> list[str]:
    made, town = facts.decided, facts.town
    lines = [f"分ける額：{_left(split.cost, split.deducted)}"]
    total = Fraction(0)
    amount = split.shares[town.code]
    for step in split.steps:
        own = step.of.get(town.code)
        if step.what == "component":
            lines.append(_component(facts, step.basis, step.weight, step.amount, own, step.figures))
            total += own or 0
        elif step.what in ("host", "fixed") and own is not None:
            lines.append(f"{STEPS[step.what]}：{c.exact_words(own)}円")
            total += own
        elif step.what == "limit" and own is not None and own != total:
            lines.append(f"{STEPS['limit']}を適用して{c.exact_words(own)}円")
            total = own
    return [*lines, f"合計：{c.yen(amount)}{_rounded(made.spec, town.code) if total != amount else ''}"]


def _rounded(spec: RuleSpec, code: str) -> str:
    """How the sum of the parts became whole; one town may bear what rounding leaves."""
    rounding = spec.rounding
    left = "処理の差額を加減した" if rounding.remainder == code else "を処理した"
    return f"（{rounding.unit:,}円未満の端数{left}額）"


def _component(
    facts: Explained,
    basis: str,
    weight: Fraction | None,
    amount: Fraction,
    own: Fraction | None,
    figures: Mapping[str, Fraction],
) -> str:
    spec = facts.decided.spec
    head = f"{basis_words(spec, basis)}{c.weight_words(weight)}：{c.exact_words(amount)}円"
    if own is None:
        return f"{head}（{c.own_word(facts.town)}は対象外）"
    mine = figures[facts.town.code]
    if basis == "equal":
        return f"{head}÷{len(figures)}団体＝{c.exact_words(own)}円"
    unit = unit_of(spec, basis)
    if unit == "％":
        return f"{head}×{c.weight_words(mine)}＝{c.exact_words(own)}円"
    whole = sum(figures.values(), Fraction(0))
    return f"{head}×{c.exact_words(mine)}{unit}÷{c.exact_words(whole)}{unit}＝{c.exact_words(own)}円"


def _left(cost: int, deducted: int) -> str:
    if not deducted:
        return f"経費{c.yen(cost)}"
    return f"経費{c.yen(cost)}－特定財源{c.yen(deducted)}＝{c.yen(cost - deducted)}"


def _gained(facts: Explained) -> list[str]:
    own, code = c.own_word(facts.town), facts.town.code
    lines = []
    if facts.benefits:
        counted = [
            f"{each.label}{number_words(each.all)}{each.counter}" + _of_it(each, own)
            for each in facts.benefits
        ]
        lines.append(
            f"取組の実績（{fiscal_year.format_table(facts.benefits[0].year)}）：{'、'.join(counted)}"
        )
    else:
        lines.append("この取組の実績の数は、まだ登録されていない。")
    cost = facts.alone.get(code) if facts.alone else None
    if cost is None:
        lines.append("単独で行う場合の費用は、登録がない。")
    else:
        saved = cost - facts.decided.shares[code]
        about = "" if facts.alone_quoted else "約"
        word = (
            f"共同の方が{about}{c.yen(abs(saved))}{'少ない' if saved > 0 else '多い'}"
            if saved
            else "共同と同じ額"
        )
        lines.append(
            f"単独で行う場合の費用（{'見積り' if facts.alone_quoted else '試算'}）"
            f"年{about}{c.yen(cost)}。{word}。"
        )
    return lines


def _of_it(each: Benefit, own: str) -> str:
    if each.own is not None:
        return f"（うち{own}{number_words(each.own)}{each.counter}）"
    return f"（うち{own}は未入力）" if each.by_town else ""


def _tax(facts: Explained) -> str:
    tax = facts.tax
    if tax.amount is None:
        return f"{NO_ESTIMATE}、見込みは未判定。負担金から差し引くものではない。"
    return f"見込み{c.yen(tax.amount)}（一般財源{c.yen(tax.general)}を充てる場合）。負担金から差し引くものではない。"


def _dates(facts: Explained) -> list[str]:
    made = facts.decided
    done = [
        f"{row.get_stage_display()}{f'第{row.round}号' if row.round else ''}{c.yen(row.amount)}"
        + (f"（{era.format_date_short(row.decided_on)}）" if row.decided_on else "")
        for row in facts.budgets
    ]
    lines = [f"予算：{'→'.join(done)}"] if done else []
    year = fiscal_year.FiscalYear(made.allocation.fiscal_year)
    coming = []
    if made.allocation.answer_by is not None:
        coming.append(f"査定結果の回答{era.format_date_short(made.allocation.answer_by)}まで")
    if made.stage.stage == Stage.REQUEST:
        coming.append("予算の議決（３月議会）")
    coming += _payments(facts)
    if made.stage.stage != Stage.SETTLED:
        coming.append(f"出納閉鎖{era.format_date_short(year.settlement_last_day)}")
    coming.append("決算の認定（９月議会など）")
    lines.append(f"今後：{'→'.join(coming)}")
    if is_own(made.allocation.cost.holder, facts.town):
        own = c.own_word(facts.town)
        lines.append(f"{own}は会計をもつ団体のため、{own}の分の納入通知はない。")
    return lines


def _payments(facts: Explained) -> list[str]:
    """What the town still pays or gets after the day of the decision; nothing of the body that keeps the account."""
    made, code = facts.decided, facts.town.code
    allocation = made.allocation
    if allocation.cost.holder is None or is_own(allocation.cost.holder, facts.town):
        return []
    coming = [
        f"{'返還' if row.assessment.kind == Assessment.Kind.REFUND else '納期'}"
        f"{era.format_date_short(row.due_on)} {c.yen(row.amount)}"
        for row in facts.instalments
        if row.due_on > allocation.issued_on and row.amount
    ]
    billed = any(row.assessment.allocation_id == allocation.pk for row in facts.instalments)
    if made.stage.stage == Stage.SETTLED:
        return coming if billed else [*coming, "精算（追加の請求又は返還）"]
    if made.stage.stage == Stage.SUPPLEMENTARY:
        return coming if billed else [*coming, "差額の請求又は返還"]
    if facts.instalments or not made.shares[code]:
        return coming
    payment = made.spec.payment
    if payment is None:
        return ["納付（納期は納入通知による）"]
    days = payment.instalments[:1] if made.shares[code] <= payment.above else payment.instalments
    return [f"納期{'・'.join(_day(each.month, each.day) for each in days)}"]


def _day(month: int, day: int) -> str:
    """A day of a fiscal year: 「5月20日」, 「翌年2月20日」."""
    return f"{'翌年' if month < _APRIL else ''}{month}月{day}日"


def _comparison(facts: Explained) -> b.DataTable:
    """All towns, in as many columns side by side as their number asks."""
    made = facts.decided
    towns = len(made.towns)
    beside = 1 if towns <= _BESIDE_ONE else 2 if towns <= 22 else 3
    word = members_word(made.allocation.region, made.towns)
    everybody = facts.residents.all(made.shared) if facts.residents is not None else None
    total = f"計{c.yen(made.shared)}" + (f"、１人当たり{everybody:,}円" if everybody is not None else "")
    heads = _wide_heads(facts) if beside == 1 else _narrow_heads(facts, _ACROSS / beside)
    rows = [_row(facts, code, full=beside == 1)[: len(heads)] for code in made.shares]
    width = len(rows[0])
    height = -(-towns // beside)
    empty: tuple[b.CellValue, ...] = ("",) * width
    lines: list[tuple[b.CellValue, ...]] = []
    for y in range(height):
        line: list[b.CellValue] = []
        for x in range(beside):
            at = x * height + y
            line += rows[at] if at < towns else empty
        lines.append(tuple(line))
    return b.DataTable(
        tuple(heads * beside),
        tuple(lines),
        caption=f"{word}の負担額（{total}）",
        size="small",
    )


def _wide_heads(facts: Explained) -> list[b.Column]:
    heads = [
        b.Column("団体", 1.4),
        b.Column("負担額", 1.2, "right", "円"),
        b.Column("割合", 0.8, "right", "％"),
        b.Column("１人当たり", 1, "right", "円"),
    ]
    if facts.before is not None:
        heads.append(b.Column("前年度からの増減", 1.3, "right", "円"))
    return heads


def _narrow_heads(facts: Explained, room: float) -> list[b.Column]:
    """Columns as wide as their longest words ask; the last is left out where `room` letters hold no more."""
    made = facts.decided
    letters = max(len(town.name) for town in made.towns)
    digits = max(len(f"{amount:,}") for amount in made.shares.values())
    rates = facts.residents.rates(made.shares) if facts.residents is not None else {}
    short = max((len(f"{rate:,}") for rate in rates.values()), default=1)
    heads = [
        b.Column("団体", letters + 1.0),
        b.Column("負担額", max(digits * _DIGIT, 3) + 1, "right", "円"),
        b.Column("１人", max(short * _DIGIT, 3) + 1, "right", "円"),
    ]
    return heads if sum(head.width for head in heads) <= room else heads[:2]


def _row(facts: Explained, code: str, *, full: bool) -> tuple[b.CellValue, ...]:
    made = facts.decided
    town = made.town(code)
    amount = made.shares[code]
    rate: Decimal | None = facts.residents.each(code, amount) if facts.residents is not None else None
    cells: list[b.CellValue] = [town.name, amount, b.NOTHING if rate is None else rate]
    if full:
        cells.insert(2, c.percent(amount, made.shared).rstrip("％"))
        if facts.before is not None:
            past = facts.before.shares.get(code)
            cells.append(b.NOTHING if past is None else amount - past)
    return tuple(_strong(cell) for cell in cells) if code == facts.town.code else tuple(cells)


def _strong(cell: b.CellValue) -> b.CellValue:
    if isinstance(cell, (int, Decimal)):
        return b.bold(f"▲{-cell:,}" if cell < 0 else f"{cell:,}")
    return b.bold(b.plain(cell))


def _asked(facts: Explained, level: _Level) -> b.Text:
    lines: list[b.TextLike] = []
    for number, each in enumerate(questions(facts)[: level.questions], 1):
        lines += [b.bold(f"問{number}　{each.asked}"), f"答　{each.answer}"]
    return _lines(lines)
