"""Pages of an incident: how the persons of the list are (安否確認), and who asks for somebody (安否情報の照会)."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from keniki.apps.accounts.queries import log_of
from keniki.apps.accounts.verbs import Stale
from keniki.apps.regions.editing import Frame, Sheet, edit_page
from keniki.apps.regions.models import Region
from keniki.apps.regions.pages import StaffRequest, region_page, version_of
from keniki.apps.regions.policies import today
from keniki.core.errors import WrongInput
from keniki.rulebooks.disaster.support import ITEMS, confirmed, relations

from ... import policies
from ...actions.privacy import Deed, looked
from ...actions.support import checks as check_actions
from ...actions.support import inquiries as actions
from ...forms.support import safety as forms
from ...models import SafetyCheck, SafetyInquiry
from ...papers.frame import paper_answer
from ...papers.support import NOTHING, answer_letter, said_of
from ...queries import incidents
from ...queries.support import people
from ...queries.support import safety as queries
from ...queries.support.finding import find
from ..frame import incident_page, incident_way, marked
from .frame import own_town

_ROWS = 100


@region_page
@require_GET
def checks(request: StaffRequest, region: Region, slug: str) -> HttpResponse:
    """How far each town has come, in numbers."""
    found = incidents.incident_for(region, slug)
    rows = queries.checks_by_town(found)
    return incident_page(
        request,
        found,
        "disaster/support/checks.html",
        rows=[(row, bool(policies.see_person(request.actor, region, row.town))) for row in rows],
        states=queries.STATES,
        total=sum(row.people for row in rows),
        known=sum(row.known for row in rows),
    )


@region_page
@require_GET
def town_checks(request: StaffRequest, region: Region, slug: str, code: str) -> HttpResponse:
    """The persons of a town's list: who was reached, who was not, a hundred at a time."""
    found = incidents.incident_for(region, slug)
    town = own_town(request, region, code)
    state, district = request.GET.get("state", "")[:10], request.GET.get("district", "")[:80]
    rows = queries.checks_of(found, town, state=state, district=district)
    shown = Paginator(rows, _ROWS).get_page(request.GET.get("page"))
    looked(request.actor, region, town, Deed.LIST, "安否確認", people=len(shown.object_list), incident=found)
    return incident_page(
        request,
        found,
        "disaster/support/town_checks.html",
        town=town,
        shown=shown,
        rows=[(person, said_of(person), check) for person, check in shown],
        states=queries.STATES,
        state=state,
        district=district,
        districts=people.districts_of_town(region, town),
        ruling=policies.record_on_page(request.actor, found, town),
    )


@region_page
@require_http_methods(["GET", "POST"])
def check(request: StaffRequest, region: Region, slug: str, code: str, number: int) -> HttpResponse:
    """How one person of the list is."""
    incident = incidents.incident_for(region, slug)
    town = own_town(request, region, code)
    person = people.person_for(region, town, number)
    found = queries.check_of(incident, person)
    ruling = policies.record_on_page(request.actor, incident, town)
    if request.method == "POST":
        ruling.require()
    looked(request.actor, region, town, Deed.RECORD, "安否確認", key=str(number), incident=incident)
    sealed = person.sealed or {}
    alike = find(
        incident, town, name=sealed.get("name", ""), kana=sealed.get("kana", ""), birth=sealed.get("birth", ""),
        for_answer=False,
    )  # fmt: skip
    back = reverse("disaster:town-checks", args=[region.slug, slug, code])

    def build(data: Any, record: SafetyCheck | None) -> Sheet:
        return Sheet(forms.CheckForm(data, found=alike, initial=forms.check_initial(record)))

    def save(sheet: Sheet) -> SafetyCheck:
        form = sheet.form
        assert isinstance(form, forms.CheckForm)
        version = form.cleaned_data.get("version") or 0
        return check_actions.save_check(request.actor, incident, person, form.draft(), version)

    told = said_of(person)
    way = incident_way(
        incident,
        ("安否確認", reverse("disaster:checks", args=[region.slug, slug])),
        (town.name, back),
    )
    return edit_page(
        request,
        Frame(back, way, "disaster", eyebrow=f"{incident.get_mode_display()}・{town.name}"),
        f"安否確認　{person}",
        found,
        build,
        save,
        done=lambda _saved: (f"【{incident.get_mode_display()}】{person}の安否を記録しました。", back),
        template="disaster/support/check.html",
        ruling=ruling,
        person=person,
        rows=[
            (label, told[name])
            for name, label in (
                ("name", "氏名"),
                ("address", "住所"),
                ("phone", "電話番号"),
                ("needs", "必要な支援"),
            )
        ],
        **marked(incident),
    )


@region_page
@require_GET
def inquiries(request: StaffRequest, region: Region, slug: str) -> HttpResponse:
    """How many inquiries each town received."""
    found = incidents.incident_for(region, slug)
    return incident_page(
        request,
        found,
        "disaster/support/inquiries.html",
        rows=[
            (row, bool(policies.see_person(request.actor, region, row.town)))
            for row in queries.inquiries_by_town(found)
        ],
        states=SafetyInquiry.State.choices,
    )


@region_page
@require_GET
def register(request: StaffRequest, region: Region, slug: str, code: str) -> HttpResponse:
    """The register of a town."""
    found = incidents.incident_for(region, slug)
    town = own_town(request, region, code)
    shown = Paginator(queries.inquiries_of(found, town), _ROWS).get_page(request.GET.get("page"))
    looked(
        request.actor,
        region,
        town,
        Deed.LIST,
        "安否照会の受付簿",
        people=len(shown.object_list),
        incident=found,
    )
    words = {key: rule.value.name for key, rule in relations(today()).items()}
    return incident_page(
        request,
        found,
        "disaster/support/register.html",
        town=town,
        shown=shown,
        rows=[(each, words.get(each.relation, each.relation)) for each in shown],
        ruling=policies.record_on_page(request.actor, found, town),
    )


@region_page
@require_http_methods(["GET", "POST"])
def new_inquiry(request: StaffRequest, region: Region, slug: str, code: str) -> HttpResponse:
    """Take an inquiry at the window or by letter."""
    incident = incidents.incident_for(region, slug)
    town = own_town(request, region, code)
    ruling = policies.record_on_page(request.actor, incident, town)
    if request.method == "POST":
        ruling.require()
    back = reverse("disaster:inquiry-register", args=[region.slug, slug, code])

    def build(data: Any, _record: None) -> Sheet:
        moment = timezone.localtime().replace(second=0, microsecond=0)
        return Sheet(
            forms.InquiryForm(data, initial={"received_at": moment, "via": "window"}),
            groups=[
                ("受付", ["via", "received_at"]),
                ("照会者", ["name", "address", "phone", "relation"]),
                ("被照会者", ["sought_name", "sought_kana", "sought_birth", "sought_address", "reason"]),
            ],
        )

    def save(sheet: Sheet) -> SafetyInquiry:
        form = sheet.form
        assert isinstance(form, forms.InquiryForm)
        return actions.receive(request.actor, incident, town, form.draft())

    def done(saved: SafetyInquiry) -> tuple[str, str]:
        return f"【{incident.get_mode_display()}】{saved}を受け付けました。", saved.get_absolute_url()

    way = _way(request, slug, code, back)
    return edit_page(
        request,
        Frame(back, way, "disaster", eyebrow=f"{incident.get_mode_display()}・{town.name}"),
        "安否情報の照会を受け付ける",
        None,
        build,
        save,
        done=done,
        template="disaster/incident_form.html",
        ruling=ruling,
        **marked(incident),
    )


@region_page
@require_http_methods(["GET", "POST"])
def inquiry(request: StaffRequest, region: Region, slug: str, code: str, number: int) -> HttpResponse:
    """One inquiry: first the asker is verified, then a person decides what is answered."""
    incident = incidents.incident_for(region, slug)
    town = own_town(request, region, code)
    found = queries.inquiry_for(incident, town, number)
    ruling = policies.record_person(request.actor, region, town)
    verifying = found.state == SafetyInquiry.State.WAITING
    deciding = found.state == SafetyInquiry.State.VERIFIED and found.sealed is not None
    alike = actions.candidates(request.actor, found) if deciding else []
    if not deciding:
        looked(request.actor, region, town, Deed.RECORD, "安否情報の照会", key=str(number), incident=incident)
    rights = {each.entity: actions.allowed(found, each) for each in alike}
    every = frozenset(item for items in rights.values() for item in items)

    def build(data: Any, record: SafetyInquiry | None) -> Sheet:
        initial = {"version": record.version if record else 0, "on": today()}
        if deciding:
            form = forms.DecideForm(data, found=alike, rights=every, initial=initial)
            for name in ITEMS:
                if name not in every:
                    del form.fields[name]
            if not every or confirmed(found.relation, today()):
                del form.fields["read_rule"]
            return Sheet(form)
        return Sheet(forms.VerifyForm(data, initial=initial))

    def save(sheet: Sheet) -> SafetyInquiry:
        form, version = sheet.form, sheet.form.cleaned_data.get("version") or 0
        if isinstance(form, forms.DecideForm):
            return actions.decide(request.actor, found, form.decision(), version)
        data = form.cleaned_data
        return actions.verify(request.actor, found, data["identity"], data["note"], version)

    def done(_saved: SafetyInquiry) -> tuple[str, str]:
        said = "回答を決定しました" if deciding else "本人確認を記録しました"
        return f"【{incident.get_mode_display()}】{found}：{said}。", found.get_absolute_url()

    back = reverse("disaster:inquiry-register", args=[region.slug, slug, code])
    sealed = found.sealed or {}
    words = {key: rule.value.name for key, rule in relations(today()).items()}
    return edit_page(
        request,
        Frame(back, _way(request, slug, code, back), "disaster", eyebrow=f"{incident.get_mode_display()}・{town.name}"),
        str(found),
        found,
        build,
        save,
        done=done,
        template="disaster/support/inquiry.html",
        save_label="決定する" if deciding else "本人確認を記録",
        ruling=ruling,
        inquiry=found,
        asker=sealed.get("asker", {}),
        sought=sealed.get("sought", {}),
        reason=sealed.get("reason", ""),
        identity_note=sealed.get("identity_note", ""),
        relation=words.get(found.relation, found.relation),
        verifying=verifying,
        deciding=deciding,
        alike=[(each, [ITEMS[item] for item in rights[each.entity]]) for each in alike],
        answer=[(ITEMS[name], said) for name, said in (found.answer or {}).items()],
        nothing=NOTHING,
        entries=log_of(found),
        **marked(incident),
    )  # fmt: skip


@region_page
@require_POST
def withdraw_inquiry(
    request: StaffRequest, region: Region, slug: str, code: str, number: int
) -> HttpResponse:
    """Close an inquiry without an answer."""
    incident = incidents.incident_for(region, slug)
    found = queries.inquiry_for(incident, own_town(request, region, code), number)
    try:
        actions.withdraw(request.actor, found, version_of(request) or 0)
    except (WrongInput, Stale) as error:
        messages.error(request, error.message if isinstance(error, WrongInput) else str(error))
    else:
        messages.success(request, f"【{incident.get_mode_display()}】{found}を終了しました。")
    return redirect(found.get_absolute_url())


@region_page
@require_GET
def answer_paper(
    request: StaffRequest, region: Region, slug: str, code: str, number: int, form: str
) -> HttpResponse:
    """The letter with the answer."""
    incident = incidents.incident_for(region, slug)
    town = own_town(request, region, code)
    found = queries.inquiry_for(incident, town, number)
    if found.state != SafetyInquiry.State.ANSWERED or found.sealed is None or form not in ("docx", "pdf"):
        raise Http404("回答の文書はありません。")
    looked(request.actor, region, town, Deed.PRINT, "安否照会の回答", key=str(number), incident=incident)
    return paper_answer(answer_letter(found), form)


def _way(request: StaffRequest, slug: str, code: str, back: str) -> list[tuple[str, str]]:
    region = request.region
    assert region is not None
    incident = incidents.incident_for(region, slug)
    return incident_way(
        incident,
        ("安否情報の照会", reverse("disaster:inquiries", args=[region.slug, slug])),
        (people.town_for(region, code).name, back),
    )
