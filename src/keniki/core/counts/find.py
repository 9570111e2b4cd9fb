"""Finding the counts inside a result line and putting them back exactly."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from keniki.core.counts.counters import Quantity, counter_pattern, quantity_of
from keniki.core.counts.model import AFTER, BEFORE, COMPOUND, DIGIT, NUMBER, Count, format_count, read_typed
from keniki.core.errors import WrongInput


@dataclass(frozen=True, slots=True)
class FoundCount:
    """A count at `text[start:end]`; `is_total` when a word such as 計 stands before it."""

    start: int
    end: int
    count: Count
    is_total: bool = False


@dataclass(frozen=True, slots=True)
class CountText:
    """A text taken apart: a template with `{0}`, `{1}` … where its counts stood, and the counts."""

    template: str
    counts: tuple[Count, ...]

    def render(self) -> str:
        """The text again; counts that were not changed are exactly as typed."""
        return render(self.template, self.counts)


def find(text: str, *, counters: Iterable[str] = ()) -> list[FoundCount]:
    """The counts in a free Japanese text, in order; `counters` adds counters beside the known ones.

    Not counted: ordinals (第2回, 3回目), frequencies (月2回), shares per head (各1名, 5部ずつ, 1人当たり),
    ranges (3～5名), years, dates, ages, money and percentages. Parts of a total are marked by `part_of` when
    the total is announced (計, 合計) and they add up to it, or when they stand in brackets behind it
    (252名（うち児童30名）) or follow it after うち, 内訳 (252名、うち児童30名).
    """
    found: list[FoundCount] = []
    for match in _pattern(tuple(sorted(set(counters)))).finditer(text):
        typed = read_typed(match[0])
        if typed is None or not _counts_on_its_own(text, match, quantity_of(typed.counter)):
            continue
        quantity = Quantity.MUNICIPALITIES if typed.breakdown else quantity_of(typed.counter)
        count = Count(typed.value, typed.counter, typed.basis, match[0], quantity, None, typed.breakdown)
        is_total = _TOTAL_WORD.search(_just_before(text, match)) is not None
        found.append(FoundCount(match.start(), match.end(), count, is_total))
    return _with_parts(text, found)


def split(text: str, *, counters: Iterable[str] = ()) -> CountText:
    """The text as a template and its counts: `split(text).render() == text` for every text."""
    pieces: list[str] = []
    position = 0
    found = find(text, counters=counters)
    for index, one in enumerate(found):
        pieces += [_escape(text[position : one.start]), f"{{{index}}}"]
        position = one.end
    pieces.append(_escape(text[position:]))
    return CountText("".join(pieces), tuple(one.count for one in found))


def render(template: str, counts: Sequence[Count]) -> str:
    """The template with its counts; WrongInput for a placeholder without its count."""

    def put(match: re.Match[str]) -> str:
        if match["index"] is None:
            return match[0][0]
        index = int(match["index"])
        if index >= len(counts):
            raise WrongInput(
                f"文中の {match[0]} に当たる数量がありません。数量を{index + 1}件以上にしてください。"
            )
        return format_count(counts[index])

    return _PLACEHOLDER.sub(put, template)


def parse_count(text: str) -> Count:
    """One count as a person types it into a field: `約300人`, `延べ100作品`, `4市3町`, any counter."""
    typed = read_typed(text.strip())
    if typed is None:
        raise WrongInput(
            f"「{text.strip()}」を数量として読めません。"
            "252名、約300人、延べ100作品 のように入力してください。"
        )
    quantity = Quantity.MUNICIPALITIES if typed.breakdown else quantity_of(typed.counter)
    return Count(typed.value, typed.counter, typed.basis, text.strip(), quantity, None, typed.breakdown)


_LONGEST_WORD_BEFORE = 12
_PLACEHOLDER = re.compile(r"\{\{|\}\}|\{(?P<index>\d+)\}")
_TOTAL_WORD = re.compile(
    r"(?:合計|総計|小計|総数|累計|計|合わせて|あわせて|併せて|総勢|全体で)[でを:：]?[ 　]*$"
)
_RANGE_BEFORE = re.compile(rf"{DIGIT}[^\s0-9０-９、。]{{0,3}}[~～〜\-－―‐–][ 　]*$")
_EACH_BEFORE = re.compile(r"(?:(?:各|毎回|毎月|毎週|毎日)[ 　]?|1人|１人|一人|1回|１回|一回)$")
_FREQUENCY_BEFORE = re.compile(r"(?<![0-9０-９])[月週日](?:に)?[ 　]?$|(?<=[1１一])[日週][ 　]?$")
_EACH_AFTER = re.compile(r"[ 　]?(?:ずつ|づつ|当たり|当り|あたり|につき|ごと|毎|目|以上|以下|未満|[~～〜])")
_BRACKET = re.compile(r"[^0-9０-９、。,，;；（）()\n]{0,6}[（(](?P<inner>[^（）()]*)[）)]")
_AMONG = re.compile(r"(?:(?<![ぁ-ん])|[そこ]の)(?:うち(?![わあ])|内訳[はが:：]?)")
_SPACED = "名 人 部 枚 回 件 団体 作品 校 社 台 個 冊 本 か所 箇所 施設 世帯"


@lru_cache(maxsize=32)
def _pattern(extra: tuple[str, ...]) -> re.Pattern[str]:
    counter = counter_pattern(extra)
    spaced = "|".join(_SPACED.split())
    kinds = COMPOUND.pattern.replace("?P<before>", "?:").replace("?P<kinds>", "?:").replace("?P<after>", "?:")
    return re.compile(
        rf"(?<![0-9０-９A-Za-zＡ-Ｚａ-ｚ/／第])(?<!{DIGIT}[,，.．])"
        rf"(?:{kinds}(?![0-9０-９市区町村場民内長立議])"
        rf"|{BEFORE}{NUMBER}(?:(?:{counter})|[ 　](?=(?:{spaced}))(?:{counter})){AFTER})"
    )


def _counts_on_its_own(text: str, match: re.Match[str], quantity: Quantity) -> bool:
    before = _just_before(text, match)
    if _RANGE_BEFORE.search(before) or _EACH_BEFORE.search(before) or _EACH_AFTER.match(text, match.end()):
        return False
    return not (quantity is Quantity.SESSIONS and _FREQUENCY_BEFORE.search(before))


def _just_before(text: str, match: re.Match[str]) -> str:
    return text[max(0, match.start() - _LONGEST_WORD_BEFORE) : match.start()]


def _escape(text: str) -> str:
    return text.replace("{", "{{").replace("}", "}}")


def _with_parts(text: str, found: Sequence[FoundCount]) -> list[FoundCount]:
    parents: dict[int, int] = dict(_bracketed_parts(text, found))
    for part, total in _parts_among(text, found):
        parents.setdefault(part, total)
    for index, one in enumerate(found):
        if one.is_total and index not in parents:
            parents.update(dict.fromkeys(_announced_parts(found, index, parents), index))
    return [
        replace(one, count=replace(one.count, part_of=parents[index])) if index in parents else one
        for index, one in enumerate(found)
    ]


def _bracketed_parts(text: str, found: Sequence[FoundCount]) -> Iterator[tuple[int, int]]:
    """Pairs of part and total for brackets right behind a count, when the parts are not more than it."""
    for index, one in enumerate(found):
        bracket = _BRACKET.match(text, one.end)
        if bracket is None:
            continue
        parts = [
            other
            for other in range(index + 1, len(found))
            if found[other].end <= bracket.end("inner")
            and found[other].start >= bracket.start("inner")
            and _same_thing(found[other].count, one.count)
        ]
        if parts and sum(found[other].count.value for other in parts) <= one.count.value:
            yield from ((other, index) for other in parts)


def _parts_among(text: str, found: Sequence[FoundCount]) -> Iterator[tuple[int, int]]:
    """Pairs of part and total where うち or 内訳 stands between them, to the end of the sentence."""
    for match in _AMONG.finditer(text):
        before = [index for index, one in enumerate(found) if one.end <= match.start()]
        stop = min((at for mark in "。\n" if (at := text.find(mark, match.end())) >= 0), default=len(text))
        after = [index for index, one in enumerate(found) if match.end() <= one.start < stop]
        for total in reversed(before):
            parts = [index for index in after if _same_thing(found[index].count, found[total].count)]
            if not parts or re.search("[。\n]", text[found[total].end : match.start()]):
                continue
            if sum(found[index].count.value for index in parts) <= found[total].count.value:
                yield from ((index, total) for index in parts)
            break


def _announced_parts(found: Sequence[FoundCount], index: int, parents: dict[int, int]) -> list[int]:
    """The counts before a total, back to where they add up to it; none when they never do."""
    total = found[index].count
    parts: list[int] = []
    for other in range(index - 1, -1, -1):
        if other in parents or not _same_thing(found[other].count, total):
            continue
        parts.append(other)
        reached = sum(found[part].count.value for part in parts)
        if reached >= total.value:
            return parts if reached == total.value and len(parts) > 1 else []
    return []


def _same_thing(one: Count, other: Count) -> bool:
    if one.quantity is not other.quantity:
        return False
    return one.counter == other.counter or one.quantity in (Quantity.PARTICIPANTS, Quantity.MUNICIPALITIES)
