"""Organisations, their posts, who holds them, and the notes that stay with a post."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponseBase, QueryDict
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from keniki.apps.accounts import queries as people
from keniki.apps.accounts.verbs import Stale
from keniki.core.errors import WrongInput

from .. import actions, forms, policies, queries
from ..editing import Frame, Sheet, edit_page
from ..models import Organisation, Post, PostHolder, Region
from ..pages import StaffRequest, address, page, put_error, region_page, version_of


@region_page
def overview(request: StaffRequest, region: Region) -> HttpResponseBase:
    """Every organisation of the region with its posts and who holds them today."""
    organisations = queries.organisations_of(region)
    desks = queries.desks(organisations)
    policies.ask_at_once(organisations)
    rulings = {body.pk: policies.manage_people(request.actor, body) for body in organisations}
    return page(
        request,
        "regions/people.html",
        bodies=[
            {"organisation": body, "desks": desks[body.pk], "ruling": rulings[body.pk]}
            for body in organisations
        ],
        may_transfer=any(rulings.values()),
        may_register=policies.create_account(request.actor),
    )


@region_page
def organisation(request: StaffRequest, region: Region, slug: str) -> HttpResponseBase:
    """One organisation: its posts, its people, what was changed."""
    body = _organisation(region, slug)
    return page(
        request,
        "regions/organisation.html",
        organisation=body,
        desks=queries.desks([body])[body.pk],
        ruling=policies.manage_people(request.actor, body),
        entries=people.log_of(body)[:20],
    )


@region_page
def organisation_edit(request: StaffRequest, region: Region, slug: str) -> HttpResponseBase:
    """Correct an organisation's name and section."""
    body = _organisation(region, slug)
    policies.manage_people(request.actor, body).require()

    def build(data: QueryDict | None, record: Organisation) -> Sheet:
        names = ("version", "name", "department", "note")
        return Sheet(forms.OrganisationForm(data, initial={name: getattr(record, name) for name in names}))

    def save(sheet: Sheet) -> Organisation:
        given = dict(sheet.form.cleaned_data)
        return actions.change_organisation(
            request.actor, body, given.pop("version"), region=region.slug, **given
        )

    frame = _body_frame(region, body)
    return edit_page(
        request,
        frame,
        f"{body.name}の登録内容",
        body,
        build,
        save,
        done=lambda saved: ("保存しました。", frame.back),
    )


@region_page
def post_new(request: StaffRequest, region: Region, slug: str) -> HttpResponseBase:
    """Create a post in an organisation."""
    body = _organisation(region, slug)
    policies.manage_people(request.actor, body).require()

    def build(data: QueryDict | None, record: None) -> Sheet:
        return Sheet(forms.NewPostForm(data, roles=queries.roles_for(body)))

    def save(sheet: Sheet) -> Post:
        given = dict(sheet.form.cleaned_data)
        del given["version"]
        return actions.create_post(request.actor, body, region=region.slug, **given)

    return edit_page(
        request,
        _body_frame(region, body),
        f"{body.name}の職を作成",
        None,
        build,
        save,
        done=lambda saved: (
            f"職「{saved.label}」を作成しました。続けて、就く方を発令してください。",
            address("regions-post", region.slug, saved.slug),
        ),
        lead="権限は職に付きます。人が替わっても職は残り、引継ぎ事項も職に残ります。",
    )


@region_page
def post(request: StaffRequest, region: Region, slug: str) -> HttpResponseBase:
    """One post: who holds it, the notes that stay with it, and what may be done."""
    return _post_page(request, region, _post(region, slug))


def _post_page(
    request: StaffRequest, region: Region, found: Post, status: int = 200, **shown: Any
) -> HttpResponseBase:
    body = found.organisation
    desk = next(each for each in queries.desks([body])[body.pk] if each.post.pk == found.pk)
    may_read = policies.read_notes(request.actor, found)
    context: dict[str, Any] = {
        "post": found,
        "desk": desk,
        "ruling": policies.manage_people(request.actor, body),
        "may_read": may_read,
        "notes": queries.notes_of(found) if may_read else [],
        "note_form": forms.NoteForm(),
        "assign_form": forms.AssignForm(),
        "end_form": forms.EndPostForm(auto_id="end_%s"),
        "entries": people.log_of(found)[:20],
        **shown,
    }
    return page(request, "regions/post.html", status=status, **context)


@region_page
def post_edit(request: StaffRequest, region: Region, slug: str) -> HttpResponseBase:
    """Rename a post or change its role."""
    found = _post(region, slug)
    policies.manage_people(request.actor, found.organisation).require()

    def build(data: QueryDict | None, record: Post) -> Sheet:
        names = ("version", "section", "title", "role")
        initial = {name: getattr(record, name) for name in names}
        roles = queries.roles_for(record.organisation, record.role)
        return Sheet(forms.PostForm(data, initial=initial, roles=roles))

    def save(sheet: Sheet) -> Post:
        given = dict(sheet.form.cleaned_data)
        return actions.change_post(request.actor, found, given.pop("version"), region=region.slug, **given)

    frame = _post_frame(region, found)
    return edit_page(
        request,
        frame,
        f"職「{found.label}」の変更",
        found,
        build,
        save,
        done=lambda saved: ("保存しました。", frame.back),
        lead="役割を変えると、この職に就いている方の権限がすぐに変わります。",
    )


@require_POST
@region_page
def post_end(request: StaffRequest, region: Region, slug: str) -> HttpResponseBase:
    """Abolish a post."""
    found = _post(region, slug)
    policies.manage_people(request.actor, found.organisation).require()
    form = forms.EndPostForm(request.POST, auto_id="end_%s")
    if form.is_valid():
        try:
            actions.end_post(
                request.actor, found, version_of(request), form.cleaned_data["last"], region=region.slug
            )
            messages.success(request, "職を廃止しました。")
            return redirect("regions-post", region.slug, slug)
        except Stale:
            form.add_error(None, "ほかの人がこの職を更新しました。内容を確かめて、もう一度操作してください。")
        except WrongInput as wrong:
            put_error(form, wrong)
    return _post_page(request, region, found, 422, end_form=form)


@require_POST
@region_page
def assign(request: StaffRequest, region: Region, slug: str) -> HttpResponseBase:
    """Give the post to a person."""
    found = _post(region, slug)
    policies.manage_people(request.actor, found.organisation).require()
    form = forms.AssignForm(request.POST)
    if form.is_valid():
        user = people.user_by_login(form.cleaned_data["login"])
        if user is None:
            form.add_error(
                "login", "この利用者は登録されていません。先に「人と職」から利用者を登録してください。"
            )
        else:
            try:
                actions.assign(
                    request.actor,
                    found,
                    user,
                    form.cleaned_data["first"],
                    form.cleaned_data["last"],
                    region=region.slug,
                )
                messages.success(request, f"{user.name} を発令しました。")
                return redirect("regions-post", region.slug, slug)
            except WrongInput as wrong:
                put_error(form, wrong)
    return _post_page(request, region, found, 422, assign_form=form)


@region_page
def holding_end(request: StaffRequest, region: Region, slug: str, pk: int) -> HttpResponseBase:
    """End somebody's holding of a post, or cancel one that has not begun."""
    found = _post(region, slug)
    policies.manage_people(request.actor, found.organisation).require()
    holder = PostHolder.objects.select_related("user", "post__organisation").filter(pk=pk, post=found).first()
    if holder is None:
        raise Http404

    def build(data: QueryDict | None, record: PostHolder) -> Sheet:
        return Sheet(forms.EndHoldingForm(data))

    def save(sheet: Sheet) -> PostHolder:
        return actions.end_holding(request.actor, holder, sheet.form.cleaned_data["last"], region=region.slug)

    frame = _post_frame(region, found)
    return edit_page(
        request,
        frame,
        f"{holder.user.name} の「{found.label}」を解く",
        holder,
        build,
        save,
        done=lambda saved: ("保存しました。", frame.back),
        lead="まだ始まっていない発令は、始まる前の日を入力すると取り消されます。",
    )


@require_POST
@region_page
def note(request: StaffRequest, region: Region, slug: str) -> HttpResponseBase:
    """Write a hand-over note."""
    found = _post(region, slug)
    form = forms.NoteForm(request.POST)
    if form.is_valid():
        actions.write_note(request.actor, found, form.cleaned_data["text"], region=region.slug)
        messages.success(request, "引継ぎ事項を残しました。")
        return redirect("regions-post", region.slug, slug)
    return _post_page(request, region, found, 422, note_form=form)


def _body_frame(region: Region, body: Organisation) -> Frame:
    back = address("regions-organisation", region.slug, body.slug)
    return Frame(back, [("人と職", address("regions-people", region.slug)), (str(body), back)])


def _post_frame(region: Region, post: Post) -> Frame:
    back = address("regions-post", region.slug, post.slug)
    return Frame(back, [("人と職", address("regions-people", region.slug)), (post.label, back)])


def _organisation(region: Region, slug: str) -> Organisation:
    found = next((body for body in queries.organisations_of(region) if body.slug == slug), None)
    if found is None:
        raise Http404("この圏域にその団体はありません。")
    return found


def _post(region: Region, slug: str) -> Post:
    found = (
        Post.objects.select_related("organisation__municipality")
        .filter(slug=slug, organisation__in=queries.organisations_of(region))
        .first()
    )
    if found is None:
        raise Http404("この圏域にその職はありません。")
    return found
