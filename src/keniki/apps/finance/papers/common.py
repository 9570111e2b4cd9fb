"""What the papers share: their words for amounts, parts and bodies, the frame of a letter, the files."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from typing import Final, Literal

from keniki.apps.evidence.inquiring.queries import heir_of
from keniki.apps.regions.models import Municipality, Organisation
from keniki.core import era, fiscal_year
from keniki.core.names import kind_of
from keniki.press import blocks as b
from keniki.press.excel import DataSheet, render_xlsx
from keniki.press.pdf import render_pdf
from keniki.press.word import render_docx

from ..models import JointCost
from ..queries.papers import Decided
from ..sharing import StageOf
from ..sharing.described import described, lines_of

#: What each kind of paper can be had as.
FORMS: Final = {
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "pdf": "application/pdf",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
#: What stands where no document number was typed, as on a form.
NO_NUMBER: Final = "　　第　　　　号"
NO_DAY: Final = "令和　　年　　月　　日"
#: The heading under which a rule says how it rounds.
ROUNDING: Final = "端数の扱い"
#: How the headings begin under which it says how each class of cost is divided.
SHARING: Final = "負担の割合"
#: A place to write in.
BLANK: Final = "　"
_CENT: Final = Decimal("0.01")


@dataclass(frozen=True)
class Paper:
    """A composed paper: its document, the name of its file without ending, and data sheets of an Excel file."""

    document: b.Document
    name: str
    sheets: tuple[DataSheet, ...] = ()

    def render(self, form: str) -> bytes:
        """The file in one of `FORMS`; the same bytes for the same records."""
        if form == "docx":
            return render_docx(self.document)
        if form == "pdf":
            return render_pdf(self.document)
        return render_xlsx(self.document, self.sheets)


def yen(amount: int) -> str:
    """1234567 → 「1,234,567円」, -5 → 「▲5円」."""
    return f"▲{-amount:,}円" if amount < 0 else f"{amount:,}円"


def change(amount: int) -> str:
    """「50,000円増」, 「50,000円減」, 「増減なし」.

    >>> change(-5000)
    '5,000円減'
    """
    return f"{abs(amount):,}円{'増' if amount > 0 else '減'}" if amount else "増減なし"


def percent(part: int | Fraction, of: int | Fraction, places: int = 1) -> str:
    """「16.7％」, rounded half up; 「―」 of nothing.

    >>> percent(1, 6)
    '16.7％'
    """
    if not of:
        return "―"
    exact = Fraction(part) * 100 / Fraction(of)
    return f"{_rounded(exact, Decimal(1).scaleb(-places))}％"


def exact(value: Fraction) -> Decimal | int:
    """A part as it stands in a table: whole where it is whole, else to two places, rounded half up.

    >>> exact(Fraction(400, 3))
    Decimal('133.33')
    """
    return value.numerator if value.denominator == 1 else _rounded(value, _CENT)


def exact_words(value: Fraction) -> str:
    """「133.33」, 「1,234」.

    >>> exact_words(Fraction(1234))
    '1,234'
    """
    return f"{exact(value):,}"


def weight_words(weight: Fraction | None) -> str:
    """「20％」, 「9.5％」; empty for none.

    >>> weight_words(Fraction(19, 2))
    '9.5％'
    """
    if weight is None:
        return ""
    shown = exact(weight)
    return f"{shown.normalize() if isinstance(shown, Decimal) else shown}％"


def year_of(made: Decided) -> str:
    """「令和6年度」."""
    return fiscal_year.format_table(made.allocation.fiscal_year)


def stage_words(stage: StageOf) -> str:
    """What the amounts of a stage are called: 「要求額」, 「当初予算額」, 「第1号補正後の額」, 「決算額」."""
    return {"request": "要求額", "initial": "当初予算額", "settled": "決算額"}.get(
        stage.stage, f"{stage.label}の額"
    )


def own_word(town: Municipality) -> str:
    """How a municipality calls itself: 本市, 本町, 本村, 本区."""
    return f"本{kind_of(town.name) or '団体'}"


def head_of(body: Organisation) -> str:
    """Who signs for a body: 「青葉市長」; of another body its name alone, for its title is not kept."""
    if body.kind == Organisation.Kind.MUNICIPALITY and body.municipality is not None:
        return f"{body.municipality.name}長"
    return body.name


def addressee(town: Municipality) -> str:
    """「川北町長　様」; a town that is gone is written to where it went."""
    return f"{(heir_of(town) or town).name}長　様"


def secretariat(made: Decided) -> list[str]:
    """The secretariat in two lines, as sender of a letter."""
    region = made.allocation.region
    body = region.secretariat
    return [region.name, f"事務局　{' '.join(part for part in (body.name, body.department) if part)}"]


def manner_words(cost: JointCost, count: int) -> str:
    """Who does the work and who pays: 「青葉市が一括して執行し、3団体で負担する。」"""
    holder = cost.holder.name if cost.holder is not None else ""
    said = {
        JointCost.Manner.CENTRE.value: f"{holder}が一括して執行し、{count}団体で負担する。",
        JointCost.Manner.COUNCIL.value: f"{holder}の会計で執行し、{count}団体で負担する。",
        JointCost.Manner.UNION.value: f"{holder}が執行し、{count}団体で負担する。",
    }
    each = f"各団体がそれぞれ執行し、{count}団体で負担を分ける。"
    return said.get(cost.manner, each) if holder else each


def rule_in_words(made: Decided) -> list[str]:
    """The rule of a decision in sentences with its towns' names; clause and remark stand elsewhere."""
    names = {town.code: town.name for town in made.towns}
    spec = made.spec.model_copy(update={"clause": "", "note": ""})
    return lines_of(spec, names)


def rounding_in_words(made: Decided) -> list[str]:
    """How the rule makes parts whole, in sentences."""
    names = {town.code: town.name for town in made.towns}
    return [line for each in described(made.spec, names) if each.heading == ROUNDING for line in each.lines]


def sharing_in_words(made: Decided) -> list[str]:
    """How the rule divides each class of cost, in sentences."""
    names = {town.code: town.name for town in made.towns}
    said = described(made.spec, names)
    return [
        f"〔{each.heading}〕{line}" if made.spec.classes else line
        for each in said
        if each.heading.startswith(SHARING)
        for line in each.lines
    ]


def decision_words(made: Decided) -> str:
    """「決定第2号（令和6年4月1日、文書番号 架企第7号）」."""
    allocation = made.allocation
    number = f"、文書番号 {allocation.document_no}" if allocation.document_no else ""
    return f"決定第{allocation.number}号（{era.format_date(allocation.issued_on)}{number}）"


def clipped(text: str, letters: int) -> str:
    """The first sentences of a text that fit into so many letters; cut with 「…」 where not even one does.

    >>> clipped("訓練を行う。備蓄を共有する。", 8)
    '訓練を行う。'
    """
    plain = "".join(text.split())
    if len(plain) <= letters or letters < 1:
        return plain if letters else ""
    end = plain.rfind("。", 0, letters) + 1
    return plain[:end] if end else f"{plain[: letters - 1]}…"


def letter(
    *,
    number: str,
    day: date | None,
    to: str,
    sender: Sequence[str],
    title: str,
    body: Sequence[str],
    points: Sequence[tuple[str, Sequence[str]]] = (),
) -> list[b.Block]:
    """An official letter: number, day, addressee, sender, title, body, and 記 with numbered points."""
    blocks: list[b.Block] = [
        b.Paragraph(number or NO_NUMBER, align="right"),
        b.Paragraph(era.format_date(day) if day else NO_DAY, align="right"),
        b.Paragraph(to, first_indent=1),
        *(b.Paragraph(line, align="right") for line in sender),
        b.Spacer(),
        b.Paragraph(b.bold(title), align="center"),
        b.Spacer(),
        *(b.Paragraph(words, first_indent=1) for words in body),
    ]
    if points:
        blocks.append(b.Paragraph("記", align="center", keep_with_next=True))
    for place, (head, lines) in enumerate(points, 1):
        blocks.append(b.Paragraph(f"{place}　{head}", keep_with_next=True))
        blocks += [b.Paragraph(line, indent=2) for line in lines]
    return blocks


def document(
    made: Decided,
    title: str,
    blocks: Sequence[b.Block],
    *,
    dated: date,
    mark: str | None = None,
    author: str = "",
    formal: bool = False,
    numbered: bool = True,
    compact: bool = False,
) -> b.Document:
    """A paper of a decision; in its foot stand the decision, the rule's version and their hashes."""
    allocation = made.allocation
    style: Literal["report", "formal"] = "formal" if formal else "report"
    return b.Document(
        title=title,
        subject=f"{year_of(made)}　{allocation.cost.title}",
        author=author or allocation.region.name,
        keywords=(allocation.region.name, allocation.cost.title),
        blocks=tuple(blocks),
        dated=datetime.combine(dated, time(), tzinfo=UTC),
        draft_mark=mark,
        fictional=allocation.region.fictional,
        page_numbers=numbered,
        compact=compact,
        style=style,
        footer=f"決定第{allocation.number}号 {allocation.digest[:8]}・"
        f"定め第{allocation.rule.number}版 {allocation.rule.digest[:8]}",
    )


def file_name(kind: str, made: Decided, *more: str) -> str:
    """「納入通知書_R6_合同防災訓練の共同経費_川北町」."""
    year = fiscal_year.format_short(made.allocation.fiscal_year)
    return "_".join((kind, year, made.allocation.cost.title, *more)).replace("/", "／")


def _rounded(value: Fraction, step: Decimal) -> Decimal:
    places = -int(step.as_tuple().exponent)
    scaled = value * 10**places
    whole = abs(scaled.numerator) * 2 + scaled.denominator
    number = Decimal(whole // (2 * scaled.denominator)).scaleb(-places)
    return (-number if scaled < 0 else number).quantize(step, rounding=ROUND_HALF_UP)
