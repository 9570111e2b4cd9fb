"""Document pages: what was built, what is missing, what changed since, and how it is passed on."""

from __future__ import annotations

from collections.abc import Callable

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from keniki.apps.accounts.actor import Actor
from keniki.apps.accounts.queries import log_of
from keniki.apps.accounts.verbs import Stale
from keniki.apps.regions.models import Region
from keniki.apps.regions.pages import StaffRequest, page, public_page, region_page
from keniki.apps.workflow import queries as workflow
from keniki.apps.workflow import storage
from keniki.core.digits import whole_number
from keniki.core.errors import WrongInput

from . import actions, filling, policies, queries
from .forms import FutureForm, InquiryForm, ProfileForm, RecordForm, ResultsForm
from .models import Build, BuildFile, BuildRun
from .rendering import LABELS, MEDIA_TYPES

#: How a build's state looks as a badge.
LOOKS = {
    "check": "warning draft",
    "inquiry": "info",
    "confirmed": "info",
    "submitted": "strong",
    "replaced": "muted",
}
RELEASED = (Build.State.SUBMITTED,)


@region_page
@require_GET
def documents(request: StaffRequest, region: Region) -> HttpResponse:
    """The newest build of each kind with its state, and all earlier ones."""
    latest = queries.latest(region)
    rows = [
        {
            "kind": kind,
            "label": label,
            "build": latest.get(kind),
            "freshness": queries.freshness(latest[kind]) if kind in latest else None,
            "files": queries.files(latest[kind])["downloads"] if kind in latest else [],
        }
        for kind, label in Build.Kind.choices
    ]
    return page(
        request,
        "documents/documents.html",
        nav_active="documents",
        rows=rows,
        builds=queries.builds(region),
        may_build=policies.build(request.actor, region),
    )


@region_page
@require_http_methods(["GET", "POST"])
def new(request: StaffRequest, region: Region, kind: str) -> HttpResponse:
    """Choose what the document covers and queue it."""
    if kind not in Build.Kind.values:
        raise Http404("この種類の文書はありません。")
    form = _form(kind, region, request)
    ruling = policies.build(request.actor, region)
    if request.method == "POST" and form.is_valid():
        try:
            started = actions.start(request.actor, region, kind, form.parameters())
        except WrongInput as error:
            form.add_error(None, str(error))
        else:
            return redirect("documents:run", region.slug, started.pk)
    return page(
        request,
        "documents/new.html",
        status=422 if form.errors else 200,
        nav_active="documents",
        form=form,
        kind=kind,
        label=Build.Kind(kind).label,
        ruling=ruling,
    )


def _form(
    kind: str, region: Region, request: StaffRequest
) -> ResultsForm | RecordForm | ProfileForm | FutureForm:
    data = request.POST if request.method == "POST" else None
    if kind == Build.Kind.RESULTS:
        return ResultsForm(data, region=region)
    if kind == Build.Kind.FUTURE:
        asked = whole_number(request.GET.get("forecast"))
        return FutureForm(data, region=region, initial={"forecast": asked} if asked else {})
    return ProfileForm(data) if kind == Build.Kind.PROFILE else RecordForm(data, kind=kind)


@region_page
@require_GET
def run(request: StaffRequest, region: Region, pk: int) -> HttpResponse:
    """How far a build has come; the finished one leads to its page."""
    found = queries.run_for(region, pk)
    polled = request.headers.get("HX-Request") is not None
    if queries.is_broken_off(found):
        found.state, found.message = BuildRun.State.FAILED, actions.BROKEN_OFF
    target = request.path
    if found.state == BuildRun.State.DONE and found.build is not None:
        target = reverse("documents:document", args=[region.slug, found.kind, found.build.number])
    if polled and found.state not in (BuildRun.State.WAITING, BuildRun.State.RUNNING):
        response = HttpResponse(status=204)
        response["HX-Redirect"] = target
        return response
    if target != request.path:
        return redirect(target)
    return page(
        request,
        "documents/_run_progress.html" if polled else "documents/run.html",
        nav_active="documents",
        run=found,
        broken_off=found.message == actions.BROKEN_OFF,
        may_cancel=policies.cancel(request.actor, found),
        may_build=policies.build(request.actor, region),
    )


@region_page
@require_POST
def cancel(request: StaffRequest, region: Region, pk: int) -> HttpResponse:
    """Stop a build that is waiting or running."""
    actions.cancel(request.actor, region, queries.run_for(region, pk))
    messages.info(request, "文書の作成を取り消しました。")
    return redirect("documents:documents", region.slug)


@region_page
@require_GET
def document(request: StaffRequest, region: Region, kind: str, number: int) -> HttpResponse:
    """Left what is missing or changed, right the pages; above the next step."""
    build = queries.build_for(region, kind, number)
    return _document(request, region, build)


def _document(
    request: StaffRequest,
    region: Region,
    build: Build,
    *,
    form: InquiryForm | None = None,
    problem: str = "",
    status: int = 200,
) -> HttpResponse:
    inquiry = next(iter(workflow.inquiries_about(build)), None)
    return page(
        request,
        "documents/document.html",
        status=status,
        nav_active="documents",
        build=build,
        freshness=queries.freshness(build),
        files=queries.files(build),
        labels=LABELS,
        log=log_of(build),
        look=LOOKS[build.state],
        inquiry=inquiry,
        standing=workflow.standing_of(inquiry) if inquiry else None,
        may_advance=policies.change(request.actor, build),
        may_publish=policies.advance(request.actor, region),
        inquiry_form=form or InquiryForm(),
        problem=problem,
        towns_word=queries.towns_word(region),
        gaps=filling.places(request.actor, region, build.missing),
    )


@region_page
@require_POST
def act(request: StaffRequest, region: Region, kind: str, number: int, verb: str) -> HttpResponse:
    """One step of a document's way: inquire, confirm, submit, publish, unpublish."""
    build = queries.build_for(region, kind, number)
    version = whole_number(request.POST.get("version"))
    if version is None:
        raise Http404("版の番号がありません。")
    try:
        if verb == "inquire":
            form = InquiryForm(request.POST)
            if not form.is_valid():
                return _document(request, region, build, form=form, status=422)
            actions.inquire(request.actor, build, version, form.cleaned_data["due_on"])
        elif verb in _STEPS:
            _STEPS[verb](request.actor, build, version)
        else:
            raise Http404("この操作はありません。")
    except WrongInput as error:
        return _document(request, region, build, problem=str(error), status=422)
    except Stale as stale:
        return _document(
            request, region, queries.build_for(region, kind, number), problem=str(stale), status=409
        )
    messages.success(request, "記録しました。")
    return redirect("documents:document", region.slug, kind, number)


_STEPS: dict[str, Callable[[Actor, Build, int], Build]] = {
    "confirm": actions.confirm,
    "submit": actions.submit,
    "publish": lambda actor, build, version: actions.publish(actor, build, version, True),
    "unpublish": lambda actor, build, version: actions.publish(actor, build, version, False),
}


@region_page
@require_GET
def file(request: StaffRequest, region: Region, kind: str, number: int, format: str) -> HttpResponse:
    """A file or page image of a build."""
    return _send(queries.file_for(queries.build_for(region, kind, number), format))


@public_page
@require_GET
def public_file(request: HttpRequest, region: Region, kind: str, number: int, format: str) -> HttpResponse:
    """A file of a published document."""
    build = queries.build_for(region, kind, number)
    if not build.public or build.state not in RELEASED:
        raise Http404("文書が見つかりません。")
    return _send(queries.file_for(build, format))


def _send(stored: BuildFile) -> HttpResponse:
    ending = stored.name.rsplit(".", 1)[-1]
    response = HttpResponse(storage.get(stored.digest), content_type=MEDIA_TYPES[ending])
    disposition = "inline" if ending in ("png", "pdf") else "attachment"
    response["Content-Disposition"] = f'{disposition}; filename="{stored.name}"'
    return response
