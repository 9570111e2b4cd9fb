"""`keniki eligibility`, `keniki partners`, `keniki funding`: what the programmes' rules say of a city or region."""

from __future__ import annotations

import argparse
from datetime import date
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import TYPE_CHECKING, Any

from keniki.cli import acting, console
from keniki.cli.console import Result
from keniki.cli.database import needs_database
from keniki.core.errors import WrongInput

if TYPE_CHECKING:
    from keniki.apps.programmes.funding import Claim
    from keniki.apps.regions.models import Region
    from keniki.core.fiscal_year import FiscalYear

PROGRAMMES = ("teiju", "renkei", "hokkaido")


def add(subparsers: argparse._SubParsersAction[Any]) -> None:
    """Register the commands."""
    judging = console.command(
        subparsers, "eligibility", run_eligibility, help="市が制度の要件を満たすか、規則ごとに判定する"
    )
    judging.add_argument("--programme", required=True, choices=PROGRAMMES, help="制度")
    judging.add_argument("--municipality", required=True, metavar="CODE", help="団体コード（5桁か6桁）")
    judging.add_argument("--date", required=True, metavar="DATE", help="判定する日（例 2024-05-24、R6.5.24）")
    judging.add_argument(
        "--region",
        metavar="SLUG",
        help="この圏域の回答と資料を使う（省略時は、中心となる圏域が一つならその圏域）",
    )
    judging.add_argument("--census", type=int, metavar="YEAR", help="国勢調査の年（省略時は要綱が指す年）")
    asking = console.command(
        subparsers, "partners", run_partners, help="通勤通学割合から、連携の候補になる市町村を示す"
    )
    asking.add_argument(
        "--centre",
        required=True,
        nargs="+",
        metavar="CODE",
        help="中心となる市の団体コード（二つ書くと、2市を一つの中心とする）",
    )
    asking.add_argument("--threshold", default="0.10", metavar="SHARE", help="割合（小数、省略時 0.10）")
    asking.add_argument(
        "--region", metavar="SLUG", help="この圏域の構成市町村と比べる（省略時は中心市の圏域）"
    )
    paying = console.command(
        subparsers, "funding", run_funding, help="特別交付税措置の見込額を、市町村ごとに求める"
    )
    paying.add_argument("--region", required=True, metavar="SLUG", help="圏域の識別名")
    paying.add_argument("--year", required=True, type=int, metavar="YEAR", help="年度")
    paying.add_argument(
        "--general-revenue",
        type=Path,
        metavar="FILE.csv",
        help="一般財源（列 municipality_code,initiative,general_revenue、円。省略時は入力済みの計上）",
    )
    paying.add_argument("--programme", choices=PROGRAMMES, help="制度（省略時はその年度の圏域の制度）")


@needs_database
def run_eligibility(args: argparse.Namespace) -> Result:
    """The verdict and every rule's, with figure, threshold, edition and article."""
    from django_scopes import scope

    from keniki.apps.programmes.eligibility import assess
    from keniki.apps.programmes.evidence import facts_of
    from keniki.apps.programmes.queries import municipality_asked, settings_for
    from keniki.core import era
    from keniki.rulebooks.loader import RuleNotInForce

    code = municipality_asked(args.municipality, "--municipality")
    try:
        day = era.parse_date(args.date)
    except WrongInput as error:
        raise error.at(column="--date") from None
    _refuse_before(args.programme, day)
    if args.census is not None and (not 1920 <= args.census <= day.year or args.census % 5):
        raise WrongInput(
            f"{args.census}年には、{era.format_date(day)}までに行われた国勢調査がありません。"
            "2015、2020 のように5年ごとの年を入力してください。",
            column="--census",
        )
    region = _region_of(args, code)
    with scope(region=region if region is not None else []):
        facts = facts_of(code, region, day, args.programme)
        settings = settings_for(region)
    try:
        found = assess(args.programme, day, facts, census=args.census, settings=settings)
    except RuleNotInForce as error:
        raise WrongInput(
            f"{era.format_date(day)}には、この判定に要る規則がありません。{error.message}", column="--date"
        ) from error
    console.say(f"{facts.city.name}: {found.verdict}（国勢調査 {found.census or '不明'}）")
    for each in found.findings:
        console.say(f"  {each.id} {each.verdict}  {each.title}: {each.explanation}")
    console.note(*found.notes, *(other.explanation for other in found.would_change))
    return {
        "municipality": code,
        "name": facts.city.name,
        "programme": found.programme,
        "verdict": str(found.verdict),
        "census": found.census,
        "named_census": found.named_census,
        "rules": [
            {
                "id": each.id,
                "title": each.title,
                "requirement": str(each.requirement),
                "verdict": str(each.verdict),
                "value": _number(each.value),
                "unit": each.unit,
                "threshold": _number(each.threshold),
                "margin": _number(each.margin),
                "margin_share": _number(each.margin_share),
                "answered": each.is_answered,
                "edition": each.edition,
                "article": each.article,
                "source": each.source,
                "evidence": list(each.evidence),
                "explanation": each.explanation,
            }
            for each in found.findings
        ],
        "notes": list(found.notes),
        "other_editions": [
            {
                "census": other.census,
                "verdict": str(other.verdict) if other.verdict else None,
                "explanation": other.explanation,
            }
            for other in found.other_editions
        ],
    }


@needs_database
def run_partners(args: argparse.Namespace) -> Result:
    """Every municipality by its commuting share, whether the rule names it and whether it is a member."""
    from keniki.apps.programmes.evidence import commuting_to
    from keniki.apps.programmes.partners import partners
    from keniki.apps.programmes.queries import municipality_asked
    from keniki.apps.regions.policies import today
    from keniki.rulebooks.programmes.eligibility import partner_guide

    if len(args.centre) > 2:
        raise WrongInput("中心となる市は2市までです。", column="--centre")
    centre, second = [*(municipality_asked(typed, "--centre") for typed in args.centre), ""][:2]
    try:
        threshold = Decimal(args.threshold)
    except InvalidOperation:
        raise WrongInput(
            f"割合「{args.threshold}」は数ではありません。10％は 0.10 と入力してください。",
            column="--threshold",
        ) from None
    if not threshold.is_finite() or not 0 < threshold <= 1:
        raise WrongInput(
            f"割合「{args.threshold}」は0～1の範囲で指定してください（10％は 0.10）。", column="--threshold"
        )
    shares = commuting_to(centre, second=second)
    if not shares:
        console.note(
            f"{centre} への通勤・通学の流動がありません。国勢調査の従業地・通学地の表（e-Stat 0003454527）か、"
            "origin,destination,purpose,value のCSVを keniki data import で読み込んでください。"
        )
    near = partner_guide("near_miss", today()).value.at_least
    found = partners(
        shares,
        centre=centre,
        second=second,
        threshold=threshold,
        near_from=min(near, threshold),
        members=_members(args, centre),
    )
    for row in found.rows:
        share = "不明" if row.share is None else f"{row.share * 100:.1f}%"
        marks = "・".join(
            word
            for word, on in (("基準以上", row.by_rule), ("基準に近い", row.near_miss), ("構成", row.member))
            if on
        )
        console.say(f"{row.code} {row.name} {share} {marks}")
    return {
        "centre": centre,
        "centres": [code for code in (centre, second) if code],
        "threshold": float(found.threshold),
        "unit": "fraction",
        "partners": [
            {
                "code": row.code,
                "name": row.name,
                "share": _number(row.share),
                "by_rule": row.by_rule,
                "near_miss": row.near_miss,
                "member": row.member,
                "edition": row.edition,
                "explanation": row.explanation,
            }
            for row in found.rows
        ],
    }


@needs_database
def run_funding(args: argparse.Namespace) -> Result:
    """What each member may receive as special allocation tax: an estimate, with the sheet it rests on."""
    from django_scopes import scope

    from keniki.apps.programmes import funding, queries
    from keniki.core.fiscal_year import FiscalYear, format_table
    from keniki.rulebooks.loader import RuleNotInForce

    actor = acting.actor(args)
    region = acting.region(actor, args.region)
    year = FiscalYear(args.year)
    programme = args.programme or _programme_of(region, year)
    with scope(region=region):
        members = queries.members_of_year(region, year)
        names = {row.code: row.name for row in members}
        claims = _claims(args.general_revenue, region, year, programme, names)
        settings = queries.settings_for(region)
    try:
        found = funding.estimate(programme, year, members, claims, settings=settings)
    except RuleNotInForce as error:
        raise WrongInput(
            f"{format_table(year)}には、この制度の規則がありません。{error.message}", column="--year"
        ) from error
    for row in found.rows:
        said = "上限額か率の確認が必要" if row.estimate is None else f"{row.estimate:,}円"
        console.say(f"{row.code} {row.name}: 一般財源 {row.general_revenue:,}円 → 見込 {said}")
    console.note("特別交付税は、国が毎年度決定します。この額は見込みです。", *found.asks)
    sheets = funding.basis_sheet(found, claims)
    return {
        "region": region.slug,
        "programme": programme,
        "year": int(year),
        "rate": _number(found.rate.known_value.rate) if found.rate.known_value else None,
        "confirmed": found.confirmed,
        "unit": "yen",
        "municipalities": [
            {
                "code": row.code,
                "name": row.name,
                "role": str(row.role),
                "general_revenue": row.general_revenue,
                "eligible": row.eligible,
                "cap": row.cap,
                "estimate": row.estimate,
                "capped": row.capped,
                "exhausting": row.exhausting,
                "answered": row.rule.is_answered if row.rule else False,
                "asks": "；".join(row.asks) or None,
            }
            for row in found.rows
        ],
        "total": found.total,
        "basis": [
            {
                "code": sheet.municipality.code,
                "rows": [
                    {"initiative": line.initiative, "general_revenue": line.general_revenue}
                    for line in sheet.rows
                ],
            }
            for sheet in sheets
        ],
        "initiatives": [
            {
                "initiative": row.initiative,
                "slug": row.initiative_slug or None,
                "general_revenue": row.general_revenue,
                "municipalities": list(row.names),
            }
            for row in funding.initiative_sums(sheets)
        ],
        "asks": list(found.asks),
    }


def _refuse_before(programme_key: str, day: date) -> None:
    """WrongInput for a day before the programme began."""
    from keniki.core import era
    from keniki.rulebooks.programmes import programme

    rule = programme(programme_key, date.max)
    if day < rule.valid_from:
        raise WrongInput(
            f"{rule.value.name}は{era.format_date(rule.valid_from)}からの制度です。それより後の日を指定してください。",
            column="--date",
        )


def _number(value: Decimal | str | None) -> float | str | None:
    return float(value) if isinstance(value, Decimal) else value


def _members(args: argparse.Namespace, centre: str) -> dict[str, str]:
    """The partners in fact: of the region named, else of the regions this city is the centre of."""
    from keniki.apps.regions.models import Region, RegionMembership
    from keniki.apps.regions.policies import today
    from keniki.apps.regions.queries import members_on

    actor = acting.actor(args)
    if args.region:
        regions = [acting.region(actor, args.region)]
    else:
        regions = list(
            Region.objects.filter(
                memberships__municipality__code=centre,
                memberships__role=RegionMembership.Role.CENTRE,
                memberships__valid__contains=today(),
            ).distinct()
        )
    return {row.municipality.code: row.municipality.name for region in regions for row in members_on(region)}


def _programme_of(region: Region, year: FiscalYear) -> str:
    from keniki.apps.programmes.queries import programme_in

    running = programme_in(region, year)
    if running is None:
        raise WrongInput(
            f"{region.name}には、この年度の制度が登録されていません。--programme で指定してください。",
            column="--programme",
        )
    return running


def _region_of(args: argparse.Namespace, code: str) -> Region | None:
    """The region asked for, else the only one the municipality is a centre of: its answers and facts count."""
    from keniki.apps.regions.models import Region, RegionMembership
    from keniki.apps.regions.policies import today

    actor = acting.actor(args)
    if args.region:
        return acting.region(actor, args.region)
    centre = Region.objects.filter(
        memberships__municipality__code=code,
        memberships__role=RegionMembership.Role.CENTRE,
        memberships__valid__contains=today(),
    ).distinct()
    found = list(centre[:2])
    return found[0] if len(found) == 1 else None


def _claims(
    path: Path | None, region: Region, year: FiscalYear, programme: str, members: dict[str, str]
) -> list[Claim]:
    """The rows of the file, all or nothing; without one what the members have entered for the programme."""
    from keniki.apps.programmes import naming, queries
    from keniki.apps.programmes.funding import read_claims

    if path is not None:
        return read_claims(
            console.read_bytes(path),
            file=str(path),
            region=region.slug,
            year=year,
            members=members,
            initiatives=naming.initiatives(region),
        )
    if not queries.claims_of(region, year):
        raise WrongInput(
            f"{region.name}には、この年度の一般財源の計上がありません。画面で入力するか、"
            "--general-revenue でファイルを指定してください。",
            column="--general-revenue",
        )
    outside = dict.fromkeys(row.municipality.name for row in queries.claims_outside(region, year))
    if outside:
        console.note(f"{'、'.join(outside)}は、この年度の構成市町村ではないため、見込額に含めていません。")
    return [queries.as_claim(row, region.slug) for row in queries.claims_under(region, year, programme)]
