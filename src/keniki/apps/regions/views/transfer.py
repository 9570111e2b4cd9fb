"""The transfer on 1 April: a file for everybody who moves, shown before it is carried out."""

from __future__ import annotations

import base64
import binascii
from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect

from keniki.core import csv_dialect
from keniki.core.errors import WrongInput

from .. import actions, forms, policies, queries
from ..models import Region
from ..pages import StaffRequest, page, region_page


@region_page
def transfer(request: StaffRequest, region: Region) -> HttpResponseBase:
    """Upload the file, see what it will do, then do all of it or nothing."""
    policies.create_account(request.actor).require()
    form = forms.TransferForm()
    shown: dict[str, Any] = {}
    if request.method == "POST" and "apply" in request.POST:
        return _apply(request, region)
    if request.method == "POST":
        form = forms.TransferForm(request.POST, request.FILES)
        if form.is_valid():
            upload = form.cleaned_data["file"]
            data = upload.read()
            try:
                shown = {
                    "plan": actions.plan_transfer(request.actor, data, file=upload.name),
                    "content": base64.b64encode(data).decode(),
                    "file_name": upload.name,
                }
            except WrongInput as wrong:
                form.add_error("file", str(wrong))
    status = 422 if form.errors or (shown and shown["plan"].problems) else 200
    return page(request, "regions/transfer.html", form=form, status=status, **shown)


def _apply(request: StaffRequest, region: Region) -> HttpResponseBase:
    name = request.POST.get("file_name", "")
    form = forms.TransferForm()
    try:
        data = base64.b64decode(request.POST.get("content", "").encode(), validate=True)
        done = actions.transfer(request.actor, data, file=name, region=region.slug)
    except binascii.Error:
        messages.error(request, "ファイルの内容が届きませんでした。もう一度ファイルを選んでください。")
        return redirect("regions-transfer", region.slug)
    except WrongInput as wrong:
        messages.error(request, str(wrong))
        return page(request, "regions/transfer.html", form=form, status=422)
    return page(request, "regions/transfer.html", done=done, form=form)


@region_page
def transfer_template(request: StaffRequest, region: Region) -> HttpResponseBase:
    """The file to fill in, with everyone who holds a post today."""
    everyone = queries.organisations_of(region)
    policies.ask_at_once(everyone)
    bodies = [body for body in everyone if policies.manage_people(request.actor, body)]
    posts = [desk.post for desks in queries.desks(bodies).values() for desk in desks]
    written = csv_dialect.write_csv(actions.template_rows(posts), encoding="utf-8-sig")
    response = HttpResponse(written.data, content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{region.slug}-transfer.csv"'
    return response
