"""Pages of the list of people who need help to evacuate, and of their plans."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from keniki.apps.accounts.queries import log_of
from keniki.apps.accounts.verbs import Stale
from keniki.apps.regions.downloads import download
from keniki.apps.regions.editing import Frame, Sheet, edit_page
from keniki.apps.regions.models import Region
from keniki.apps.regions.pages import StaffRequest, put_error, region_page, version_of
from keniki.core.errors import WrongInput

from ... import policies
from ...actions.privacy import Deed, looked
from ...actions.support import people as actions
from ...actions.support import plans as plan_actions
from ...forms.support import people as forms
from ...forms.support.files import COLUMNS, PeopleFileForm, file_of, people_in
from ...models import Consent, Shelter, SupportPerson, SupportPlan, SupportTown
from ...papers.frame import paper_answer
from ...papers.support import plan_sheet, said_of
from ...queries.districts import district_for
from ...queries.support import people as queries
from ...support_charts import plan_chart
from .frame import crumbs, own_town, support_page

_ROWS = 100


@region_page
@require_GET
def overview(request: StaffRequest, region: Region) -> HttpResponse:
    """Every town's list in numbers: no page beside it shows more of another town."""
    rows = queries.numbers_of(region)
    return support_page(
        request,
        "overview.html",
        None,
        rows=[(row, bool(policies.see_person(request.actor, region, row.town))) for row in rows],
        total=sum(row.people for row in rows),
        plans=sum(row.plans for row in rows),
        chart=plan_chart(rows) if any(row.people for row in rows) else None,
    )


@region_page
@require_GET
def chart(request: StaffRequest, region: Region) -> HttpResponse:
    """The picture of that page."""
    return HttpResponse(plan_chart(queries.numbers_of(region)).svg(), content_type="image/svg+xml")


@region_page
@require_GET
def people(request: StaffRequest, region: Region, code: str) -> HttpResponse:
    """The list of a town, a hundred at a time."""
    town = own_town(request, region, code)
    asked = {
        name: request.GET.get(name, "").strip()[:80] for name in ("words", "district", "consent", "plan")
    }
    gone = request.GET.get("gone") == "1"
    found = queries.people_of(region, town, gone=gone, **asked)
    shown = Paginator(found, _ROWS).get_page(request.GET.get("page"))
    looked(
        request.actor, region, town, Deed.SEARCH if asked["words"] else Deed.LIST, "避難行動要支援者名簿",
        people=len(shown.object_list),
    )  # fmt: skip
    rules = queries.rules_of(region, town)
    return support_page(
        request,
        "people.html",
        town,
        people=shown,
        rows=[(each, said_of(each)) for each in shown],
        asked=asked,
        gone=gone,
        districts=queries.districts_of_town(region, town),
        consents=Consent.choices,
        rules=rules,
        ruling=policies.record_person(request.actor, region, town),
    )


@region_page
@require_GET
def person(request: StaffRequest, region: Region, code: str, number: int) -> HttpResponse:
    """One person of the list."""
    town = own_town(request, region, code)
    found = queries.person_for(region, town, number)
    looked(request.actor, region, town, Deed.RECORD, "避難行動要支援者", key=str(number))
    plan = queries.plan_of(found)
    told = said_of(found)
    return support_page(
        request,
        "person.html",
        town,
        more=[(str(found), "")],
        person=found,
        rows=[(label, told[name]) for name, label in actions.LABELS.items()],
        why=actions.REMOVED.get(found.removed_why, ""),
        plan=plan,
        steps=[(label, (plan.sealed or {}).get(name, "")) for name, label in plan_actions.LABELS.items()]
        if plan
        else [],
        helpers=(plan.sealed or {}).get("helpers", []) if plan else [],
        form=forms.RemoveForm(initial={"version": found.version}),
        entries=log_of(found),
        ruling=policies.record_person(request.actor, region, town),
    )


@region_page
@require_http_methods(["GET", "POST"])
def edit_person(request: StaffRequest, region: Region, code: str, number: int | None = None) -> HttpResponse:
    """Put a person on the list, or change what it says."""
    town = own_town(request, region, code)
    found = queries.person_for(region, town, number) if number else None
    if found is not None:
        looked(request.actor, region, town, Deed.RECORD, "避難行動要支援者", key=str(number))
    districts = queries.districts_of_town(region, town)
    ruling = policies.record_person(request.actor, region, town)
    back = found.get_absolute_url() if found else reverse("disaster:support-town", args=[region.slug, code])

    def build(data: Any, record: SupportPerson | None) -> Sheet:
        form = forms.PersonForm(data, districts=districts, initial=forms.person_initial(record))
        return Sheet(
            form,
            groups=[
                ("本人", ["name", "kana", "birth", "sex", "address", "district", "phone", "contact"]),
                ("支援", ["reasons", "family", "needs", "note"]),
                ("名簿と同意", ["consent", "consent_on", "listed_on", "own_id"]),
            ],
        )

    def save(sheet: Sheet) -> SupportPerson:
        form = sheet.form
        assert isinstance(form, forms.PersonForm)
        version = (form.cleaned_data.get("version") or 0) if found else None
        return actions.save_person(request.actor, region, town, form.draft(), found, version)

    def done(saved: SupportPerson) -> tuple[str, str]:
        saved.region, saved.municipality = region, town
        return f"{saved}を保存しました。", saved.get_absolute_url()

    way = crumbs(region, town, *([(str(found), back)] if found else []))
    title = f"{found}の変更" if found else "名簿に登録"
    return edit_page(
        request, Frame(back, way, "disaster", eyebrow=town.name), title, found, build, save, done=done, ruling=ruling
    )  # fmt: skip


@region_page
@require_POST
def remove_person(request: StaffRequest, region: Region, code: str, number: int) -> HttpResponse:
    """Take a person off the list."""
    town = own_town(request, region, code)
    found = queries.person_for(region, town, number)
    try:
        actions.remove_person(request.actor, found, request.POST.get("why", ""), version_of(request) or 0)
    except (WrongInput, Stale) as error:
        messages.error(request, error.message if isinstance(error, WrongInput) else str(error))
    else:
        messages.success(request, f"{found}を名簿から外しました。")
    return redirect(found.get_absolute_url())


@region_page
@require_http_methods(["GET", "POST"])
def edit_plan(request: StaffRequest, region: Region, code: str, number: int) -> HttpResponse:
    """The plan of a person: made, or changed."""
    town = own_town(request, region, code)
    found = queries.person_for(region, town, number)
    looked(request.actor, region, town, Deed.RECORD, "個別避難計画", key=str(number))
    plan = queries.plan_of(found)
    shelters = list(
        Shelter.objects.filter(region=region, is_welfare=True, ended_on=None).select_related("municipality")
    )
    ruling = policies.record_person(request.actor, region, town)

    def build(data: Any, record: SupportPlan | None) -> Sheet:
        form = forms.PlanForm(data, shelters=shelters, initial=forms.plan_initial(record))
        return Sheet(
            form,
            {"支援する人": forms.helper_rows(data, record)},
            [
                ("どこへ、どうやって", ["destination", "welfare_shelter", "route", "transport"]),
                ("持ち物と配慮", ["equipment", "medicines", "contact", "care", "note"]),
                ("同意と見直し", ["agreed_on", "share", "share_on", "revised_on", "review_on"]),
            ],
        )

    def save(sheet: Sheet) -> SupportPlan:
        form = sheet.form
        assert isinstance(form, forms.PlanForm)
        helpers = forms.helpers_in(sheet.formsets["支援する人"])
        version = form.cleaned_data.get("version") or 0
        return plan_actions.save_plan(request.actor, found, form.draft(helpers), version)

    def done(_saved: SupportPlan) -> tuple[str, str]:
        return f"{found}の個別避難計画を保存しました。", found.get_absolute_url()

    back = found.get_absolute_url()
    way = crumbs(region, town, (str(found), back))
    return edit_page(
        request,
        Frame(back, way, "disaster", eyebrow=town.name),
        "個別避難計画",
        plan,
        build,
        save,
        done=done,
        ruling=ruling,
        lead=f"{found}　{(found.sealed or {}).get('name', '')}",
    )


@region_page
@require_GET
def plan_paper(request: StaffRequest, region: Region, code: str, number: int, form: str) -> HttpResponse:
    """The plan on paper."""
    town = own_town(request, region, code)
    found = queries.person_for(region, town, number)
    plan = queries.plan_of(found)
    if plan is None or form not in ("docx", "pdf"):
        raise Http404("個別避難計画がありません。")
    looked(request.actor, region, town, Deed.PRINT, "個別避難計画", key=str(number))
    return paper_answer(plan_sheet(found, plan), form)


@region_page
@require_http_methods(["GET", "POST"])
def load_people(request: StaffRequest, region: Region, code: str) -> HttpResponse:
    """Read the list from a file, all of it or nothing."""
    town = own_town(request, region, code)
    form = PeopleFileForm()
    if request.method == "POST":
        form = PeopleFileForm(request.POST, request.FILES)
        if form.is_valid():
            file = form.cleaned_data["file"]
            try:
                drafts = people_in(
                    file.read(),
                    file.name,
                    form.cleaned_data["mapping"],
                    queries.districts_of_town(region, town),
                )
                loaded = actions.load_people(request.actor, region, town, drafts)
            except WrongInput as wrong:
                put_error(form, WrongInput(f"{wrong} 名簿は変わっていません。", column="file"))
            else:
                said = f"新規{loaded.new}人、変更{loaded.changed}人、変更なし{loaded.unchanged}人"
                messages.success(request, f"名簿を読み込みました。{said}。")
                return redirect("disaster:support-town", region.slug, code)
    return support_page(
        request,
        "load.html",
        town,
        more=[("ファイルから読み込む", "")],
        form=form,
        columns=COLUMNS,
        status=422 if request.method == "POST" else 200,
    )


@region_page
@require_POST
def people_file(request: StaffRequest, region: Region, code: str) -> HttpResponse:
    """The list as a file; the purpose is asked and written down."""
    town = own_town(request, region, code)
    purpose = request.POST.get("purpose", "").strip()[:200]
    if not purpose:
        messages.error(request, "出力の目的を入力してください。")
        return redirect("disaster:support-town", region.slug, code)
    found = queries.people_of(region, town)
    looked(
        request.actor, region, town, Deed.EXPORT, "避難行動要支援者名簿", people=len(found), purpose=purpose
    )
    return download(f"取扱注意_避難行動要支援者名簿_{town.name}.csv", file_of(found))


@region_page
@require_http_methods(["GET", "POST"])
def rules(request: StaffRequest, region: Region, code: str) -> HttpResponse:
    """The town's rules for its list."""
    town = own_town(request, region, code)
    found = queries.rules_of(region, town)

    def build(data: Any, record: SupportTown | None) -> Sheet:
        return Sheet(
            forms.TownForm(data, initial=forms.town_initial(record)),
            groups=[
                ("条例", ["ordinance", "ordinance_refused", "ordinance_plan"]),
                ("保存", ["keep_days", "keep_basis"]),
                ("安否情報の照会", ["inquiry_place", "web_inquiries"]),
            ],
        )

    def save(sheet: Sheet) -> SupportTown:
        form = sheet.form
        assert isinstance(form, forms.TownForm)
        version = form.cleaned_data.get("version") or 0
        return actions.save_town(request.actor, region, town, form.draft(), version)

    back = reverse("disaster:support-town", args=[region.slug, code])
    return edit_page(
        request,
        Frame(back, crumbs(region, town), "disaster", eyebrow=town.name),
        "名簿の決まり",
        found,
        build,
        save,
        done=lambda _saved: ("名簿の決まりを保存しました。", back),
        ruling=policies.record_person(request.actor, region, town),
    )


@region_page
@require_GET
def districts(request: StaffRequest, region: Region, code: str) -> HttpResponse:
    """The number of the list beside each district's figure of vulnerable people."""
    town = own_town(request, region, code)
    rows, without = queries.by_district(region, town)
    return support_page(
        request, "districts.html", town, more=[("地区の要配慮者", "")], rows=rows, without=without
    )


@region_page
@require_POST
def take_count(request: StaffRequest, region: Region, code: str, slug: str) -> HttpResponse:
    """Make the number of the list the district's figure."""
    town = own_town(request, region, code)
    district = district_for(region, slug)
    rows, _ = queries.by_district(region, town)
    number = next((row.listed for row in rows if row.district.pk == district.pk), None)
    if number is None:
        raise Http404("この市町村の地区ではありません。")
    try:
        actions.take_count(request.actor, district, number, version_of(request) or 0)
    except (WrongInput, Stale) as error:
        messages.error(request, error.message if isinstance(error, WrongInput) else str(error))
    else:
        messages.success(request, f"{district}の要配慮者を{number:,}人にしました。")
    return redirect("disaster:support-districts", region.slug, code)
