"""Municipalities that go into another on a day: mergers (編入・新設合併), new names and codes (改称・市制施行)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from psycopg.types.range import DateRange

from keniki.apps.accounts.actor import SYSTEM, Actor
from keniki.apps.accounts.verbs import Act, changes, snapshot, verb
from keniki.core import era
from keniki.core.digits import plain
from keniki.core.errors import WrongInput
from keniki.core.municipality_code import check_digit, parse_code
from keniki.core.names import join_names

from .. import policies
from ..days import in_words
from ..models import Municipality, Organisation, Post, PostHolder, Region, RegionMembership
from ..queries import role_words
from .people import town_organisation

Role = RegionMembership.Role


@dataclass(frozen=True)
class NewTown:
    """A municipality that comes into being: code of five or six digits, name, kind."""

    code: str
    name: str
    kind: str
    kana: str = ""
    county: str = ""


@dataclass(frozen=True)
class Merged:
    """What a merger did, and what is left for people to do.

    `proposals` are the regions that lost a member and do not have the successor yet; `posts` are those of the old
    municipalities that somebody still holds: they are moved with the next transfer.
    """

    successor: Municipality
    left: list[RegionMembership] = field(default_factory=list)
    joined: list[RegionMembership] = field(default_factory=list)
    proposals: list[Region] = field(default_factory=list)
    posts: list[Post] = field(default_factory=list)


def merge(
    actor: Actor,
    towns: Sequence[Municipality],
    into: Municipality | NewTown,
    on: date,
    *,
    roles: Mapping[str, str] | None = None,
    region: str = "",
) -> Merged:
    """On `on` the towns go into another municipality (編入合併) or into a new one (新設合併).

    Their memberships end on the day before. In a region named in `roles` (by slug) the successor becomes a member
    with that role, in the place of the first of them; elsewhere it is proposed. Records keep the old names.
    """
    ruling = policies.merge_towns(actor, towns)
    with verb(actor, "regions.merge", region=region, ruling=ruling) as act:
        return merge_inside(act, towns, into, on, roles or {})


def merge_inside(
    act: Act,
    towns: Sequence[Municipality],
    into: Municipality | NewTown,
    on: date,
    roles: Mapping[str, str],
) -> Merged:
    """The part of `merge` that a list of municipalities does inside its own verb."""
    old = _locked(towns, on)
    names = join_names(town.name for town in old)
    left = _memberships(old, on)
    successor, way = _successor(old, into, on)
    home = act.region
    for slug, rows in left.items():
        region = rows[0].region
        ended = "、".join(f"{row.municipality.name}は{_until(row, on)}" for row in rows)
        for row in rows:
            _end(act, row, on)
        act.region = slug
        act.log(
            rows[0],
            {"municipalities": [row.municipality.code for row in rows]},
            {"successor": successor.code, "on": str(on)},
            f"{names} の{era.format_date(on)}の{successor.name}への{way}を登録（{region.name}の期間：{ended}）",
            municipality=successor.code,
        )
    result = Merged(successor, [row for rows in left.values() for row in rows], posts=_held(old, on))
    for slug, rows in left.items():
        act.region = slug
        _take_over(act, rows, result, on, roles.get(slug, ""))
    act.region = home
    if not left:
        act.log(
            successor,
            {"municipalities": [town.code for town in old]},
            {"successor": successor.code, "on": str(on)},
            f"{names} の{era.format_date(on)}の{successor.name}への{way}を登録",
            municipality=successor.code,
        )
    if isinstance(into, NewTown):
        town_organisation(successor)
    _follow(act, policies.today())
    return result


def rename(actor: Actor, town: Municipality, new: NewTown, on: date, *, region: str = "") -> Municipality:
    """From `on` the municipality has another name or code (改称, 町制・市制施行); it stays the same body.

    Where code and name stay, its kind (中核市への移行), reading and county are changed in place.

    It stays a member wherever it is one, in its role and place; its body with all posts goes with it on the day.
    """
    ruling = policies.merge_towns(actor, [town])
    with verb(actor, "regions.rename", region=region, ruling=ruling) as act:
        return rename_inside(act, town, new, on)


def rename_inside(act: Act, town: Municipality, new: NewTown, on: date) -> Municipality:
    """The part of `rename` that a list of municipalities does inside its own verb."""
    (old,) = _locked([town], on)
    if (_code(new.code), new.name.strip()) == (old.code, old.name):
        return _corrected(act, old, new, on)
    left = _memberships([old], on)
    successor, _ = _successor([old], new, on)
    home = act.region
    for slug in list(left) or [home]:
        act.region = slug
        for row in left.get(slug, []):
            _continue(act, row, successor, on)
            policies.forget_members(row.region)
        act.log(
            successor,
            snapshot(old, "code", "name", "kind"),
            snapshot(successor, "code", "name", "kind"),
            f"{old.name}（{old.code}）を{era.format_date(on)}から"
            f"{successor.name}（{successor.code}・{successor.get_kind_display()}）に変更",
            municipality=successor.code,
        )
    act.region = home
    _follow(act, policies.today())
    return successor


def _corrected(act: Act, town: Municipality, new: NewTown, on: date) -> Municipality:
    """Code and name stay: the kind (中核市への移行), the reading and the county change in place."""
    names = ("kind", "kana", "county")
    before = snapshot(town, *names)
    if new.kind not in Municipality.Kind.values:
        raise WrongInput(f"種別「{new.kind}」はありません。", column="種別")
    kind = town.get_kind_display()
    town.kind, town.kana, town.county = new.kind, new.kana.strip(), new.county.strip()
    old, after = changes(before, snapshot(town, *names))
    if not after:
        raise WrongInput(f"{town.name}のコード・名称・種別が変わっていません。", column="名称")
    town.save()
    what = (
        f"種別を{era.format_date(on)}から {kind}→{town.get_kind_display()} に"
        if "kind" in after
        else "ふりがな・郡の登録を"
    )
    act.log(town, old, after, f"{town.name} の{what}変更", municipality=town.code)
    return town


def follow_successors(actor: Actor = SYSTEM) -> int:
    """What was registered ahead takes effect: bodies of municipalities that are gone by today go with the
    successor. Returns how many changed; a second run changes none."""
    with verb(actor, "regions.follow_successors", quiet=True) as act:
        return _follow(act, policies.today())


def proposals(region: Region) -> list[tuple[Municipality, Municipality, date, str]]:
    """Former members that went into a municipality which is no member: old, successor, day and the old role."""
    rows = (
        RegionMembership.objects.filter(region=region, municipality__successor__isnull=False)
        .select_related("municipality__successor")
        .order_by("order", "valid")
    )
    members = RegionMembership.objects.filter(region=region)
    found = {}
    for row in rows:
        town = row.municipality
        on, successor = town.valid.upper, town.successor
        if successor is None or on is None or row.valid.upper != on:
            continue
        if not members.filter(municipality=successor, valid__overlap=DateRange(on, None, "[)")).exists():
            found[town.pk] = (town, successor, on, str(row.role))
    return list(found.values())


def _locked(towns: Sequence[Municipality], on: date) -> list[Municipality]:
    """The towns as stored, in the order given; WrongInput where one is doubled, gone, or not there yet."""
    if not towns:
        raise WrongInput("なくなる市町村を1つ以上選んでください。", column="なくなる市町村")
    stored = {
        town.pk: town
        for town in Municipality.objects.select_for_update().filter(pk__in=[town.pk for town in towns])
    }
    if len(stored) != len(towns):
        raise WrongInput("同じ市町村が2回選ばれています。", column="なくなる市町村")
    rows = [stored[town.pk] for town in towns]
    for town in rows:
        if town.valid.upper is not None:
            after = f"（承継先：{town.successor.name}）" if town.successor else ""
            raise WrongInput(
                f"{town.name}は既に {era.format_date(town.valid.upper - timedelta(days=1))} 限りで"
                f"なくなっています{after}。",
                column="なくなる市町村",
            )
        if town.valid.lower is not None and town.valid.lower >= on:
            raise WrongInput(
                f"{town.name}は {era.format_date(town.valid.lower)} からの市町村です。それより後の日にしてください。",
                column="変わる日",
            )
    return rows


def _successor(
    old: Sequence[Municipality], into: Municipality | NewTown, on: date
) -> tuple[Municipality, str]:
    """End the old municipalities and name their successor, stored where it is new; and what this is called."""
    if isinstance(into, NewTown):
        way = "新設合併" if len(old) > 1 else "承継"
        successor = _new_town(old, into, on)
    else:
        way, successor = "編入合併", into
        if successor.pk in {town.pk for town in old}:
            raise WrongInput(
                f"{successor.name}が、なくなる市町村にも入っています。どちらかにしてください。",
                column="承継する市町村",
            )
        if on not in successor.valid:
            raise WrongInput(
                f"{successor.name}は {era.format_date(on)} に存在しません（{in_words(successor.valid)}）。",
                column="承継する市町村",
            )
    for town in old:
        town.valid, town.successor = DateRange(town.valid.lower, on, "[)"), None
        town.save()
    if isinstance(into, NewTown):
        successor.save()
    for town in old:
        town.successor = successor
        town.save()
    return successor, way


def _new_town(old: Sequence[Municipality], new: NewTown, on: date) -> Municipality:
    code, name = _code(new.code), new.name.strip()
    if not name:
        raise WrongInput("新しい市町村の名称を入力してください。", column="名称")
    if new.kind not in Municipality.Kind.values:
        raise WrongInput(f"種別「{new.kind}」はありません。", column="種別")
    if code[:2] != old[0].prefecture:
        raise WrongInput(
            f"コード {code} の都道府県（{code[:2]}）が{old[0].name}（{old[0].prefecture}）と違います。",
            column="コード",
        )
    before = old[0]
    if len(old) == 1 and (code, name, new.kind) == (before.code, before.name, before.kind):
        raise WrongInput(f"{name}のコード・名称・種別が変わっていません。", column="名称")
    taken = (
        Municipality.objects.filter(code=code, valid__overlap=DateRange(on, None, "[)"))
        .exclude(pk__in=[town.pk for town in old])
        .first()
    )
    if taken is not None:
        raise WrongInput(
            f"コード {code} は {taken.name} のものです。コードを確かめるか、既にある市町村を選んでください。",
            column="コード",
        )
    same = len(old) == 1
    return Municipality(
        code=code,
        name=name,
        kana=new.kana.strip(),
        kind=new.kind,
        prefecture=code[:2],
        county=new.county.strip(),
        valid=DateRange(on, None, "[)"),
        office_address=before.office_address if same else "",
        latitude=before.latitude if same else None,
        longitude=before.longitude if same else None,
    )


def _code(typed: str) -> str:
    """Six digits; codes that the national table does not use (of fictional regions) need their check digit too."""
    digits = plain(typed).strip()
    if len(digits) == 6 and digits.isdigit() and check_digit(digits[:5]) == digits[5]:
        return digits
    try:
        return parse_code(digits)
    except WrongInput as wrong:
        raise wrong.at(column="コード") from None


def _memberships(old: Sequence[Municipality], on: date) -> dict[str, list[RegionMembership]]:
    """The memberships that the change touches, by region: the one that registered a town first comes first."""
    every = RegionMembership.objects.filter(municipality__in=old).order_by("pk")
    regions = list(dict.fromkeys(every.values_list("region__slug", flat=True)))
    rows = (
        RegionMembership.objects.select_for_update(of=("self",))
        .filter(municipality__in=old, valid__overlap=DateRange(on - timedelta(days=1), None, "[)"))
        .select_related("region", "municipality")
        .order_by("order", "valid")
    )
    found: dict[str, list[RegionMembership]] = {}
    for row in sorted(rows, key=lambda row: regions.index(row.region.slug)):
        found.setdefault(row.region.slug, []).append(row)
    return found


def _until(row: RegionMembership, on: date) -> str:
    if row.valid.lower is not None and row.valid.lower >= on:
        return "取消し"
    last = min(row.valid.upper or on, on) - timedelta(days=1)
    return f"{era.format_date(last)}まで"


def _end(act: Act, row: RegionMembership, on: date) -> None:
    """The membership ends on the eve; one that would begin later is taken back."""
    policies.forget_members(row.region)
    if row.valid.lower is not None and row.valid.lower >= on:
        row.delete()
    elif row.valid.upper is None or row.valid.upper > on:
        row.valid = DateRange(row.valid.lower, on, "[)")
        act.save(row)


def _take_over(act: Act, rows: list[RegionMembership], result: Merged, on: date, role: str) -> None:
    """The successor's membership in the region of the rows, if it is no member there and a role is given."""
    region, successor = rows[0].region, result.successor
    ahead = DateRange(on, None, "[)")
    if RegionMembership.objects.filter(region=region, municipality=successor, valid__overlap=ahead).exists():
        return
    if not role:
        result.proposals.append(region)
        return
    if role not in Role.values:
        raise WrongInput(f"役割「{role}」はありません。", column="役割")
    joined = RegionMembership.objects.create(
        region=region,
        municipality=successor,
        role=role,
        order=min(row.order for row in rows),
        valid=ahead,
    )
    town_organisation(successor)
    policies.forget_members(region)
    result.joined.append(joined)
    act.log(
        joined,
        None,
        {"role": role, "valid": str(joined.valid)},
        f"{successor.name} を{region.name}の{role_words(region)[role]}に追加（{in_words(joined.valid)}）",
        municipality=successor.code,
    )


def _continue(act: Act, row: RegionMembership, successor: Municipality, on: date) -> None:
    """The same membership under the new name: split on the day, or taken over where it begins later."""
    if row.valid.lower is not None and row.valid.lower >= on:
        row.municipality = successor
        act.save(row)
        return
    if row.valid.upper is not None and row.valid.upper <= on:
        return
    upper = row.valid.upper
    row.valid = DateRange(row.valid.lower, on, "[)")
    act.save(row)
    RegionMembership.objects.create(
        region=row.region,
        municipality=successor,
        role=row.role,
        order=row.order,
        valid=DateRange(on, upper, "[)"),
    )


def _held(old: Iterable[Municipality], on: date) -> list[Post]:
    holders = PostHolder.objects.filter(valid__overlap=DateRange(on, None, "[)")).values("post")
    return list(
        Post.objects.filter(
            organisation__kind=Organisation.Kind.MUNICIPALITY,
            organisation__municipality__in=list(old),
            pk__in=holders,
        ).select_related("organisation")
    )


def _follow(act: Act, day: date) -> int:
    """Bodies named by a municipality that is gone are named by its successor; of municipalities themselves only one
    that changed its name alone: after a merger their posts are moved by a transfer."""
    changed = 0
    gone = {"municipality__successor__isnull": False, "municipality__valid__endswith__lte": day}
    for body in Organisation.objects.filter(**gone).select_related("municipality__successor"):
        old = body.municipality
        assert old is not None
        new = old.successor
        assert new is not None
        if body.kind == Organisation.Kind.MUNICIPALITY and not _renamed(old, new):
            continue
        body = act.lock(body, None)
        before = snapshot(body, "name", "municipality_id")
        body.municipality = new
        body.name = new.name if body.name == old.name else body.name
        act.save(body)
        act.log(
            body,
            before,
            snapshot(body, *before),
            f"団体「{before['name']}」の市町村を {old.name}→{new.name} に変更",
            municipality=new.code,
        )
        changed += 1
    joint = {"members__successor__isnull": False, "members__valid__endswith__lte": day}
    for body in Organisation.objects.filter(**joint).distinct():
        names = []
        for town in body.members.filter(successor__isnull=False, valid__endswith__lte=day):
            body.members.remove(town)
            assert town.successor is not None
            body.members.add(town.successor)
            names.append(f"{town.name}→{town.successor.name}")
        act.log(body, None, None, f"団体「{body.name}」の構成市町村を {'、'.join(names)} に変更")
        changed += 1
    return changed


def _renamed(old: Municipality, new: Municipality) -> bool:
    """Did the one come from the other alone, and has no body of its own yet?"""
    return (
        new.valid.lower == old.valid.upper
        and new.predecessors.count() == 1
        and not Organisation.objects.filter(kind=Organisation.Kind.MUNICIPALITY, municipality=new).exists()
    )
