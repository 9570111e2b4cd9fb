"""The public board where it was not made ahead yet: the same bytes, made when they are asked for."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from ..public import ALL, answer


@require_safe
def everywhere(request: HttpRequest) -> HttpResponse:
    """All regions of this installation: the page, or its data."""
    return _answer(request.path, ALL)


@require_safe
def region(request: HttpRequest, region: str) -> HttpResponse:
    """A region's board, its drill, or its data."""
    return _answer(request.path, region)


def _answer(address: str, key: str) -> HttpResponse:
    found = answer(address, key)
    if found is None:
        raise Http404("圏域が見つかりません。")
    response = HttpResponse(found.body, content_type=found.content_type)
    response["Cache-Control"] = f"public, max-age={found.fresh_seconds}"
    return response
