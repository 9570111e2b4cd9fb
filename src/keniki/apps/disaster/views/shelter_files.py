"""Pages on which a file of shelters is looked at, then taken."""

from __future__ import annotations

from urllib.parse import quote

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from keniki.apps.evidence import uploads
from keniki.apps.evidence.importers.base import RawBytes
from keniki.apps.regions.downloads import download
from keniki.apps.regions.models import Region
from keniki.apps.regions.pages import StaffRequest, page, put_error, region_page
from keniki.apps.regions.queries import members_on
from keniki.core.csv_dialect import write_csv
from keniki.core.errors import WrongInput

from .. import policies
from ..actions import shelter_files as actions
from ..formats.base import ShelterFile
from ..formats.shelters import read
from ..forms.shelters import ShelterFileForm, TakeForm
from ..merging import CREDITS

#: Of new, changed and gone places so many are shown by name.
SHOWN = 200


@region_page
@require_http_methods(["GET", "POST"])
def import_shelters(request: StaffRequest, region: Region) -> HttpResponse:
    """Choose a file; then see what it would change, before anything is stored."""
    ruling = policies.write_some_place(request.actor, region)
    form = ShelterFileForm()
    if request.method == "POST":
        ruling.require()
        form = ShelterFileForm(request.POST, request.FILES)
        if form.is_valid():
            file = form.cleaned_data["file"]
            raw = RawBytes(file.name, file.read())
            try:
                _read(region, raw)
            except WrongInput as wrong:
                put_error(form, WrongInput(wrong.message, row=wrong.row, column="file"))
            else:
                mark = uploads.keep(region, raw)
                return redirect(
                    f"{reverse('disaster:import-shelters', args=[region.slug])}?mark={quote(mark)}"
                )
        return _page(request, region, form, 422)
    mark = request.GET.get("mark", "")
    if not mark or not ruling:
        return _page(request, region, form)
    try:
        file = _read(region, uploads.kept(region, mark))
    except WrongInput as wrong:
        messages.error(request, wrong.message)
        return redirect("disaster:import-shelters", region.slug)
    found = actions.preview_shelters(request.actor, region, file)
    return page(
        request,
        "disaster/shelter_file.html",
        nav_active="disaster",
        found=found,
        credit=CREDITS[found.kind],
        new=found.new[:SHOWN],
        changed=found.changed[:SHOWN],
        gone=found.gone[:SHOWN],
        problems=found.problems[:SHOWN],
        conflicts=found.conflicts[:SHOWN],
        most=SHOWN,
        form=TakeForm(initial={"mark": mark}),
        mark=mark,
        ruling=ruling,
    )


@region_page
@require_POST
def take_shelters(request: StaffRequest, region: Region) -> HttpResponse:
    """Take the file that was looked at, with what was decided about it."""
    policies.write_some_place(request.actor, region).require()
    form = TakeForm(request.POST)
    if not form.is_valid():
        messages.error(request, "ファイルが見つかりません。もう一度選んでください。")
        return redirect("disaster:import-shelters", region.slug)
    data = form.cleaned_data
    try:
        file = _read(region, uploads.kept(region, data["mark"]))
    except WrongInput as wrong:
        messages.error(request, wrong.message)
        return redirect("disaster:import-shelters", region.slug)
    choose = {actions.EVERYTHING} if data["everything"] else set(request.POST.getlist("choose"))
    taken = actions.import_shelters(request.actor, region, file, choose=choose, retire=data["retire"])
    parts = [f"新規{taken.new}か所", f"変更{taken.changed}か所", f"変更なし{taken.unchanged}か所"]
    if taken.retired:
        parts.append(f"指定の取消し{taken.retired}か所")
    messages.success(request, f"避難所のファイルを読み込みました。{'、'.join(parts)}。")
    if not taken.merge.problems:
        return redirect("disaster:shelters", region.slug)
    messages.warning(request, f"{len(taken.merge.problems)}行は読み込んでいません。理由を確かめてください。")
    return redirect(f"{reverse('disaster:import-shelters', args=[region.slug])}?mark={quote(data['mark'])}")


@region_page
@require_GET
def shelter_problems(request: StaffRequest, region: Region) -> HttpResponse:
    """The rows of a file that are not taken, with place and reason, as a file."""
    policies.write_some_place(request.actor, region).require()
    try:
        file = _read(region, uploads.kept(region, request.GET.get("mark", "")))
    except WrongInput as wrong:
        messages.error(request, wrong.message)
        return redirect("disaster:import-shelters", region.slug)
    found = actions.preview_shelters(request.actor, region, file)
    rows = [(each.row, each.column, each.reason, each.raw) for each in found.problems]
    content = write_csv([("行", "列", "理由", "書かれていた内容"), *rows]).data
    return download(f"{region.name}_読み込まない行.csv", content)


def _read(region: Region, raw: RawBytes) -> ShelterFile:
    towns = {row.municipality.code: row.municipality.name for row in members_on(region)}
    return read(raw.content, raw.name, towns=towns)


def _page(request: StaffRequest, region: Region, form: ShelterFileForm, status: int = 200) -> HttpResponse:
    return page(
        request,
        "disaster/load_shelters.html",
        status=status,
        nav_active="disaster",
        form=form,
        ruling=policies.write_some_place(request.actor, region),
    )
