"""Who may build, pass on and publish documents."""

from __future__ import annotations

from django.urls import reverse

from keniki.apps.accounts.actor import Actor, Remedy, Ruling, allow, deny
from keniki.apps.regions import policies as regions
from keniki.apps.regions.models import Region

from .models import Build, BuildRun


def build(actor: Actor, region: Region) -> Ruling:
    """Everyone who sees the region's staff pages may make a 確認版: it changes nothing."""
    ruling = regions.see(actor, region)
    if not ruling:
        return ruling
    return allow("この圏域の職にあるため、確認版を作成できます。", ruling.post)


def cancel(actor: Actor, run: BuildRun) -> Ruling:
    """A build is cancelled by whoever started it, or by the secretariat."""
    ruling = build(actor, run.region)
    if not ruling or actor.operator or (actor.user is not None and run.user_id == actor.user.pk):
        return ruling
    if regions.edit_shared(actor, run.region):
        return ruling
    return deny("作成の取消しは、作成を始めた人か事務局が行います。")


def advance(actor: Actor, region: Region) -> Ruling:
    """照会, 提出 and publication are the secretariat's."""
    ruling = regions.edit_shared(actor, region)
    if ruling:
        return allow("事務局の職にあるため、照会・提出・公開ができます。", ruling.post)
    return deny("照会、提出、公開は事務局が行います。確認版の作成と、赤字（コメント）はできます。")


def change(actor: Actor, build_: Build) -> Ruling:
    """A submitted document is frozen; only a replacement follows it."""
    ruling = advance(actor, build_.region)
    if not ruling:
        return ruling
    if build_.state in (Build.State.SUBMITTED, Build.State.REPLACED):
        return deny(
            "提出版は変更できません。記録を直したうえで差替版を作成してください。",
            Remedy(
                "差替版のもとになる確認版を作る",
                reverse("documents:new", args=[build_.region.slug, build_.kind]),
            ),
        )
    return ruling
