"""What the partials of this slice read for themselves, so that any page may include them."""

from __future__ import annotations

from typing import Any

from django import template
from django.db import models
from django.template.context import Context

from keniki.apps.regions import policies as rights

from .. import policies, queries, uploads

register = template.Library()


@register.simple_tag
def threads_of(record: models.Model) -> list[queries.Thread]:
    """The comments on a record, open ones first."""
    return queries.threads(record)


@register.simple_tag
def files_of(record: models.Model) -> list[Any]:
    """The files kept with a record."""
    return queries.attachments(record)


@register.simple_tag(takes_context=True)
def may_comment(context: Context) -> Any:
    """The ruling on commenting in the page's region."""
    return rights.comment(context["actor"], context["region"])


@register.simple_tag(takes_context=True)
def may_settle(context: Context, comment: Any) -> Any:
    """The ruling on marking a comment as dealt with."""
    return policies.settle(context["actor"], context["region"], comment)


@register.simple_tag(takes_context=True)
def may_attach(context: Context) -> Any:
    """The ruling on adding a file in the page's region."""
    return policies.attach(context["actor"], context["region"])


@register.simple_tag(takes_context=True)
def may_detach(context: Context, attachment: Any) -> Any:
    """The ruling on taking a file away."""
    return policies.detach(context["actor"], context["region"], attachment)


@register.simple_tag
def upload_kinds() -> str:
    """The endings a file field accepts."""
    return uploads.ACCEPT


@register.filter
def file_size(size: int) -> str:
    """`1.2 MB`, `34 KB`"""
    return f"{size / 1024 / 1024:.1f} MB" if size >= 1024 * 1024 else f"{max(1, round(size / 1024))} KB"
