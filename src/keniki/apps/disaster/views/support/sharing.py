"""Pages of those who may help, and of the register of what was given to them."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods

from keniki.apps.accounts.queries import log_of
from keniki.apps.regions.editing import Frame, Sheet, edit_page
from keniki.apps.regions.models import Region
from keniki.apps.regions.pages import StaffRequest, region_page

from ... import policies
from ...actions.privacy import Deed, looked
from ...actions.support import sharing as actions
from ...forms.support import sharing as forms
from ...models import Incident, ListSharing, SupportBody
from ...papers.frame import paper_answer
from ...papers.support import drill_notice, list_paper
from ...queries.incidents import open_incidents
from ...queries.support import people, sharing
from .frame import crumbs, own_town, support_page


@region_page
@require_GET
def bodies(request: StaffRequest, region: Region, code: str) -> HttpResponse:
    """Those who may help in a town."""
    town = own_town(request, region, code)
    rows = people.bodies_of(region, town)
    looked(request.actor, region, town, Deed.LIST, "避難支援等関係者", people=len(rows))
    return support_page(
        request,
        "bodies.html",
        town,
        more=[("避難支援等関係者", "")],
        rows=rows,
        ruling=policies.record_person(request.actor, region, town),
    )


@region_page
@require_http_methods(["GET", "POST"])
def edit_body(request: StaffRequest, region: Region, code: str, pk: int | None = None) -> HttpResponse:
    """Register a body, or change it."""
    town = own_town(request, region, code)
    found = people.body_for(region, town, pk) if pk else None
    back = reverse("disaster:support-bodies", args=[region.slug, code])

    def build(data: Any, record: SupportBody | None) -> Sheet:
        return Sheet(forms.BodyForm(data, initial=forms.body_initial(record)))

    def save(sheet: Sheet) -> SupportBody:
        form = sheet.form
        assert isinstance(form, forms.BodyForm)
        version = (form.cleaned_data.get("version") or 0) if found else None
        return actions.save_body(request.actor, region, town, form.draft(), found, version)

    return edit_page(
        request,
        Frame(back, crumbs(region, town, ("避難支援等関係者", back)), "disaster", eyebrow=town.name),
        "避難支援等関係者の変更" if found else "避難支援等関係者を登録",
        found,
        build,
        save,
        done=lambda saved: (f"「{saved}」を保存しました。", back),
        ruling=policies.record_person(request.actor, region, town),
    )


@region_page
@require_GET
def register(request: StaffRequest, region: Region, code: str) -> HttpResponse:
    """The register of what was given (提供の記録)."""
    town = own_town(request, region, code)
    rows = sharing.sharings_of(region, town)
    return support_page(
        request,
        "sharings.html",
        town,
        more=[("提供の記録", "")],
        rows=rows,
        late=sharing.overdue(rows),
        ruling=policies.record_person(request.actor, region, town),
    )


@region_page
@require_http_methods(["GET", "POST"])
def new(request: StaffRequest, region: Region, code: str) -> HttpResponse:
    """Give the list, or plans, within the limits of the law; the page says first how many it would be."""
    town = own_town(request, region, code)
    bodies = people.bodies_of(region, town, all_of_them=False)
    back = reverse("disaster:sharings", args=[region.slug, code])

    def build(data: Any, _record: None) -> Sheet:
        form = forms.SharingForm(
            data,
            bodies=bodies,
            districts=people.districts_of_town(region, town),
            incidents=open_incidents(region),
        )
        names = ["body", "what", "basis", "purpose", "districts", "shared_on", "return_by", "document_no"]
        return Sheet(
            form,
            groups=[("だれに、何を", names), ("災害時の提供のとき", ["incident", "necessity"])],
        )

    def save(sheet: Sheet) -> ListSharing:
        form = sheet.form
        assert isinstance(form, forms.SharingForm)
        return actions.share(request.actor, region, town, form.draft())

    def done(saved: ListSharing) -> tuple[str, str]:
        saved.region, saved.municipality = region, town
        mode = f"【{saved.get_mode_display()}】" if saved.mode else ""
        return f"{mode}{saved}を記録しました。名簿を出力して渡してください。", saved.get_absolute_url()

    return edit_page(
        request,
        Frame(back, crumbs(region, town, ("提供の記録", back)), "disaster", eyebrow=town.name),
        "名簿・計画を提供する",
        None,
        build,
        save,
        done=done,
        template="disaster/support/share.html",
        save_label="提供を記録する",
        ruling=policies.record_person(request.actor, region, town),
        selections=[
            (what.label, basis.label, sharing.select(region, town, what, basis))
            for what in ListSharing.What
            for basis in ListSharing.Basis
        ],
        rules=people.rules_of(region, town),
        bodies_url=reverse("disaster:support-bodies", args=[region.slug, code]),
        bodies=bodies,
    )


@region_page
@require_http_methods(["GET", "POST"])
def one(request: StaffRequest, region: Region, code: str, number: int) -> HttpResponse:
    """One entry of the register, and that it came back."""
    town = own_town(request, region, code)
    found = sharing.sharing_for(region, town, number)
    back = reverse("disaster:sharings", args=[region.slug, code])

    def build(data: Any, record: ListSharing | None) -> Sheet:
        return Sheet(forms.ReturnForm(data, initial={"version": record.version if record else 0}))

    def save(sheet: Sheet) -> ListSharing:
        data = sheet.form.cleaned_data
        return actions.take_back(request.actor, found, data["on"], data["how"], data.get("version") or 0)

    incident = found.incident
    return edit_page(
        request,
        Frame(back, crumbs(region, town, ("提供の記録", back)), "disaster", eyebrow=town.name),
        str(found),
        found,
        build,
        save,
        done=lambda _saved: ("返却・消去を記録しました。", found.get_absolute_url()),
        template="disaster/support/sharing.html",
        save_label="返却・消去を記録",
        ruling=policies.record_person(request.actor, region, town),
        sharing=found,
        contained=sharing.contained(found),
        no_paper=sharing.why_not_printed(found),
        late=bool(sharing.overdue([found])),
        entries=log_of(found),
        **_mark(incident),
    )


@region_page
@require_GET
def paper(request: StaffRequest, region: Region, code: str, number: int, form: str) -> HttpResponse:
    """The list that is given; in an exercise the notice that names nobody."""
    town = own_town(request, region, code)
    found = sharing.sharing_for(region, town, number)
    if form not in ("docx", "pdf"):
        raise Http404("この形式では出力できません。")
    if found.mode == Incident.Mode.EXERCISE:
        return paper_answer(drill_notice(found), form)
    if sharing.why_not_printed(found):
        raise Http404("この名簿は出力できません。")
    chosen = sharing.contained(found)
    looked(
        request.actor, region, town, Deed.PRINT, f"{found.get_what_display()}の提供",
        key=str(number), people=len(chosen.persons), purpose=found.purpose, incident=found.incident,
    )  # fmt: skip
    return paper_answer(list_paper(found, chosen), form)


def _mark(incident: Incident | None) -> dict[str, Any]:
    """An exercise stands over the page; a real list is marked by its incident's name."""
    if incident is None or not incident.is_exercise:
        return {}
    return {"drill": True, "drill_text": f"{incident.title}　この画面は訓練です。実際の災害ではありません。"}
