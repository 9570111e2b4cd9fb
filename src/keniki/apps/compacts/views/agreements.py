"""Agreements: list, page, creating, head, states and each party's way through its assembly."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from django.contrib import messages
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from keniki.apps.accounts.actor import Ruling
from keniki.apps.accounts.models import LogEntry
from keniki.apps.compacts import actions, policies, procedures, queries, states
from keniki.apps.compacts.articles import article_texts, blanks
from keniki.apps.compacts.forms.agreements import (
    HeadForm,
    MoveForm,
    NewAgreementForm,
    PairsForm,
    ResolutionForm,
)
from keniki.apps.compacts.models import Agreement, AssemblyWay
from keniki.apps.compacts.queries.agreements import log_keys
from keniki.apps.regions import policies as regions
from keniki.apps.regions import queries as region_queries
from keniki.apps.regions.editing import Sheet, edit_page
from keniki.apps.regions.models import Municipality, Region, RegionMembership
from keniki.apps.regions.pages import StaffRequest, page, region_page
from keniki.core.errors import WrongInput
from keniki.rulebooks.compacts import Action
from keniki.rulebooks.programmes import RENKEI

from .frames import EDIT, agreement_frame

W = TypeVar("W", bound=AssemblyWay)


@region_page
@require_GET
def agreements(request: StaffRequest, region: Region) -> HttpResponse:
    """All agreements of the region with their states."""
    return page(
        request,
        "compacts/agreements.html",
        nav_active="agreements",
        agreements=queries.agreements(region),
        ruling=policies.edit_shared(request.actor, region),
        has_partners=any(m.role == RegionMembership.Role.PARTNER for m in region_queries.members_on(region)),
    )


@region_page
@require_GET
def agreement(
    request: StaffRequest, region: Region, agreement: str, number: int | None = None
) -> HttpResponse:
    """One agreement: state, parties, text, annex, signatories, versions, assemblies, next steps."""
    found = queries.agreement(region, agreement)
    version = queries.shown_version(found, number)
    steps, rows = queries.resolution_rows(found)
    dissolution_steps, dissolutions = queries.dissolution_rows(found)
    actor = request.actor
    rule = procedures.procedure_for(found, regions.today())
    texts = [version.preamble, *article_texts(version.articles), version.closing] if version else []
    return page(
        request,
        "compacts/agreement.html",
        nav_active="agreements",
        agreement=found,
        version=version,
        latest=number is None or version == queries.shown_version(found),
        blanks=blanks(*texts) if found.state == states.AgreementState.DRAFT else [],
        state_steps=queries.state_steps(found),
        moves=sorted(policies.moves(actor, found), key=lambda each: each.steps_back),
        rule=rule,
        steps=steps,
        resolutions=[
            {"row": row, "ruling": policies.record_resolution(actor, found, row.party.municipality)}
            for row in rows
        ],
        resolution_fields=policies.resolution_fields(found) if found.state not in states.FINAL else (),
        dissolution_steps=dissolution_steps,
        dissolution_fields=policies.dissolution_fields(found),
        dissolutions=[
            {"row": row, "ruling": policies.record_dissolution(actor, found, row.party.municipality)}
            for row in dissolutions
        ],
        names=queries.towns_by_code(found),
        may_text=policies.edit_text(actor, found),
        may_sign=policies.edit_signatories(actor, found),
        may_head=policies.edit_head(actor, found),
        may_amend=policies.amend(actor, found),
        may_dissolve=policies.start_dissolution(actor, found),
        may_stop=policies.stop_dissolution(actor, found),
        entries=_entries(found),
        **_comparisons(found),
    )


@region_page
@require_http_methods(["GET", "POST"])
def new(request: StaffRequest, region: Region) -> HttpResponse:
    """Create one agreement with its starting text."""
    policies.edit_shared(request.actor, region).require()
    towns = {m.municipality.code: m.municipality for m in region_queries.members_on(region)}

    def build(data: QueryDict | None, record: None) -> Sheet:
        initial = {"kind": request.GET.get("kind", ""), "parties": list(towns)}
        return Sheet(NewAgreementForm(region, data, initial=initial))

    def save(sheet: Sheet) -> Agreement:
        given = sheet.form.cleaned_data
        return actions.create_agreement(
            request.actor,
            region,
            kind=given["kind"],
            programme=given["programme"],
            title=given["title"],
            parties=[towns[code] for code in given["parties"]],
        )

    return edit_page(
        request,
        agreement_frame(region),
        "協定を作成",
        None,
        build,
        save,
        done=lambda saved: (
            "協定の案を作成しました。〔　〕の箇所を埋めて、本文を完成させてください。",
            reverse("compacts:agreement", args=[region.slug, saved.slug]),
        ),
        template=EDIT,
        lead="種別に応じた素案が入ります。案の間は、名称・本文・別表・署名者をすべて変更できます。",
        save_label="案を作成",
    )


@region_page
@require_http_methods(["GET", "POST"])
def pairs(request: StaffRequest, region: Region) -> HttpResponse:
    """Create the one-to-one agreements with all partners at once."""
    policies.edit_shared(request.actor, region).require()
    partners = {
        m.municipality.code: m.municipality
        for m in region_queries.members_on(region)
        if m.role == RegionMembership.Role.PARTNER
    }

    def build(data: QueryDict | None, record: None) -> Sheet:
        choices = [(code, town.name) for code, town in partners.items()]
        kind, programme = _usual_pair(region)
        initial = {"kind": kind, "programme": programme, "partners": list(partners)}
        return Sheet(PairsForm(choices, data, initial=initial, words=region_queries.role_words(region)))

    def save(sheet: Sheet) -> list[Agreement]:
        given = sheet.form.cleaned_data
        return actions.create_pairs(
            request.actor,
            region,
            kind=given["kind"],
            programme=given["programme"],
            partners=[partners[code] for code in given["partners"]],
        )

    words = region_queries.role_words(region)
    centres = [m for m in region_queries.members_on(region) if m.role == RegionMembership.Role.CENTRE]
    several = (
        f"{words['centre']}が{len(centres)}市あるため、形成協定は{len(centres)}市が共同で甲となり、"
        "連携協約は市ごとに作成します。"
        if len(centres) > 1
        else ""
    )
    frame = agreement_frame(region)
    return edit_page(
        request,
        frame,
        "1対1の協定をまとめて作成",
        None,
        build,
        save,
        done=lambda saved: (f"1対1の協定の案を{len(saved)}件作成しました。", frame.back),
        template=EDIT,
        lead=f"{words['centre']}（甲）と、選んだ{words['partner']}（乙）それぞれとの間の案を、一度に作成します。{several}",
        save_label="案をまとめて作成",
    )


@region_page
@require_http_methods(["GET", "POST"])
def head(request: StaffRequest, region: Region, agreement: str) -> HttpResponse:
    """Edit title, programme, term, document number and note."""
    found = queries.agreement(region, agreement)
    policies.edit_head(request.actor, found).require()
    names = ("title", "programme", "valid_from", "valid_to", "document_no", "note")

    def build(data: QueryDict | None, record: Agreement) -> Sheet:
        initial = {name: getattr(record, name) for name in ("version", *names)}
        return Sheet(HeadForm(data, initial=initial))

    def save(sheet: Sheet) -> Agreement:
        given = sheet.form.cleaned_data
        return actions.edit_agreement(
            request.actor, found, given["version"], **{name: given[name] for name in names}
        )

    frame = agreement_frame(region, found)
    return edit_page(
        request,
        frame,
        "名称・期間などを編集",
        found,
        build,
        save,
        done=lambda saved: ("保存しました。", frame.back),
        template=EDIT,
    )


@region_page
@require_http_methods(["GET", "POST"])
def move(request: StaffRequest, region: Region, agreement: str, state: str) -> HttpResponse:
    """Enter a state with its day and document number."""
    found = queries.agreement(region, agreement)
    if state not in states.AGREEMENT_MOVES[found.kind].get(found.state, ()):
        if state not in states.AgreementState.values:
            raise Http404("この状態はありません。")
        policies.move(request.actor, found, state).require()
    ruling = policies.move(request.actor, found, state).require()

    def build(data: QueryDict | None, record: Agreement) -> Sheet:
        form = MoveForm(data, initial={"version": record.version, "on": regions.today()})
        if state == states.AgreementState.ENDED:
            form.fields["on"].label = "効力を失った日"
        return Sheet(form)

    def save(sheet: Sheet) -> Agreement:
        given = sheet.form.cleaned_data
        return actions.move_agreement(
            request.actor, found, given["version"], state, on=given["on"], document_no=given["document_no"]
        )

    frame = agreement_frame(region, found)
    rule = procedures.procedure_for(found, regions.today()).value
    back = policies.going_back(found, state)
    return edit_page(
        request,
        frame,
        policies.move_label(found, state),
        found,
        build,
        save,
        done=lambda saved: (
            "廃止の議案を取り下げました。" if back else f"「{saved.get_state_display()}」を記録しました。",
            frame.back,
        ),
        template="compacts/move.html",
        lead=_CONSEQUENCES["back" if back else state],
        ruling=ruling,
        save_label="記録する",
        dissolve=rule.steps(Action.DISSOLVE) if state == states.AgreementState.ENDED else (),
    )


@region_page
@require_http_methods(["GET", "POST"])
def resolution(request: StaffRequest, region: Region, agreement: str, code: str) -> HttpResponse:
    """One party's ordinance, bill, vote, notice and notification."""
    found = queries.agreement(region, agreement)
    town = party(found, code)
    return record_way(
        request,
        found,
        town,
        policies.record_resolution(request.actor, found, town),
        next((row for row in found.resolutions.all() if row.municipality_id == town.pk), None),
        policies.resolution_fields(found),
        actions.record_resolution,
        part="#resolutions",
        heading=f"{town.name}の議決等を記録",
    )


def record_way(
    request: StaffRequest,
    agreement: Agreement,
    town: Municipality,
    ruling: Ruling,
    stored: W | None,
    open_fields: tuple[str, ...],
    action: Callable[..., W],
    *,
    part: str,
    heading: str,
) -> HttpResponse:
    """The form of one party's way through its assembly, as far as the agreement's state leaves it open."""
    ruling.require()

    def build(data: QueryDict | None, record: W | None) -> Sheet:
        initial: dict[str, Any] = {}
        if record is not None:
            initial = {name: getattr(record, name) for name in ("version", *open_fields)}
        return Sheet(ResolutionForm(open_fields, data, initial=initial))

    def save(sheet: Sheet) -> W:
        given = dict(sheet.form.cleaned_data)
        return action(request.actor, agreement, town, given.pop("version"), **given)

    frame = agreement_frame(agreement.region, agreement, part)
    return edit_page(
        request,
        frame,
        heading,
        stored,
        build,
        save,
        done=lambda saved: (f"{town.name}分を保存しました。", frame.back),
        template=EDIT,
        ruling=ruling,
    )


@region_page
@require_POST
def amend(request: StaffRequest, region: Region, agreement: str) -> HttpResponse:
    """Begin a 変更協定."""
    found = queries.agreement(region, agreement)
    try:
        made = actions.start_amendment(request.actor, found)
    except WrongInput as error:
        messages.error(request, str(error))
        return redirect("compacts:agreement", region.slug, found.slug)
    messages.success(request, "変更協定の案を作成しました。本文と別表を、変更後の内容に書き換えてください。")
    return redirect("compacts:agreement", region.slug, made.slug)


def party(agreement: Agreement, code: str) -> Municipality:
    """The party with this code; 404 when the agreement has none."""
    for each in agreement.parties.all():
        if each.municipality.code == code:
            return each.municipality
    raise Http404("この市町村は当事者ではありません。")


def _usual_pair(region: Region) -> tuple[str, str]:
    """The one-to-one kind and the programme that the region works under today."""
    programme = next(
        (row.programme for row in region.programmes.order_by("-valid") if regions.today() in row.valid), ""
    )
    return ("pact", programme) if programme == RENKEI else ("settlement", programme)


def _comparisons(agreement: Agreement) -> dict[str, Any]:
    """Which versions may be compared: the page's form offers them, the last change is proposed."""
    own = list(agreement.versions.all())
    pairs = []
    if agreement.amends is not None and own:
        bound = agreement.amends.versions.filter(frozen=True).order_by("-number").first()
        if bound is not None:
            pairs.append((f"{agreement.amends.title} 第{bound.number}版", bound.pk, own[-1].pk))
    if len(own) > 1:
        pairs.append((f"第{own[-2].number}版", own[-2].pk, own[-1].pk))
    return {"comparisons": pairs}


def _entries(agreement: Agreement, limit: int = 20) -> list[LogEntry]:
    rows = LogEntry.objects.none()
    for kind, keys in log_keys(agreement):
        rows |= LogEntry.objects.filter(object_kind=kind, object_key__in=keys)
    return list(rows.order_by("-at", "-id")[:limit])


_CONSEQUENCES = {
    "submitted": "記録すると、今の本文が議案の本文として確定し、変更できなくなります。",
    "resolved": "すべての当事者の議会で可決されたことを記録します。",
    "concluded": "記録すると、今の本文が締結した本文として確定します。後の変更は、変更協定で行います。",
    "published": "記録すると、この方針が効力を持ちます。",
    "draft": "提出した本文は版として残り、議案番号と議決の記録は空に戻ります。本文は次の版として書き直せます。",
    "dropped": "取り下げた案は、元に戻せません。本文と記録は残ります。",
    "dissolution_bill": "廃止を議決する市町の議会に、廃止の議案を提出したことを記録します。協定の効力は続きます。",
    "dissolution_passed": "廃止を議決するすべての市町の議会で可決されたことを記録します。",
    "dissolution_agreed": "議決を経て、当事者が廃止に合意したことを記録します。続けて、告示と届出を記録します。",
    "back": "廃止の議案番号と議決の記録は空に戻り、協定は元のまま効力を持ちます。",
    "ended": "協定の効力を終わらせます。次の手続が済んでいることと、協定に定めた日を確かめてください。",
}
