"""Who should be asked to join: commuting shares against the guide, beside those who are members in fact."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from keniki.apps.programmes.codes import six_digits
from keniki.apps.programmes.wording import percent
from keniki.core.errors import WrongInput
from keniki.rulebooks.loader import Rule
from keniki.rulebooks.programmes.eligibility import PartnerGuide, partner_guide


@dataclass(frozen=True, slots=True)
class Commuting:
    """How many of a municipality's workers and students go to the centre (通勤通学割合 is a fraction).

    Either both counts (persons who work or study and live there; those of them who do so in the centre), or only
    the published share.
    """

    code: str
    name: str
    share: Decimal | None
    resident_total: int | None = None
    to_centre: int | None = None
    edition: str = ""

    @classmethod
    def counted(
        cls, code: str, name: str, resident_total: int, to_centre: int, edition: str = ""
    ) -> Commuting:
        """From the two counts. WrongInput when they cannot be counts of the same residents."""
        if resident_total < 0 or to_centre < 0 or to_centre > resident_total:
            raise WrongInput(
                f"{name}の就業者・通学者 {resident_total}人のうち中心へ {to_centre}人という数は成り立ちません。"
                "常住地による人数を確かめてください。"
            )
        share = Decimal(to_centre) / Decimal(resident_total) if resident_total else None
        return cls(six_digits(code), name, share, resident_total, to_centre, edition)

    @classmethod
    def published(cls, code: str, name: str, share: Decimal, edition: str = "") -> Commuting:
        """From a published share (a fraction). WrongInput outside 0 to 1."""
        if not 0 <= share <= 1:
            raise WrongInput(
                f"{name}の通勤通学割合 {share} は0～1の範囲にありません。10％は 0.1 と入力してください。"
            )
        return cls(six_digits(code), name, share, edition=edition)


@dataclass(frozen=True, slots=True)
class Partner:
    """One municipality: `by_rule` reaches the guide, `near_miss` comes close, `member` is one in fact."""

    code: str
    name: str
    share: Decimal | None
    by_rule: bool
    near_miss: bool
    member: bool
    edition: str
    explanation: str

    @property
    def in_percent(self) -> str:
        """The share in per cent with one decimal; empty where it is not known."""
        return "" if self.share is None else f"{self.share * 100:.1f}"


@dataclass(frozen=True, slots=True)
class Partners:
    """Every candidate and member, the largest share first, those without one last."""

    threshold: Decimal
    rows: tuple[Partner, ...]
    guide: Rule[PartnerGuide] | None

    @property
    def by_rule(self) -> tuple[Partner, ...]:
        """Those that reach the guide."""
        return tuple(row for row in self.rows if row.by_rule)

    @property
    def near_misses(self) -> tuple[Partner, ...]:
        """Those that come close to it."""
        return tuple(row for row in self.rows if row.near_miss)

    @property
    def members(self) -> tuple[Partner, ...]:
        """Those that are members in fact."""
        return tuple(row for row in self.rows if row.member)

    @property
    def members_beside_the_rule(self) -> tuple[Partner, ...]:
        """Members that do not reach the guide."""
        return tuple(row for row in self.members if not row.by_rule)

    @property
    def not_members(self) -> tuple[Partner, ...]:
        """Those that reach the guide and are no members."""
        return tuple(row for row in self.by_rule if not row.member)


def partners(
    candidates: Iterable[Commuting],
    *,
    centre: str,
    second: str = "",
    threshold: Decimal,
    near_from: Decimal,
    members: Mapping[str, str] | Collection[str] = (),
    guide: Rule[PartnerGuide] | None = None,
) -> Partners:
    """Candidates and members against a threshold (a fraction, reached at exactly that share).

    `members` are the codes of the partners in fact (with their names as a mapping, so that a member without any
    share is listed by name); the centre itself is left out, and the `second` city that is one centre with it.
    WrongInput for a municipality given twice.
    """
    if not 0 < threshold <= 1:
        raise WrongInput(f"通勤通学割合の基準 {threshold} は0～1の範囲で指定してください（10％は 0.1）。")
    hubs = {six_digits(code) for code in (centre, second) if code}
    names = members if isinstance(members, Mapping) else dict.fromkeys(members, "")
    member_names = {six_digits(code): name for code, name in names.items()}
    given = [candidate for candidate in candidates if six_digits(candidate.code) not in hubs]
    _refuse_twice(given)
    known = {six_digits(candidate.code) for candidate in given}
    absent = [
        Commuting(code, name or code, None)
        for code, name in member_names.items()
        if code not in known and code not in hubs
    ]
    rows = [
        _row(candidate, threshold, near_from, six_digits(candidate.code) in member_names, guide)
        for candidate in (*given, *absent)
    ]
    rows.sort(key=lambda row: (row.share is None, -(row.share or Decimal(0))))
    return Partners(threshold, tuple(rows), guide)


def partners_of(
    programme: str,
    on: date,
    candidates: Iterable[Commuting],
    *,
    centre: str,
    members: Mapping[str, str] | Collection[str] = (),
    settings: Mapping[str, object] | None = None,
) -> Partners:
    """By the programme's own guide on a date; RuleUnknown where no text gives one."""
    guide = partner_guide(programme, on, settings)
    return partners(
        candidates,
        centre=centre,
        threshold=guide.value.at_least,
        near_from=partner_guide("near_miss", on).value.at_least,
        members=members,
        guide=guide,
    )


def _row(
    candidate: Commuting,
    threshold: Decimal,
    near_from: Decimal,
    member: bool,
    guide: Rule[PartnerGuide] | None,
) -> Partner:
    share = candidate.share
    reaches = share is not None and _reaches(candidate, threshold)
    near = share is not None and not reaches and _reaches(candidate, near_from)
    return Partner(
        six_digits(candidate.code),
        candidate.name,
        share,
        reaches,
        near,
        member,
        candidate.edition,
        _explain(share, reaches, near, member, threshold, guide),
    )


def _reaches(candidate: Commuting, threshold: Decimal) -> bool:
    """Counts are compared without dividing, so that a share of exactly the threshold reaches it."""
    if candidate.resident_total is not None and candidate.to_centre is not None:
        return candidate.to_centre >= threshold * candidate.resident_total
    return candidate.share is not None and candidate.share >= threshold


def _explain(
    share: Decimal | None,
    reaches: bool,
    near: bool,
    member: bool,
    threshold: Decimal,
    guide: Rule[PartnerGuide] | None,
) -> str:
    limit = f"目安 {(threshold * 100).normalize():f}％以上"
    if share is None:
        return f"通勤通学割合の数値がありません（{limit}）。" + ("実際の構成市町村です。" if member else "")
    says = f"通勤通学割合 {percent(share, threshold)}（{limit}）。"
    if reaches:
        return says + (
            "実際の構成市町村です。" if member else "目安を満たしますが、構成市町村ではありません。"
        )
    if member:
        return says + "目安を下回りますが、実際の構成市町村です。"
    optional = guide is not None and not guide.value.binding
    if near:
        return says + (
            "目安に近く、関係市町村の判断で加わることができます。" if optional else "目安に近い値です。"
        )
    return says + "目安を下回ります。"


def _refuse_twice(candidates: Sequence[Commuting]) -> None:
    seen: set[str] = set()
    for candidate in candidates:
        code = six_digits(candidate.code)
        if code in seen:
            raise WrongInput(
                f"{candidate.name}（{code}）が2回あります。流動の表を確かめてください。", column=code
            )
        seen.add(code)
