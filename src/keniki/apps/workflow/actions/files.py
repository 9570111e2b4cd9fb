"""Files kept with a record: checked by content, stored encrypted, removed visibly."""

from __future__ import annotations

from django.db import models
from django.utils import timezone

from keniki.apps.accounts.actor import Actor
from keniki.apps.accounts.verbs import Act, verb

from .. import policies, storage, uploads
from ..about import link, named, region_of, subject
from ..models import Attachment


def attach(actor: Actor, record: models.Model, name: str, content: bytes) -> Attachment:
    """Keep a file with a record. WrongInput for a kind, size or content that is not taken."""
    region = region_of(record)
    with verb(actor, "workflow.attach", region=region.slug, ruling=policies.attach(actor, region)) as act:
        row = keep(act, record, name, content)
        act.log(
            record, None, {"file": row.name, "sha256": row.digest}, f"{named(record)}に「{row.name}」を添付"
        )
    return row


def keep(act: Act, record: models.Model, name: str, content: bytes) -> Attachment:
    """The part of `attach` that other verbs do inside theirs."""
    upload = uploads.check(name, content)
    row = Attachment(
        **link(record),
        name=upload.name,
        digest=storage.put(upload.content),
        media_type=upload.media_type,
        size=len(upload.content),
        uploaded_by=act.actor.user,
    )
    return act.save(row)


def detach(actor: Actor, attachment: Attachment, version: int | None = None) -> Attachment:
    """Take a file away from its record. The log keeps its name and hash; the bytes stay for other records."""
    region = attachment.region
    ruling = policies.detach(actor, region, attachment)
    with verb(actor, "workflow.detach", region=region.slug, ruling=ruling, quiet=True) as act:
        row = act.lock(attachment, version)
        if row.removed_at is None:
            row.removed_at = timezone.now()
            act.save(row)
            act.log(
                subject(row),
                {"file": row.name, "sha256": row.digest},
                None,
                f"{named(subject(row))}の添付「{row.name}」を削除",
            )
    return row
