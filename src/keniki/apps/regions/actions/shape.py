"""The region itself: creation, its name and secretariat, dated members with roles, and its programmes."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date

from psycopg.types.range import DateRange

from keniki.apps.accounts.actor import Actor
from keniki.apps.accounts.models import User
from keniki.apps.accounts.verbs import Act, changes, snapshot, verb
from keniki.core import era
from keniki.core.errors import WrongInput
from keniki.core.names import join_names

from .. import policies
from ..days import in_words, last_day, period
from ..models import Municipality, Organisation, Post, PostHolder, Region, RegionMembership, RegionProgramme
from ..queries import members_word, programme_words, role_words
from .people import checked_slug, free_slug, new_organisation, town_organisation

Role = RegionMembership.Role

#: Names that are already addresses under /desk/.
RESERVED_SLUGS = frozenset({"regions", "statistics", "disaster", "new", "profile", "desk", "api"})


@dataclass(frozen=True)
class MemberRow:
    """A member to be: municipality, role and the first day; the order is that of the rows, centres first."""

    municipality: Municipality
    role: str
    first: date
    last: date | None = None


@dataclass(frozen=True)
class NewSecretariat:
    """A secretariat that is not registered yet: the section of the centre that runs the region."""

    slug: str
    name: str
    department: str = ""
    municipality: Municipality | None = None


def create_region(
    actor: Actor,
    *,
    slug: str,
    name: str,
    secretariat: Organisation | NewSecretariat,
    members: Sequence[MemberRow],
    short_name: str = "",
    members_term: str = "",
    programme: str = "",
    programme_first: date | None = None,
    legal_basis: str = "",
    fictional: bool = False,
) -> Region:
    """Create a region with its members and first programme; without `members_term` the members' kinds give it.

    Every member municipality gets an organisation to hold posts in, where it has none. Who creates the region
    without being the operator becomes administrator of a secretariat created with it, so that it can be run.
    """
    with verb(actor, "regions.create_region", region=slug, ruling=policies.create_region(actor)) as act:
        slug = checked_slug(slug, Region, "識別名")
        if slug in RESERVED_SLUGS:
            raise WrongInput(
                f"「{slug}」は画面の住所に使われています。別のものにしてください。", column="識別名"
            )
        if not name.strip():
            raise WrongInput("圏域名を入力してください。", column="圏域名")
        rows = _checked(members, programme_words(programme, programme_first)[Role.CENTRE])
        office = _office(actor, secretariat)
        region = Region.objects.create(
            slug=slug,
            name=name.strip(),
            short_name=short_name.strip(),
            members_term=members_term.strip() or members_word(None, (row.municipality for row in rows)),
            fictional=fictional,
            secretariat=office,
        )
        for number, row in enumerate(rows, 1):
            RegionMembership.objects.create(
                region=region,
                municipality=row.municipality,
                role=row.role,
                order=number,
                valid=period(row.first, row.last),
            )
            town_organisation(row.municipality)
        if programme:
            _programme(
                region, programme, programme_first or min(row.first for row in rows), None, legal_basis
            )
        if isinstance(secretariat, NewSecretariat) and actor.user is not None:
            _first_administrator(office, actor.user)
        names = join_names(row.municipality.name for row in rows)
        act.log(region, None, snapshot(region, "slug", "name"), f"圏域「{region.name}」を作成（{names}）")
    return region


def change_region(
    actor: Actor,
    region: Region,
    version: int | None,
    *,
    name: str,
    short_name: str,
    members_term: str,
    formation_history: str,
    secretariat: Organisation,
) -> Region:
    """Correct the region's name, terms and history, or hand the secretariat to another organisation.

    Who hands it over has to be administrator of the new one too, or the operator: see `policies.run_region`.
    """
    with verb(
        actor,
        "regions.change_region",
        region=region.slug,
        ruling=policies.manage_region(actor, region),
        quiet=True,
    ) as act:
        region = act.lock(region, version)
        if not name.strip():
            raise WrongInput("圏域名を入力してください。", column="圏域名")
        before = snapshot(region, *_FIELDS)
        moved = region.secretariat_id != secretariat.pk
        if moved:
            policies.run_region(actor, secretariat).require()
        old_office = str(region.secretariat)
        region.name, region.short_name = name.strip(), short_name.strip()
        region.members_term = ""
        region.members_term = members_term.strip() or members_word(region)
        region.formation_history = formation_history
        region.secretariat = secretariat
        old, new = changes(before, snapshot(region, *_FIELDS))
        if new:
            act.save(region)
            what = f"事務局を {old_office}→{secretariat} に変更" if moved else "基本情報を変更"
            act.log(region, old, new, f"{region.name} の{what}")
    return region


def join(
    actor: Actor, region: Region, municipality: Municipality, role: str, first: date, last: date | None = None
) -> RegionMembership:
    """A municipality becomes a member on `first`; it comes last in the order."""
    with _changing(actor, region, "regions.join") as act:
        membership = _join(region, municipality, role, first, last)
        act.log(
            membership,
            None,
            {"role": role, "valid": str(membership.valid)},
            f"{municipality.name} を{region.name}の{role_words(region)[role]}に追加（{in_words(membership.valid)}）",
            municipality=municipality.code,
        )
    policies.forget_members(region)
    return membership


def leave(actor: Actor, membership: RegionMembership, version: int | None, last: date) -> RegionMembership:
    """A member leaves; `last` is its last day. Its records stay."""
    region = membership.region
    with _changing(actor, region, "regions.leave") as act:
        membership = act.lock(membership, version)
        name = membership.municipality.name
        if membership.valid.lower and last < membership.valid.lower:
            raise WrongInput(
                f"{name}は {era.format_date(membership.valid.lower)} からの{region.members_term}です。"
                "それ以後の日にしてください。",
                column="最後の日",
            )
        before = {"valid": str(membership.valid)}
        membership.valid = _free_period(membership, membership.valid.lower, last)
        act.save(membership)
        act.log(
            membership,
            before,
            {"valid": str(membership.valid)},
            f"{name} を{region.name}から{era.format_date(last)}限りで外す",
            municipality=membership.municipality.code,
        )
    policies.forget_members(region)
    return membership


def change_role(
    actor: Actor, membership: RegionMembership, version: int | None, role: str, first: date
) -> RegionMembership:
    """From `first` on a member has another role; until the day before, it had the old one."""
    region = membership.region
    with _changing(actor, region, "regions.change_role") as act:
        old = act.lock(membership, version)
        name, words = old.municipality.name, role_words(region)
        if role not in Role.values or role == old.role:
            raise WrongInput(f"{name}の役割は既に「{words[old.role]}」です。", column="役割")
        if old.valid.lower and first <= old.valid.lower:
            raise WrongInput(
                f"{name}は {era.format_date(old.valid.lower)} から「{words[old.role]}」です。"
                "それより後の日にしてください。",
                column="変更日",
            )
        until = last_day(old.valid)
        if until is not None and first > until:
            raise WrongInput(
                f"{name}は {era.format_date(until)} までの{region.members_term}です。", column="変更日"
            )
        old.valid = period(old.valid.lower, date.fromordinal(first.toordinal() - 1))
        act.save(old)
        new = RegionMembership.objects.create(
            region=region,
            municipality=old.municipality,
            role=role,
            order=old.order,
            valid=period(first, until),
        )
        act.log(
            new,
            {"role": old.role},
            {"role": role},
            f"{name} の{region.name}での役割を {words[old.role]}→{words[new.role]} に変更"
            f"（{era.format_date(first)}から）",
            municipality=old.municipality.code,
        )
    policies.forget_members(region)
    return new


def reorder(actor: Actor, region: Region, municipalities: Sequence[Municipality]) -> None:
    """Set the order of the members (協定の順); centres come first whatever is given."""
    with _changing(actor, region, "regions.reorder") as act:
        rows = list(RegionMembership.objects.select_for_update().filter(region=region))
        place = {municipality.pk: number for number, municipality in enumerate(municipalities)}
        missing = {row.municipality_id for row in rows} - set(place)
        if missing:
            raise WrongInput(f"順序には、過去の{region.members_term}も含めてすべて並べてください。")
        centres = {row.municipality_id for row in rows if row.role == Role.CENTRE}
        ranked = sorted({row.municipality_id for row in rows}, key=lambda pk: (pk not in centres, place[pk]))
        for row in rows:
            number = ranked.index(row.municipality_id) + 1
            if row.order != number:
                row.order = number
                act.save(row)
        names = {municipality.pk: municipality.name for municipality in municipalities}
        act.log(region, None, None, f"{region.name} の順序を {join_names(names[pk] for pk in ranked)} に変更")


def set_programme(
    actor: Actor, region: Region, programme: str, first: date, last: date | None = None, legal_basis: str = ""
) -> RegionProgramme:
    """The region works under a programme from `first` on (to `last`); one that is open ends where `last` says."""
    with _changing(actor, region, "regions.set_programme") as act:
        row = (
            RegionProgramme.objects.select_for_update()
            .filter(region=region, programme=programme, valid__contains=first)
            .first()
        )
        if row is not None and row.valid.lower == first:
            before = {"valid": str(row.valid)}
            row.valid, row.legal_basis = period(first, last), legal_basis.strip() or row.legal_basis
            act.save(row)
        else:
            before = None
            row = _programme(region, programme, first, last, legal_basis)
        act.log(
            row,
            before,
            {"valid": str(row.valid)},
            f"{region.name} の制度「{row.get_programme_display()}」の期間を {in_words(row.valid)} と登録",
        )
    return row


_FIELDS = ("name", "short_name", "members_term", "formation_history", "secretariat_id")


def _changing(actor: Actor, region: Region, name: str) -> AbstractContextManager[Act]:
    return verb(actor, name, region=region.slug, ruling=policies.manage_region(actor, region))


def _checked(members: Sequence[MemberRow], centre: str) -> list[MemberRow]:
    """The rows in order, centres (called `centre`) first; WrongInput names what is doubled or missing."""
    if not members:
        raise WrongInput("構成団体となる市町村を1つ以上入力してください。", column="構成団体")
    seen: set[int] = set()
    for row in members:
        if row.municipality.pk in seen:
            raise WrongInput(
                f"{row.municipality.name}が2回入力されています。1行にしてください。", column="構成団体"
            )
        seen.add(row.municipality.pk)
        _there(row.municipality, period(row.first, row.last))
    if not any(row.role == Role.CENTRE for row in members):
        raise WrongInput(f"{centre}を1つ以上選んでください。", column="構成団体")
    return sorted(members, key=lambda row: row.role != Role.CENTRE)


def _office(actor: Actor, secretariat: Organisation | NewSecretariat) -> Organisation:
    if isinstance(secretariat, NewSecretariat):
        return new_organisation(
            secretariat.slug,
            Organisation.Kind.SECRETARIAT,
            secretariat.name,
            department=secretariat.department,
            municipality=secretariat.municipality,
        )
    policies.run_region(actor, secretariat).require()
    return secretariat


def _first_administrator(office: Organisation, user: User) -> None:
    post = Post.objects.create(
        organisation=office,
        slug=free_slug(office, Post.Role.ADMINISTRATOR),
        section=office.department,
        role=Post.Role.ADMINISTRATOR,
    )
    PostHolder.objects.create(post=post, user=user, valid=period(policies.today()))


def _programme(
    region: Region, programme: str, first: date, last: date | None, legal_basis: str
) -> RegionProgramme:
    if programme not in RegionProgramme.Programme.values:
        raise WrongInput(f"制度「{programme}」はありません。", column="制度")
    valid = period(first, last)
    twin = RegionProgramme.objects.filter(region=region, programme=programme, valid__overlap=valid).first()
    if twin is not None:
        raise WrongInput(
            f"「{twin.get_programme_display()}」は {in_words(twin.valid)} と重なります。期間を確かめてください。",
            column="期間",
        )
    return RegionProgramme.objects.create(
        region=region, programme=programme, valid=valid, legal_basis=legal_basis.strip()
    )


def _join(
    region: Region, municipality: Municipality, role: str, first: date, last: date | None
) -> RegionMembership:
    if role not in Role.values:
        raise WrongInput(f"役割「{role}」はありません。", column="役割")
    membership = RegionMembership(region=region, municipality=municipality, role=role)
    membership.valid = _free_period(membership, first, last)
    own = RegionMembership.objects.filter(region=region, municipality=municipality).order_by("-valid").first()
    last_order = (
        RegionMembership.objects.filter(region=region)
        .order_by("-order")
        .values_list("order", flat=True)
        .first()
    )
    membership.order = own.order if own else (last_order or 0) + 1
    membership.save()
    town_organisation(municipality)
    return membership


def _there(municipality: Municipality, valid: DateRange) -> None:
    """A municipality is a member only on days on which it exists."""
    there = municipality.valid
    if (there.lower and (valid.lower is None or valid.lower < there.lower)) or (
        there.upper and (valid.upper is None or valid.upper > there.upper)
    ):
        raise WrongInput(
            f"{municipality.name}は{in_words(there)}の市町村です。期間をその中にしてください。", column="期間"
        )


def _free_period(membership: RegionMembership, first: date | None, last: date | None) -> DateRange:
    valid = period(first, last)
    _there(membership.municipality, valid)
    twin = (
        RegionMembership.objects.filter(
            region=membership.region, municipality=membership.municipality, valid__overlap=valid
        )
        .exclude(pk=membership.pk)
        .first()
    )
    if twin is not None:
        raise WrongInput(
            f"{membership.municipality.name}は {in_words(twin.valid)}「{role_words(twin.region)[twin.role]}」として"
            "登録されており、"
            "期間が重なります。先にその期間を終えるか、日付を変えてください。",
            column="期間",
        )
    return valid
