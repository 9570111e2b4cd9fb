"""The library all components register in, and how one renders its template."""

from __future__ import annotations

from typing import Any

from django import template
from django.template.context import Context
from django.utils.safestring import SafeString

register = template.Library()


def render_part(context: Context, name: str, **data: Any) -> SafeString:
    """components/<name>.html rendered with `data`, the request and the form token, and nothing else."""
    engine = context.template.engine  # type: ignore[union-attr]
    inner = context.new(data)
    for key in ("csrf_token", "request"):
        if key in context:
            inner[key] = context[key]
    return engine.get_template(f"components/{name}.html").render(inner)
