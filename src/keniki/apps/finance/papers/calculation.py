"""How shares were reckoned (負担額計算書): costs, revenue, every step with its figures, all towns; PDF and Excel."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from keniki.analysis.sharing import Split, Step
from keniki.analysis.sharing.words import STEPS
from keniki.apps.regions.models import Municipality
from keniki.core import era
from keniki.press import blocks as b
from keniki.press.excel import DataSheet
from keniki.rulebooks.sharing import RuleSpec

from ..models import CostItem
from ..queries.explaining import when_words
from ..queries.papers import Decided
from . import common as c

#: So many columns stand on a sheet in portrait; a class of cost with more parts gets a second table.
MOST_COLUMNS: Final = 7
#: So many towns' tables are not torn over two pages.
MOST_KEPT: Final = 16
#: So many classes of cost are columns of the last table.
MOST_CLASSES: Final = 5
#: How wide a digit is against a full-width letter; so many letters are the narrowest column.
_DIGIT: Final = 0.6
_LEAST: Final = 5.0
_ROUNDED: Final = (
    "※端数処理前の額は、小数第3位を四捨五入して表示している。計算は分数のまま行い、最後に円にしている。"
)


@dataclass(frozen=True)
class _Column:
    """A part of the reckoning by town: its head, its unit, what stands for each code."""

    title: str
    unit: str
    values: Mapping[str, Fraction]


def calculation(made: Decided) -> c.Paper:
    """The whole reckoning of a decision: a form to print and sheets for machines."""
    allocation = made.allocation
    title = f"{c.year_of(made)}　{allocation.cost.title}　負担額計算書"
    blocks: list[b.Block] = [
        b.Paragraph(title, role="title", align="center"),
        b.Paragraph(
            f"{allocation.region.name}　{c.stage_words(made.stage)}　{c.decision_words(made)}",
            align="right",
            role="small",
        ),
        b.Heading(1, "経費と特定財源", number="1"),
        costs(made),
        b.Heading(1, "計算", number="2"),
        *steps(made),
        b.Heading(1, "按分の基礎数値の出典", number="3"),
        sources(made),
        b.Group((b.Heading(1, "計算のもと", number="4"), origin(made))),
    ]
    document = c.document(made, title, blocks, dated=allocation.issued_on)
    return c.Paper(document, c.file_name("負担額計算書", made), _sheets(made))


def costs(made: Decided) -> b.DataTable:
    """The items with their sums and what is left to share; class and 積算 where any is said."""
    items = made.content["items"]
    shown = (True, any(item[2] for item in items), any(item[5] for item in items), True)
    rows: list[b.Row | tuple[b.CellValue, ...]] = []

    def add(
        title: str, key: str, reckoning: str, amount: int, *, loan: int | None = None, total: bool = False
    ) -> None:
        said = class_words(made.spec, key, loan)
        cells = (title, said, reckoning if reckoning or total else b.NOTHING, amount)
        kept = tuple(cell for cell, there in zip(cells, shown, strict=True) if there)
        rows.append(b.Row(kept, "sum") if total else kept)

    received = 0
    for title, kind, key, loan, amount, reckoning in items:
        if kind == CostItem.Kind.EXPENSE:
            add(title, key, reckoning, amount, loan=loan)
    add("経費の計", "", "", made.allocation.total, total=True)
    for title, kind, key, loan, amount, reckoning in items:
        if kind == CostItem.Kind.REVENUE:
            received += amount
            add(f"特定財源　{title}", key, reckoning, -amount, loan=loan)
    if made.allocation.deducted != received:
        add("特定財源　定めによるもの", "", "", received - made.allocation.deducted)
    add("分ける額（経費－特定財源）", "", "", made.shared, total=True)
    columns = (
        b.Column("内容", 2.4),
        b.Column("区分", 1.1),
        b.Column("積算", 2),
        b.Column("金額", 1.2, "right", "円"),
    )
    return b.DataTable(
        tuple(column for column, there in zip(columns, shown, strict=True) if there),
        tuple(rows),
        size="small",
    )


def steps(made: Decided, *, bold: str = "") -> list[b.Block]:
    """Every class of cost with its steps by town, then what each town pays; the town `bold` stands out."""
    blocks: list[b.Block] = []
    several = len(made.splits) > 1
    fractions = False
    for key, split in made.splits.items():
        name, _, year = key.partition(":")
        title = class_words(made.spec, name, int(year) if year else None) if several else ""
        last = _Column("負担額", "円", {code: Fraction(amount) for code, amount in split.shares.items()})
        columns = [*_columns(made, split), last]
        fractions = fractions or any(v.denominator > 1 for col in columns for v in col.values.values())
        lead = b.Paragraph(b.text(b.bold(f"{title}　") if title else "", _lead(split)), keep_with_next=True)
        first, *more = [_by_town(made, part, bold) for part in _chunks(columns)]
        blocks += [*_kept(made, lead, first), *more]
    if several:
        head = b.Paragraph(b.bold("負担額の計"), keep_with_next=True)
        blocks += _kept(made, head, _together(made, bold))
    if fractions:
        blocks.append(b.Note(_ROUNDED))
    blocks += [b.Note(f"※{line}") for line in c.rounding_in_words(made)]
    return blocks


def sources(made: Decided) -> b.DataTable:
    """Where the figures of each basis were read; towns are named where theirs differ."""
    found: dict[str, dict[tuple[str, ...], list[str]]] = {}
    names = {town.code: town.name for town in made.towns}
    for basis, code, *where in made.content["sources"]:
        if code in names and basis in made.spec.bases:
            found.setdefault(basis, {}).setdefault(tuple(where), []).append(names[code])
    rows: list[tuple[b.CellValue, ...]] = []
    for basis, kinds in found.items():
        label = made.spec.bases[basis].label
        for (source, as_of, edition, cell), towns in kinds.items():
            whose = "全団体" if len(towns) == len(made.towns) else "、".join(towns)
            rows.append(
                (
                    label,
                    whose,
                    source or b.Missing("出典"),
                    when_words(as_of) or b.NOTHING,
                    " ".join(filter(None, (edition, cell))) or b.NOTHING,
                )
            )
    columns = (
        b.Column("基準", 1),
        b.Column("団体", 1.3),
        b.Column("出典", 2),
        b.Column("時点・期間", 1.3),
        b.Column("統計の版・箇所", 1.1),
    )
    if not rows:
        rows = [("基礎数値を使う割はない", b.NOTHING, b.NOTHING, b.NOTHING, b.NOTHING)]
    return b.DataTable(columns, tuple(rows), size="small")


def origin(made: Decided) -> b.KeyValueTable:
    """Rule, version and hashes: what one needs to reckon it again."""
    allocation = made.allocation
    rule = allocation.rule
    return b.KeyValueTable(
        (
            b.KeyValueRow("定め", f"{rule.title}　第{rule.number}版"),
            b.KeyValueRow("定めの版のハッシュ（SHA-256）", rule.digest),
            b.KeyValueRow("計算のもとのハッシュ（SHA-256）", allocation.digest),
            b.KeyValueRow(
                "負担額の決定",
                c.decision_words(made),
            ),
        )
    )


def class_words(spec: RuleSpec, key: str, loan: int | None = None) -> str:
    """What a class of cost is called: 「建設」, 「公債費（平成27年度借入）」; empty for none."""
    part = spec.parts().get(key)
    label = (part.label if part is not None else "") or key
    return f"{label}（{era.format_year(loan)}度借入）" if loan else label


def basis_words(spec: RuleSpec, basis: str) -> str:
    """What a component is called: 「均等割」, 「人口割」, 「固定割合」, 「借入年度の率」."""
    if basis == "equal":
        return "均等割"
    if basis == "table":
        return "固定割合"
    if basis.startswith("by_year:"):
        return "借入年度の率"
    return spec.bases[basis].label if basis in spec.bases else basis


def unit_of(spec: RuleSpec, basis: str) -> str:
    """The unit of a basis' figures; ％ of fixed per cents."""
    if basis == "table" or basis.startswith("by_year:"):
        return "％"
    return spec.bases[basis].unit if basis in spec.bases else ""


def _lead(split: Split) -> str:
    """「経費 2,800,000円 － 特定財源 400,000円 ＝ 2,400,000円を分ける。」"""
    if not split.deducted:
        return f"経費 {c.yen(split.cost)}を分ける。"
    left = c.yen(split.cost - split.deducted)
    return f"経費 {c.yen(split.cost)} － 特定財源 {c.yen(split.deducted)} ＝ {left}を分ける。"


def _columns(made: Decided, split: Split) -> Iterable[_Column]:
    """The parts of a split by town in their order, the sum before rounding last where it says more."""
    parts = dict.fromkeys(split.shares, Fraction(0))
    fixed: dict[str, Fraction] = {}
    components = 0
    last: dict[str, Fraction] = {}
    limited: Step | None = None
    for step in split.steps:
        if step.what == "component":
            components += 1
            label = f"{basis_words(made.spec, step.basis)}{c.weight_words(step.weight)}"
            if step.basis != "equal":
                name = "割合" if unit_of(made.spec, step.basis) == "％" else "基礎数値"
                yield _Column(
                    f"{basis_words(made.spec, step.basis)}の{name}",
                    unit_of(made.spec, step.basis),
                    step.figures,
                )
            yield _Column(f"{label}の額", "円", step.of)
            last = dict(step.of)
            _add(parts, step.of)
        elif step.what == "round_component":
            yield _Column("端数処理後", "円", step.of)
            _add(parts, {code: value - last.get(code, Fraction(0)) for code, value in step.of.items()})
        elif step.what == "host":
            yield _Column(STEPS["host"], "円", step.of)
            _add(parts, step.of)
        elif step.what == "fixed":
            fixed |= step.of
            _add(parts, step.of)
        elif step.what == "limit":
            limited = step
    if fixed:
        yield _Column(STEPS["fixed"], "円", fixed)
    if components > 1 or fixed or any(step.what == "host" for step in split.steps):
        yield _Column("端数処理前の計", "円", parts)
    if limited is not None:
        yield _Column(f"{STEPS['limit']}の適用後", "円", limited.of)


def _add(parts: dict[str, Fraction], more: Mapping[str, Fraction]) -> None:
    for code, value in more.items():
        parts[code] += value


def _kept(made: Decided, *blocks: b.Block) -> list[b.Block]:
    """Blocks that stay on one page where the towns are few enough to leave no large hole before them."""
    return [b.Group(blocks)] if len(made.towns) <= MOST_KEPT else list(blocks)


def _chunks(columns: list[_Column]) -> list[list[_Column]]:
    """Columns in tables of a sheet's width, a basis never parted from its amount."""
    found: list[list[_Column]] = [[]]
    for column in columns:
        opening = column.unit != "円"
        room = MOST_COLUMNS - 1 - (1 if opening else 0)
        if len(found[-1]) >= room:
            found.append([])
        found[-1].append(column)
    return found


def _by_town(made: Decided, columns: list[_Column], bold: str) -> b.DataTable:
    heads = (
        b.Column("団体", max(len(town.name) for town in made.towns) + 1),
        *(b.Column(col.title, _width(col), "right", col.unit) for col in columns),
    )
    rows: list[b.Row | tuple[b.CellValue, ...]] = []
    for town in made.towns:
        cells: list[b.CellValue] = [_named(town, bold)]
        for column in columns:
            value = column.values.get(town.code)
            cells.append(b.NOTHING if value is None else _shown(value, own=town.code == bold))
        rows.append(tuple(cells))
    sums: list[b.CellValue] = ["計"]
    sums += [c.exact(sum(column.values.values(), Fraction(0))) for column in columns]
    rows.append(b.Row(tuple(sums), "sum"))
    return b.DataTable(heads, tuple(rows), size="small")


def _width(column: _Column) -> float:
    """How wide a column has to be, in letters: Word breaks a number that does not fit into two lines."""
    shown = (*column.values.values(), sum(column.values.values(), Fraction(0)))
    return max(_DIGIT * max(len(c.exact_words(value)) for value in shown), _LEAST) + 1


def _together(made: Decided, bold: str) -> b.DataTable:
    """What each town pays over all classes of cost."""
    keys = list(made.splits) if len(made.splits) <= MOST_CLASSES else []
    heads = [b.Column("団体", 1.2)]
    for key in keys:
        name, _, year = key.partition(":")
        heads.append(
            b.Column(class_words(made.spec, name, int(year) if year else None) or "経費", 1, "right", "円")
        )
    heads.append(b.Column("負担額", 1, "right", "円"))
    rows: list[b.Row | tuple[b.CellValue, ...]] = []
    for town in made.towns:
        parts = [made.splits[key].shares[town.code] for key in keys]
        amounts = [_shown(Fraction(each), own=town.code == bold) for each in (*parts, made.shares[town.code])]
        rows.append((_named(town, bold), *amounts))
    sums = [sum(made.splits[key].shares.values()) for key in keys]
    rows.append(b.Row(("計", *sums, made.shared), "sum"))
    return b.DataTable(tuple(heads), tuple(rows), size="small")


def _named(town: Municipality, bold: str) -> b.TextLike:
    return b.bold(town.name) if town.code == bold else town.name


def _shown(value: Fraction, *, own: bool) -> b.CellValue:
    return b.bold(c.exact_words(value)) if own else c.exact(value)


def _sheets(made: Decided) -> tuple[DataSheet, ...]:
    """負担額, 計算の段階, 経費の内訳, 基礎数値: one value a cell, codes beside names, whole yen and exact fractions."""
    allocation = made.allocation
    head = (allocation.fiscal_year, allocation.get_stage_display(), allocation.round, allocation.number)
    names = {town.code: town.name for town in made.towns}
    shares = [
        (
            *head,
            town.code,
            town.name,
            made.shares[town.code],
            float(Fraction(made.shares[town.code] * 100, made.shared)) if made.shared else None,
        )
        for town in made.towns
    ]
    reckoned = [
        (
            key,
            number,
            STEPS.get(step.what, step.what),
            basis_words(made.spec, step.basis) if step.what == "component" else step.basis,
            None if step.weight is None else float(step.weight),
            code,
            names.get(code),
            float(step.figures[code]) if code in step.figures else None,
            float(value),
            str(value),
        )
        for key, split in made.splits.items()
        for number, step in enumerate(split.steps, 1)
        for code, value in (step.of or {"": step.amount}).items()
    ]
    items = [
        (title, CostItem.Kind(kind).label, key, loan, amount, reckoning)
        for title, kind, key, loan, amount, reckoning in made.content["items"]
    ]
    told = {(basis, code): tuple(where) for basis, code, *where in made.content["sources"]}
    figures = [
        (
            basis,
            basis_words(made.spec, basis),
            code,
            names[code],
            float(value),
            unit_of(made.spec, basis),
            *told.get((basis, code), ("", "", "", "")),
        )
        for basis, held in made.content["bases"].items()
        for code, value in held.items()
        if code in names
    ]
    return (
        DataSheet(
            "負担額",
            ("年度", "段階", "回", "決定の番号", "団体コード", "団体名", "負担額_円", "割合_％"),
            shares,
        ),
        DataSheet(
            "計算の段階",
            (
                "経費の区分",
                "順",
                "段階",
                "基準",
                "割合_％",
                "団体コード",
                "団体名",
                "基礎数値",
                "額_円",
                "額_円_分数",
            ),
            reckoned,
        ),
        DataSheet("経費の内訳", ("内容", "種類", "経費の区分", "借入年度", "金額_円", "積算"), items),
        DataSheet(
            "基礎数値",
            (
                "基準",
                "基準の名称",
                "団体コード",
                "団体名",
                "値",
                "単位",
                "出典",
                "時点・期間",
                "統計の版",
                "統計の箇所",
            ),
            figures,
        ),
    )
