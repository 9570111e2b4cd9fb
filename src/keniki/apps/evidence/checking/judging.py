"""One case of a check: the printed figure, those its rule names, and what comes of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from keniki.analysis import checks as analysis
from keniki.analysis.checks import Finding, Verdict
from keniki.core.errors import WrongInput
from keniki.rulebooks.checks import Check, Each
from keniki.rulebooks.indicators import Catalogue

from .held import Held, Store, key_of
from .results import Checked, Used


@dataclass(frozen=True)
class Case:
    """One printed figure and the figures its rule names, several where a name stands for a sum.

    `lacking` are names without a figure; `whole` says that nothing else belongs to the printed one.
    """

    printed: Held
    given: Mapping[str, Sequence[tuple[str, Held]]]
    lacking: Sequence[str] = ()
    whole: bool = True


def judged(store: Store, check: Check, case: Case, lacking: str = "") -> Checked:
    """What the rule finds in a case, in words."""
    names = list(check.figures)
    held = case.printed
    used = [
        Used(label, one.pk, one.shown, one.series.year) for own in case.given.values() for label, one in own
    ]
    line = held.series
    key = key_of(line)
    found, note = _found(store, check, case, names)
    if found.verdict is Verdict.DIFFERENT and lacking:
        found, note = (
            replace(found, verdict=Verdict.UNCHECKABLE),
            lacking + (check.remedy and _allow(check.remedy)),
        )
    elif found.verdict is Verdict.DIFFERENT and not case.whole and (found.difference or 0) > 0:
        note = f"差は{check.remainder}とみられます。{_allow(check.remedy)}"
        found = replace(found, verdict=Verdict.UNCHECKABLE)
    years = sorted({one.year for one in used if one.year != line.year})
    if years:
        note = f"{'・'.join(f'{year}年' for year in years)}の値を用いた計算です。{note}"
    return Checked(
        held.area.name,
        held.area.code,
        line.period or str(line.year),
        str(line.edition),
        key.said,
        Used(names[0], held.pk, held.shown, line.year),
        used,
        found,
        note,
    )


def _found(store: Store, check: Check, case: Case, names: Sequence[str]) -> tuple[Finding, str]:
    told = analysis.Rule(check.rule, check.title)
    if case.lacking:
        note = _missing(store.book, case.lacking)
        return Finding(told, Verdict.UNCHECKABLE, None, None, None), note
    marks = [f"{label}「{one.shown}」" for own in case.given.values() for label, one in own if not one.known]
    if marks:
        note = f"数値のない内訳があります（{'、'.join(marks[:3])}{'など' if len(marks) > 3 else ''}）。"
        return Finding(told, Verdict.UNCHECKABLE, None, None, None), note
    try:
        figures = {names[0]: _printed(store, check, names[0], case.printed)}
        for name, own in case.given.items():
            each = check.figures[name].each is not Each.NO
            for place, (_, one) in enumerate(own):
                figures[f"{name}/{place}" if each else name] = _printed(store, check, name, one, case.printed)
    except WrongInput as wrong:
        return Finding(told, Verdict.UNCHECKABLE, None, None, None), str(wrong)
    found = analysis.check(told, figures)
    return found, found.note


def _printed(
    store: Store, check: Check, name: str, held: Held, beside: Held | None = None
) -> analysis.Printed:
    named = check.figures[name]
    unit = store.unit_of(held.series.indicator, named.unit) if named.of else (beside or held).series.unit
    return store.printed(held, unit)


def _missing(book: Catalogue, indicators: Iterable[str]) -> str:
    """Which indicators are missing, and the file that has them."""
    files: dict[str, list[str]] = {}
    for indicator in indicators:
        known = indicator in book and book[indicator].published
        file = book.file_of(book[indicator].published[0]) if known else ""
        files.setdefault(file, []).append(f"「{book[indicator].name if indicator in book else indicator}」")
    return "".join(f"{''.join(names)}がありません。{_allow(file)}" for file, names in files.items())


def _allow(remedy: str) -> str:
    return f"{remedy}を読み込むと確かめられます。" if remedy else ""
