"""Pages for people who look for somebody: how to ask, and a form where a town takes questions on the web."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from keniki.apps.regions.models import Region
from keniki.apps.regions.pages import public_page, put_error
from keniki.core.errors import WrongInput

from ...actions.support.inquiries import receive_web
from ...forms.support.safety import WebAskForm
from ...queries.support.asking import windows_of


@public_page
@require_safe
def how(request: HttpRequest, region: Region) -> HttpResponse:
    """How to ask whether somebody is safe, town by town."""
    windows = windows_of(region)
    return render(
        request,
        "disaster/support/ask.html",
        {"region": region, "windows": windows, "sent": request.GET.get("sent") == "1"},
    )


@public_page
@require_http_methods(["GET", "HEAD", "POST"])
def ask(request: HttpRequest, region: Region, code: str) -> HttpResponse:
    """A question on the web: it waits until the asker was at the window. Real incidents only."""
    window = next((each for each in windows_of(region) if each.town.code == code and each.incident), None)
    if window is None or window.incident is None:
        raise Http404("この画面では、いま受け付けていません。")
    form = WebAskForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            receive_web(window.incident, window.town, form.draft())
        except WrongInput as wrong:
            put_error(form, wrong)
        else:
            answer = redirect("disaster:ask", region.slug)
            answer["Location"] += "?sent=1"
            return answer
    return render(
        request,
        "disaster/support/ask_form.html",
        {"region": region, "window": window, "form": form},
        status=422 if request.method == "POST" else 200,
    )
