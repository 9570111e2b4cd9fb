"""Comments: written by everyone who sees the record, answered, and marked as dealt with."""

from __future__ import annotations

from django.db import models
from django.utils import timezone

from keniki.apps.accounts.actor import Actor
from keniki.apps.accounts.verbs import verb
from keniki.apps.regions import policies as rights
from keniki.apps.regions.models import Organisation
from keniki.core.errors import WrongInput

from .. import policies
from ..about import link, named, region_of, subject
from ..models import Comment

LONGEST = 4000


def comment(
    actor: Actor, record: models.Model, text: str, *, place: str = "", answers: Comment | None = None
) -> Comment:
    """Write a remark on a record (意見・赤字). `place` says where in it; `answers` is the remark answered."""
    region = region_of(record)
    with verb(actor, "workflow.comment", region=region.slug, ruling=rights.comment(actor, region)) as act:
        text = text.strip()
        if not text:
            raise WrongInput("コメントを入力してください。", column="コメント")
        if len(text) > LONGEST:
            raise WrongInput(
                f"コメントは{LONGEST}文字までにしてください（いま{len(text)}文字）。", column="コメント"
            )
        if actor.user is None:
            raise WrongInput("コメントは、ログインした利用者が書きます。")
        if answers is not None and (answers.object_id != record.pk or answers.about != record):
            raise WrongInput("返信先のコメントは、別の記録のものです。")
        post = act.post
        town = (
            post.municipality_id
            if post and post.organisation_kind == Organisation.Kind.MUNICIPALITY
            else None
        )
        row = Comment.objects.create(
            **link(record),
            author=actor.user,
            post_label=post.label if post else "",
            municipality_id=town,
            text=text,
            place=place.strip(),
            answers=(answers.answers or answers) if answers else None,
        )
        what = "に返信" if answers else "にコメント"
        act.log(
            record,
            None,
            {"comment": row.pk, "text": text},
            f"{named(record)}{what}：{_short(text)}",
            municipality=post.municipality_code if post and town else "",
        )
    return row


def settle(actor: Actor, comment: Comment) -> Comment:
    """Mark a comment as dealt with (対応済み)."""
    ruling = policies.settle(actor, comment.region, comment)
    with verb(actor, "workflow.settle", region=comment.region.slug, ruling=ruling, quiet=True) as act:
        row = Comment.objects.select_for_update().get(pk=comment.pk)
        if row.settled_at is None:
            row.settled_at, row.settled_by = timezone.now(), actor.user
            row.save(update_fields=["settled_at", "settled_by"])
            act.log(
                subject(row),
                None,
                {"comment": row.pk},
                f"{named(subject(row))}のコメント「{_short(row.text)}」を対応済みに",
            )
    return row


def reopen(actor: Actor, comment: Comment) -> Comment:
    """Take back that a comment was dealt with."""
    ruling = policies.settle(actor, comment.region, comment)
    with verb(actor, "workflow.reopen", region=comment.region.slug, ruling=ruling, quiet=True) as act:
        row = Comment.objects.select_for_update().get(pk=comment.pk)
        if row.settled_at is not None:
            row.settled_at, row.settled_by = None, None
            row.save(update_fields=["settled_at", "settled_by"])
            act.log(
                subject(row),
                None,
                {"comment": row.pk},
                f"{named(subject(row))}のコメント「{_short(row.text)}」の対応済みを取消し",
            )
    return row


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= 60 else f"{line[:59]}…"
