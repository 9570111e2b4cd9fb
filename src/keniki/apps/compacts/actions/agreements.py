"""Agreements: creating them, one or one per partner; their way through assemblies and states; amending them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from django.db import connection

from keniki.apps.accounts.actor import Actor
from keniki.apps.accounts.verbs import Act, changes, snapshot, verb
from keniki.apps.compacts import policies, starting, states
from keniki.apps.compacts.models import (
    Agreement,
    AgreementVersion,
    AnnexItem,
    Dissolution,
    Measure,
    Party,
    PartyRole,
    Resolution,
    Signatory,
    StateChange,
)
from keniki.apps.compacts.procedures import town_steps, words_for
from keniki.apps.compacts.states import AgreementState as State
from keniki.apps.regions import policies as regions
from keniki.apps.regions import queries as region_queries
from keniki.apps.regions.models import Municipality, Region, RegionMembership
from keniki.core import era
from keniki.core.errors import WrongInput

from .common import check_day, differences, free_slug, needed, shown
from .ways import clear_way, write_way

#: States whose entry binds the parties to the text.
BINDING = (State.CONCLUDED, State.PUBLISHED)


def create_agreement(
    actor: Actor,
    region: Region,
    *,
    kind: str,
    parties: Sequence[Municipality],
    programme: str = "",
    title: str = "",
) -> Agreement:
    """A draft with its starting text.

    Parties stand in the region's order, the centre first; one-to-one kinds mark the centre 甲 and the partner 乙.
    An empty `title` takes the starting text's.
    """
    ruling = policies.edit_shared(actor, region)
    with verb(actor, "compacts.create_agreement", region=region.slug, ruling=ruling) as act:
        return _create(act, region, kind, parties, programme, title)


def create_pairs(
    actor: Actor,
    region: Region,
    *,
    kind: str,
    programme: str = "",
    partners: Sequence[Municipality] | None = None,
) -> list[Agreement]:
    """One draft between the centre and each partner (all by default) that has none of this kind that lasts.

    Two centres conclude 形成協定 together on one side, and 連携協約 each with every partner.
    """
    ruling = policies.edit_shared(actor, region)
    if kind not in states.PAIRED_KINDS:
        raise WrongInput("1対1で締結する種別（形成協定・連携協約）を選んでください。", column="種別")
    centres, all_partners = _sides(region, kind)
    sides = [centres] if kind in states.JOINT_CENTRES else [[centre] for centre in centres]
    existing = _concluding(region, kind)
    missing = [
        [*side, town]
        for town in all_partners
        if partners is None or town in partners
        for side in sides
        if not any({town.pk, side[0].pk} <= parties for parties in existing)
    ]
    if not missing:
        raise WrongInput("選んだ相手方のすべてについて、この種別の協定が既にあります。")
    with verb(actor, "compacts.create_pairs", region=region.slug, ruling=ruling) as act:
        return [_create(act, region, kind, parties, programme, "") for parties in missing]


def edit_agreement(actor: Actor, agreement: Agreement, version: int | None, **values: Any) -> Agreement:
    """Change title, programme, valid_from, valid_to, document_no or note."""
    allowed = {"title", "programme", "valid_from", "valid_to", "document_no", "note"}
    unknown = set(values) - allowed
    assert not unknown, unknown
    ruling = policies.edit_head(actor, agreement)
    with verb(
        actor, "compacts.edit_agreement", region=agreement.region.slug, ruling=ruling, quiet=True
    ) as act:
        agreement = act.lock(agreement, version)
        if "title" in values:
            values["title"] = needed(values["title"], "名称")
        first = values.get("valid_from", agreement.valid_from)
        last = values.get("valid_to", agreement.valid_to)
        if first and last and last < first:
            raise WrongInput("効力の終了が開始より前です。", column="効力の終了")
        lines = differences(agreement, values)
        if not lines:
            return agreement
        before = snapshot(agreement, *values)
        for name, value in values.items():
            setattr(agreement, name, value)
        act.save(agreement)
        act.log(
            agreement,
            *changes(before, snapshot(agreement, *values)),
            f"「{agreement}」の{'、'.join(lines)} に変更",
        )
        return agreement


def move_agreement(
    actor: Actor,
    agreement: Agreement,
    version: int | None,
    to: str,
    *,
    on: date | None = None,
    document_no: str = "",
) -> Agreement:
    """Enter the state `to` on the day `on`.

    Submitting or concluding freezes the text. Going back from a bill clears what the assemblies had done. When a
    変更協定 binds, the agreement it changes gets its text as the next version and becomes 変更済.
    """
    ruling = policies.move(actor, agreement, to)
    with verb(actor, "compacts.move_agreement", region=agreement.region.slug, ruling=ruling) as act:
        agreement = act.lock(agreement, version)
        policies.move(actor, agreement, to).require()
        if on is None:
            raise WrongInput("日付を入力してください。", column="日付")
        last = agreement.state_changes.filter(on__isnull=False).order_by("-order", "-id").first()
        check_day(
            on, "日付", not_before=last.on if last else None, after_what=f"「{last}」の日" if last else ""
        )
        if to == State.RESOLVED:
            _check_after(agreement.resolutions.all(), on, "resolved_on", "議決")
        if to == State.DISSOLUTION_PASSED:
            _check_after(agreement.dissolutions.all(), on, "resolved_on", "議決")
        if to == State.ENDED:
            _check_end(agreement, on)
        back = policies.going_back(agreement, to)
        dissolved = agreement.state in states.DISSOLVING or agreement.kind not in states.RESOLVED_KINDS
        _enter(act, agreement, to, on, document_no)
        if to == State.SUBMITTED or (to in BINDING and not back):
            _freeze(act, agreement)
        if to == State.DRAFT:
            for row in agreement.resolutions.all():
                clear_way(act, row)
        if back:
            for way in agreement.dissolutions.all():
                clear_way(act, way)
        if to in BINDING and not back:
            agreement.concluded_on = on
            agreement.valid_from = agreement.valid_from or on
            agreement.document_no = document_no or agreement.document_no
        if to == State.ENDED and dissolved:
            agreement.valid_to = on
        agreement.save()
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute("SET CONSTRAINTS ALL DEFERRED")
        if to in BINDING and not back and agreement.amends is not None:
            _carry_out(act, agreement, on)
        return agreement


def record_resolution(
    actor: Actor, agreement: Agreement, municipality: Municipality, version: int | None, **values: Any
) -> Resolution:
    """One party's way through its assembly.

    `values`: ordinance, ordinance_name, bill_no, submitted_on, result, resolved_on, public_notice_on, notified_on,
    as far as the agreement's state leaves them open; anything else is refused.
    """
    ruling = policies.record_resolution(actor, agreement, municipality)
    with verb(
        actor, "compacts.record_resolution", region=agreement.region.slug, ruling=ruling, quiet=True
    ) as act:
        agreement = act.lock(agreement, None)
        row = Resolution.objects.filter(agreement=agreement, municipality=municipality).first()
        row = act.lock(row, version) if row else Resolution(agreement=agreement, municipality=municipality)
        return write_way(act, agreement, row, values, policies.resolution_fields(agreement))


def start_amendment(actor: Actor, agreement: Agreement, *, title: str = "") -> Agreement:
    """A draft 変更協定: the same parties, and the text in force to be changed."""
    ruling = policies.amend(actor, agreement)
    region = agreement.region
    with verb(actor, "compacts.start_amendment", region=region.slug, ruling=ruling) as act:
        agreement = act.lock(agreement, None)
        policies.amend(actor, agreement).require()
        source = policies.last_version(agreement)
        if source is None:
            raise WrongInput(
                "元の協定の本文が登録されていないため、変更協定を作成できません。先に本文を登録してください。"
            )
        taken = Agreement.objects.filter(region=region).values_list("slug", flat=True)
        amendment = act.save(
            Agreement(
                region=region,
                slug=free_slug(taken, f"{agreement.slug}-henkou"[:70]),
                kind=agreement.kind,
                title=title.strip() or f"{agreement.title}の一部を変更する協定書",
                programme=agreement.programme,
                amends=agreement,
            )
        )
        _parties(amendment, [(party.municipality, party.mark) for party in agreement.parties.all()])
        copy_version(source, amendment, 1)
        StateChange(agreement=amendment, state=State.DRAFT, order=1).save()
        act.log(amendment, None, snapshot(amendment), f"「{agreement}」の変更協定「{amendment}」の案を 作成")
        return amendment


def copy_version(
    source: AgreementVersion, agreement: Agreement, number: int, *, change_note: str = ""
) -> AgreementVersion:
    """A new, open version with all text of `source`; keys of annex items, measures and roles stay the same."""
    version = AgreementVersion(
        agreement=agreement,
        number=number,
        preamble=source.preamble,
        articles=source.articles,
        closing=source.closing,
        annex_heading=source.annex_heading,
        change_note=change_note,
    )
    version.save()
    for item in source.annex_items.all():
        measures, roles = list(item.measures.all()), list(item.roles.all())
        names = ("key", "order", "group", "field_label", "fields", "title", "direction", "remarks")
        copy = AnnexItem(agreement_version=version, **{name: getattr(item, name) for name in names})
        copy.save()
        for measure in measures:
            Measure(annex_item=copy, key=measure.key, order=measure.order, text=measure.text).save()
        for role in roles:
            parts = ("order", "municipalities", "items", "keys")
            PartyRole(annex_item=copy, **{name: getattr(role, name) for name in parts}).save()
    for row in source.signatories.all():
        values = ("municipality", "order", "address", "title", "name", "name_complete")
        Signatory(agreement_version=version, **{name: getattr(row, name) for name in values}).save()
    return version


def open_version(agreement: Agreement) -> AgreementVersion:
    """The version of a draft that may be written: a frozen last one (a withdrawn bill) is continued in a copy."""
    last = policies.last_version(agreement)
    if last is None:
        version = AgreementVersion(agreement=agreement, number=1)
        version.save()
        return version
    if last.frozen:
        return copy_version(last, agreement, last.number + 1)
    return last


# --- steps ------------------------------------------------------------------------------------------------


def _create(
    act: Act, region: Region, kind: str, parties: Sequence[Municipality], programme: str, title: str
) -> Agreement:
    if kind not in Agreement.Kind.values:
        raise WrongInput("種別を選んでください。", column="種別")
    marked = _marked(region, kind, parties)
    towns = [town for town, _ in marked]
    text = starting.starting_text(
        kind,
        region=region.name,
        parties=[town.name for town in towns],
        centres=[mark for _, mark in marked].count("甲") or 1,
    )
    taken = Agreement.objects.filter(region=region).values_list("slug", flat=True)
    stem = f"{kind}-{towns[-1].code}" if kind in states.PAIRED_KINDS else kind
    agreement = act.save(
        Agreement(
            region=region,
            slug=free_slug(taken, stem),
            kind=kind,
            title=title.strip() or text.title,
            programme=programme,
        )
    )
    _parties(agreement, marked)
    version = AgreementVersion(
        agreement=agreement,
        number=1,
        preamble=text.preamble,
        articles=text.articles,
        closing=text.closing,
        annex_heading=text.annex_heading,
    )
    version.save()
    if kind != Agreement.Kind.POLICY:
        for order, town in enumerate(towns, 1):
            Signatory(
                agreement_version=version,
                municipality=town,
                order=order,
                address=town.office_address,
                title=f"{town.name}長",
            ).save()
    StateChange(agreement=agreement, state=State.DRAFT, order=1).save()
    names = "、".join(f"{mark} {town.name}".strip() for town, mark in marked)
    act.log(agreement, None, snapshot(agreement), f"「{agreement}」（{names}）の案を 作成")
    return agreement


def _parties(agreement: Agreement, marked: Sequence[tuple[Municipality, str]]) -> None:
    for order, (town, mark) in enumerate(marked, 1):
        Party(agreement=agreement, municipality=town, order=order, mark=mark).save()


def _concluding(region: Region, kind: str) -> list[set[int]]:
    """The parties of every agreement of the kind that lasts or is on its way."""
    found: dict[int, set[int]] = {}
    rows = Party.objects.filter(
        agreement__region=region, agreement__kind=kind, agreement__amends=None
    ).exclude(agreement__state__in=states.FINAL)
    for agreement, town in rows.values_list("agreement_id", "municipality_id"):
        found.setdefault(agreement, set()).add(town)
    return list(found.values())


def _sides(region: Region, kind: str) -> tuple[list[Municipality], list[Municipality]]:
    members = region_queries.members_on(region)
    centres = [m.municipality for m in members if m.role == RegionMembership.Role.CENTRE]
    if not centres:
        raise WrongInput(
            f"この圏域には{words_for(kind, regions.today())['centre']}が登録されていません。"
            f"{region.members_term}の役割を登録してください。"
        )
    return centres, [m.municipality for m in members if m.role == RegionMembership.Role.PARTNER]


def _marked(region: Region, kind: str, parties: Sequence[Municipality]) -> list[tuple[Municipality, str]]:
    """The parties in the region's order with their marks; WrongInput when they do not fit the kind."""
    members = region_queries.members_on(region)
    chosen = {town.pk for town in parties}
    ordered = [m for m in members if m.municipality_id in chosen]
    if len(ordered) != len(chosen):
        raise WrongInput(f"当事者は、現在の{region.members_term}から選んでください。", column="当事者")
    towns = [m.municipality for m in ordered]
    if kind == Agreement.Kind.POLICY:
        if len(towns) != 1:
            raise WrongInput("形成方針は、1つの市が定めます。市を1つ選んでください。", column="当事者")
        return [(towns[0], "")]
    if kind in states.PAIRED_KINDS:
        centres = [m.municipality for m in ordered if m.role == RegionMembership.Role.CENTRE]
        partners = [m.municipality for m in ordered if m.role == RegionMembership.Role.PARTNER]
        every = [m.municipality for m in members if m.role == RegionMembership.Role.CENTRE]
        side = len(every) if kind in states.JOINT_CENTRES else 1
        if len(centres) != max(side, 1) or len(partners) != 1:
            words = words_for(kind, regions.today())
            how = "1市町村ずつ" if side <= 1 else f"{words['centre']}は{side}市とも、{words['partner']}は1つ"
            raise WrongInput(
                f"この種別は、{words['centre']}と{words['partner']}の1対1で締結します。{how}選んでください。",
                column="当事者",
            )
        return [*((town, "甲") for town in centres), (partners[0], "乙")]
    if len(towns) < 2:
        raise WrongInput("当事者を2つ以上選んでください。", column="当事者")
    return [(town, "") for town in towns]


def _enter(act: Act, agreement: Agreement, to: str, on: date, document_no: str) -> None:
    before = snapshot(agreement, "state", "concluded_on", "valid_to")
    was = agreement.get_state_display()
    agreement.state = to
    act.save(agreement)
    order = agreement.state_changes.count() + 1
    StateChange(agreement=agreement, state=to, on=on, document_no=document_no, order=order).save()
    number = f"、{document_no}" if document_no else ""
    act.log(
        agreement,
        before,
        {"state": to, "on": shown(on), "document_no": document_no},
        f"「{agreement}」を {was}→{agreement.get_state_display()} に進めた（{era.format_date(on)}{number}）",
    )


def _freeze(act: Act, agreement: Agreement) -> None:
    version = policies.last_version(agreement)
    if version is not None and not version.frozen:
        version.frozen = True
        act.save(version)


def _check_after(rows: Iterable[Resolution | Dissolution], on: date, name: str, what: str) -> None:
    days = [day for row in rows if (day := getattr(row, name))]
    if days and on < max(days):
        raise WrongInput(
            f"最後の{what}（{era.format_date(max(days))}）より前の日付です。日付を確かめてください。",
            column="日付",
        )


def _check_end(agreement: Agreement, on: date) -> None:
    """An end by notice comes after the last notice, an end by expiry on the term's last day or later."""
    _check_after(agreement.dissolutions.all(), on, "partner_noticed_on", "通告")
    if agreement.kind in states.RESOLVED_KINDS and agreement.state not in states.DISSOLVING:
        check_day(on, "日付", not_before=agreement.valid_to, after_what="効力の終了日")


def _carry_out(act: Act, amendment: Agreement, on: date) -> None:
    """Give the amended agreement the amendment's text as its next version."""
    assert amendment.amends is not None
    original = act.lock(amendment.amends, None)
    last = policies.last_version(original)
    source = policies.last_version(amendment)
    assert last is not None
    assert source is not None
    if not last.frozen:
        last.frozen = True
        act.save(last)
    version = copy_version(source, original, last.number + 1, change_note=amendment.title)
    version.frozen = True
    act.save(version)
    _enter(act, original, State.CHANGED, on, amendment.document_no)


def asks_towns(agreement: Agreement) -> bool:
    """Whether the kind has steps that each party records."""
    return bool(town_steps(agreement, regions.today()))
