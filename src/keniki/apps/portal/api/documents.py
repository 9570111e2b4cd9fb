"""Documents: what was built, what is missing in it, and building anew."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from ninja import Router, Status

from keniki.apps.documents import actions, policies
from keniki.apps.documents import queries as documents
from keniki.apps.documents.forms import RecordForm, ResultsForm
from keniki.apps.documents.models import Build, BuildRun
from keniki.apps.regions.models import Region
from keniki.core.errors import WrongInput

from . import schemas as s
from .common import REFUSALS, WRITE_REFUSALS, page_of, region_of
from .regions import permission

router = Router(tags=["文書"])


@router.get(
    "/regions/{region}/documents", response={200: s.Page[s.DocumentRef], **REFUSALS}, summary="文書の一覧"
)
def document_list(request: HttpRequest, region: s.Slug, limit: s.Limit = 50, offset: s.Offset = 0) -> Any:
    with region_of(request, region) as found:
        return page_of(documents.builds(found), limit, offset, _ref)


@router.get(
    "/regions/{region}/documents/runs/{run}", response={200: s.RunOut, **REFUSALS}, summary="作成の進み具合"
)
def run(request: HttpRequest, region: s.Slug, run: s.Id) -> Any:
    with region_of(request, region) as found:
        return _run(documents.run_for(found, run))


@router.get(
    "/regions/{region}/documents/{kind}/{number}", response={200: s.DocumentOut, **REFUSALS}, summary="文書"
)
def document(request: HttpRequest, region: s.Slug, kind: s.Key, number: s.Version) -> Any:
    """One document with its files, what is missing in it, and what changed in the records since."""
    with region_of(request, region) as found:
        row = documents.build_for(found, kind, number)
        fresh = documents.freshness(row)
        return {
            **_ref(row),
            "version": row.version,
            "stale": fresh.stale,
            "problem": fresh.problem,
            "changes": [{"change": change, "record": label} for change, label in fresh.changes],
            "gaps": [{"place": gap["place"], "what": gap["what"]} for gap in row.missing],
            "files": [
                {
                    "format": file.format,
                    "name": file.name,
                    "size": file.size,
                    "url": reverse("documents:file", args=[found.slug, row.kind, row.number, file.format]),
                }
                for file in documents.files(row)["downloads"]
            ],
            "permission": permission(policies.advance(request.auth, found)),  # type: ignore[attr-defined]
        }


@router.post(
    "/regions/{region}/documents", response={202: s.RunOut, **WRITE_REFUSALS}, summary="確認版を作成"
)
def build(request: HttpRequest, region: s.Slug, payload: s.DocumentIn) -> Any:
    """Queue a 確認版; ask the run for its progress."""
    with region_of(request, region) as found:
        actor = request.auth  # type: ignore[attr-defined]
        policies.build(actor, found).require()
        started = actions.start(actor, found, payload.kind, _parameters(found, payload))
        return Status(202, _run(started))


def _parameters(region: Region, payload: s.DocumentIn) -> dict[str, Any]:
    """The same checks as the page's form."""
    sent = {name: value for name, value in payload.model_dump().items() if value is not None}
    form: ResultsForm | RecordForm = (
        ResultsForm(sent, region=region) if payload.kind == "results" else RecordForm(sent, kind=payload.kind)
    )
    if not form.is_valid():
        column, errors = next(iter(form.errors.items()))
        raise WrongInput(str(errors[0]), column=None if column == "__all__" else column)
    return form.parameters()


def _ref(row: Build) -> dict[str, Any]:
    return {
        "kind": row.kind,
        "kind_label": row.get_kind_display(),
        "number": row.number,
        "state": row.state,
        "state_label": row.get_state_display(),
        "made_at": row.made_at,
        "missing": len(row.missing),
        "public": row.public,
        "parameters": row.parameters,
    }


def _run(row: BuildRun) -> dict[str, Any]:
    return {
        "id": row.pk,
        "kind": row.kind,
        "state": row.state,
        "done_steps": row.done_steps,
        "all_steps": row.all_steps,
        "step": row.step_label,
        "message": row.message,
        "document": row.build.number if row.build else None,
    }
