"""Pages of comments, files, due items and inquiries."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from django.contrib import messages
from django.db import models
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from keniki.apps.accounts.queries import log_of
from keniki.apps.accounts.verbs import Stale
from keniki.apps.regions import policies as rights
from keniki.apps.regions import queries as regions
from keniki.apps.regions.models import Municipality, Region
from keniki.apps.regions.pages import (
    StaffRequest,
    chosen,
    conflict_of,
    own_path,
    page,
    put_error,
    region_page,
    version_of,
)
from keniki.core.digits import whole_number
from keniki.core.errors import WrongInput

from . import actions, forms, policies, queries, storage
from .about import asked_town, digest_of
from .models import Approval, Attachment, Comment, DueItem, Inquiry

# --- comments ---------------------------------------------------------------------------------------------


@region_page
def comment(request: StaffRequest, region: Region) -> HttpResponseBase:
    """Write a comment on `?record=slice.model:id`; the pages' own forms post here and go back to `next`."""
    record = _record(request, region)
    answered = whole_number(request.POST.get("answers") or request.GET.get("answers"))
    answers = None if answered is None else _about(Comment.objects.filter(pk=answered).first(), record)
    form = forms.CommentForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            actions.comment(
                request.actor,
                record,
                form.cleaned_data["text"],
                place=form.cleaned_data["place"],
                answers=answers,
            )
            messages.success(request, "コメントを書きました。")
            return redirect(_next(request, region) + "#comments")
        except WrongInput as wrong:
            put_error(form, wrong)
    return page(
        request,
        "workflow/comment.html",
        status=422 if form.errors else 200,
        record=record,
        answers=answers,
        form=form,
        next=_next(request, region),
    )


@require_POST
@region_page
def comment_state(request: StaffRequest, region: Region, pk: int, deed: str) -> HttpResponseBase:
    """Mark a comment as dealt with, or take that back."""
    found = Comment.objects.filter(pk=pk).first()
    if found is None or deed not in {"settle", "reopen"}:
        raise Http404
    _seen(request, region, found.about)
    (actions.settle if deed == "settle" else actions.reopen)(request.actor, found)
    messages.success(request, "対応済みにしました。" if deed == "settle" else "対応済みを取り消しました。")
    return redirect(_next(request, region) + "#comments")


# --- files ------------------------------------------------------------------------------------------------


@region_page
def attach(request: StaffRequest, region: Region) -> HttpResponseBase:
    """Add a file to `record`."""
    record = _record(request, region)
    policies.attach(request.actor, region).require()
    form = forms.FileForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        upload = form.cleaned_data["file"]
        try:
            kept = actions.attach(request.actor, record, upload.name, upload.read())
            messages.success(request, f"「{kept.name}」を添付しました。")
            return redirect(_next(request, region) + "#files")
        except WrongInput as wrong:
            form.add_error("file", wrong.message)
    return page(
        request,
        "workflow/attach.html",
        status=422 if form.errors else 200,
        record=record,
        form=form,
        next=_next(request, region),
    )


@region_page
def download(request: StaffRequest, region: Region, pk: int) -> HttpResponseBase:
    """Hand out a file to whoever sees the region."""
    found = Attachment.objects.filter(pk=pk, removed_at=None).first()
    if found is None:
        raise Http404("ファイルが見つかりません。")
    _seen(request, region, found.about)
    try:
        content = storage.get(found.digest)
    except storage.LostFile as lost:
        raise Http404(str(lost)) from lost
    response = HttpResponse(content, content_type=found.media_type)
    response["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(found.name)}"
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response


@require_POST
@region_page
def detach(request: StaffRequest, region: Region, pk: int) -> HttpResponseBase:
    """Take a file away."""
    found = Attachment.objects.filter(pk=pk, removed_at=None).first()
    if found is None:
        raise Http404("ファイルが見つかりません。")
    _seen(request, region, found.about)
    actions.detach(request.actor, found)
    messages.success(request, f"「{found.name}」を削除しました。削除したことは操作の記録に残ります。")
    return redirect(_next(request, region) + "#files")


# --- due items --------------------------------------------------------------------------------------------


@region_page
def dues(request: StaffRequest, region: Region) -> HttpResponseBase:
    """What is due: one's own first, for the secretariat everybody's; what is done below."""
    return page(
        request,
        "workflow/dues.html",
        dues=queries.due_for(request.actor, region),
        done=[item for item in queries.dues(region) if item.state != DueItem.State.OPEN][-50:][::-1],
        ruling=rights.edit_shared(request.actor, region),
    )


@region_page
def due_new(request: StaffRequest, region: Region) -> HttpResponseBase:
    """Ask some or all bodies to do something by a day."""
    rights.edit_shared(request.actor, region).require()
    bodies = regions.organisations_of(region)
    towns = [body.pk for body in bodies if body.kind == "municipality"]
    form = forms.DueForm(request.POST or None, bodies=bodies, initial={"organisations": towns})
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            made = actions.create_due(
                request.actor,
                region,
                given["title"],
                given["due_on"],
                [body for body in bodies if body in given["organisations"]],
                text=given["text"],
                remind_days=given["remind_days"],
            )
            messages.success(request, f"{len(made)}件の期限を登録しました。")
            return redirect("workflow-dues", region.slug)
        except WrongInput as wrong:
            put_error(form, wrong)
    return _form(request, form, "期限の登録", region, "workflow-dues", "期限")


@region_page
def due_edit(request: StaffRequest, region: Region, pk: int) -> HttpResponseBase:
    """Move or reword a due item."""
    item = _item(pk)
    rights.edit_shared(request.actor, region).require()
    names = ("title", "text", "due_on", "remind_days")
    form = forms.ChangeDueForm(
        chosen(request, item) if request.method == "POST" else None,
        initial={name: getattr(item, name) for name in names},
    )
    clash = None
    if request.method == "POST" and form.is_valid():
        try:
            actions.change_due(request.actor, item, version_of(request), **form.cleaned_data)
            messages.success(request, "保存しました。")
            return redirect("workflow-dues", region.slug)
        except Stale as stale:
            clash = conflict_of(stale, form)
        except WrongInput as wrong:
            put_error(form, wrong)
    title = f"「{item.title}」（{item.organisation}）"
    return _form(request, form, title, region, "workflow-dues", "期限", version=item.version, clash=clash)


@require_POST
@region_page
def due_do(request: StaffRequest, region: Region, pk: int, deed: str) -> HttpResponseBase:
    """Mark a due item as done or withdraw it."""
    item = _item(pk)
    deeds = {"done": actions.finish_due, "drop": actions.drop_due}
    if deed not in deeds:
        raise Http404
    try:
        deeds[deed](request.actor, item, version_of(request))
        messages.success(request, "済みにしました。" if deed == "done" else "取り下げました。")
    except Stale:
        messages.error(
            request, "ほかの人がこの期限を更新しました。内容を確かめて、もう一度操作してください。"
        )
    except WrongInput as wrong:
        messages.error(request, wrong.message)
    return redirect("workflow-dues", region.slug)


# --- inquiries --------------------------------------------------------------------------------------------


@region_page
def inquiries(request: StaffRequest, region: Region) -> HttpResponseBase:
    """Every inquiry against every town."""
    rows = queries.inquiries(region)
    towns: list[Municipality] = [row.municipality for row in regions.members_on(region)]
    for row in rows:
        towns += [town.municipality for town in row.towns if town.municipality not in towns]
    table = [
        {
            "standing": row,
            "cells": [
                next((each for each in row.towns if each.municipality == town), None) for town in towns
            ],
        }
        for row in rows
    ]
    return page(
        request,
        "workflow/inquiries.html",
        table=table,
        towns=towns,
        ruling=rights.edit_shared(request.actor, region),
        today=rights.today(),
    )


@region_page
def inquiry_new(request: StaffRequest, region: Region) -> HttpResponseBase:
    """Ask all towns about the present version of a record that has one."""
    record = _record(request, region)
    rights.edit_shared(request.actor, region).require()
    digest = digest_of(record)
    if digest is None:
        raise Http404("この種類の記録は照会できません。")
    form = forms.AskForm(request.POST or None, initial={"title": str(record), "label": "照会版"})
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            asked = actions.ask(
                request.actor, record, digest, given["label"], given["due_on"], title=given["title"]
            )
            messages.success(request, f"各{regions.members_word(region)}に照会しました。")
            return redirect("workflow-inquiry", region.slug, asked.pk)
        except WrongInput as wrong:
            put_error(form, wrong)
    return _form(request, form, f"「{record}」を照会", region, "workflow-inquiries", "照会")


@region_page
def inquiry(request: StaffRequest, region: Region, pk: int) -> HttpResponseBase:
    """One inquiry: every town's decision, what is open, comments and files."""
    found = _inquiry(request, region, pk)
    standing = queries.standing_of(found)
    rows = [
        {
            "town": town,
            "ruling": rights.decide_for(request.actor, region, town.municipality, on=found.asked_on),
        }
        for town in standing.towns
    ]
    return page(
        request,
        "workflow/inquiry.html",
        inquiry=found,
        standing=standing,
        rows=rows,
        stale=queries.is_stale(found, digest_of(found.about)),
        ruling=rights.edit_shared(request.actor, region),
        entries=log_of(found)[:50],
    )


@require_POST
@region_page
def inquiry_do(request: StaffRequest, region: Region, pk: int, deed: str) -> HttpResponseBase:
    """Close, reopen or withdraw an inquiry."""
    found = _inquiry(request, region, pk)
    deeds = {
        "close": (actions.close_inquiry, "照会を締め切りました。"),
        "reopen": (actions.reopen_inquiry, "照会を再開しました。"),
        "withdraw": (actions.withdraw_inquiry, "照会を取り下げました。"),
    }
    if deed not in deeds:
        raise Http404
    do, done = deeds[deed]
    try:
        do(request.actor, found, version_of(request))
        messages.success(request, done)
    except Stale:
        messages.error(
            request, "ほかの人がこの照会を更新しました。内容を確かめて、もう一度操作してください。"
        )
    except WrongInput as wrong:
        messages.error(request, wrong.message)
    return redirect("workflow-inquiry", region.slug, pk)


@region_page
def decide(request: StaffRequest, region: Region, pk: int, code: str) -> HttpResponseBase:
    """Record or correct a town's decision."""
    found = _inquiry(request, region, pk)
    town = next(
        (
            row.municipality
            for row in queries.asked_of(region, found.asked_on, asked_town(found.about))
            if row.municipality.code == code
        ),
        None,
    )
    if town is None:
        raise Http404("この照会の相手ではありません。")
    ruling = rights.decide_for(request.actor, region, town, on=found.asked_on).require()
    old = Approval.objects.filter(inquiry=found, municipality=town).select_related("reply").first()
    names = ("answer", "decided_on", "decision_kind", "document_no", "remarks")
    data = chosen(request, old) if request.method == "POST" else None
    form = forms.DecisionForm(
        data,
        request.FILES or None,
        on_behalf_of=ruling.on_behalf_of,
        has_reply=bool(old and old.reply_id),
        initial={name: getattr(old, name) for name in names} if old else None,
    )
    clash = None
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        upload = given.pop("reply")
        try:
            actions.record_decision(
                request.actor,
                found,
                town,
                reply=actions.Reply(upload.name, upload.read()) if upload else None,
                version=version_of(request),
                **given,
            )
            messages.success(request, f"{town.name}の機関決定を記録しました。")
            return redirect("workflow-inquiry", region.slug, pk)
        except Stale as stale:
            clash = conflict_of(stale, form)
        except WrongInput as wrong:
            put_error(form, wrong)
    return page(
        request,
        "workflow/decide.html",
        status=409 if clash else 422 if form.errors else 200,
        inquiry=found,
        town=town,
        ruling=ruling,
        old=old,
        form=form,
        clash=clash,
        stale=queries.is_stale(found, digest_of(found.about)),
    )


# --- finding ----------------------------------------------------------------------------------------------


def _record(request: HttpRequest, region: Region) -> models.Model:
    asked = request.POST.get("record") or request.GET.get("record") or ""
    kind, _, number = asked.partition(":")
    pk = whole_number(number)
    if not kind or pk is None:
        raise Http404("記録が指定されていません。")
    record = regions.record_in(region, kind, pk)
    _seen(request, region, record)
    return record


def _seen(request: HttpRequest, region: Region, record: Any) -> None:
    """404 for a town's own record that is kept from the others."""
    if not policies.see_record(request.actor, region, record):  # type: ignore[attr-defined]
        raise Http404("その記録はこの圏域にありません。")


def _about(comment: Comment | None, record: models.Model) -> Comment | None:
    if comment is None or comment.about != record:
        raise Http404("コメントが見つかりません。")
    return comment


def _next(request: HttpRequest, region: Region) -> str:
    target = request.POST.get("next") or request.GET.get("next") or ""
    return own_path(request, target).partition("#")[0] or f"/desk/{region.slug}/"


def _item(pk: int) -> DueItem:
    found = DueItem.objects.select_related("organisation", "municipality", "region").filter(pk=pk).first()
    if found is None:
        raise Http404("期限が見つかりません。")
    return found


def _inquiry(request: HttpRequest, region: Region, pk: int) -> Inquiry:
    found = Inquiry.objects.select_related("region").filter(pk=pk).first()
    if found is None:
        raise Http404("照会が見つかりません。")
    _seen(request, region, found)
    return found


def _form(
    request: StaffRequest,
    form: Any,
    title: str,
    region: Region,
    back: str,
    back_label: str,
    *,
    version: int | None = None,
    clash: Any = None,
) -> HttpResponseBase:
    address = reverse(back, args=[region.slug])
    return page(
        request,
        "workflow/form.html",
        status=409 if clash else 422 if form.errors else 200,
        form=form,
        title=title,
        back=address,
        crumbs=[(back_label, address)],
        version=version,
        clash=clash,
    )
