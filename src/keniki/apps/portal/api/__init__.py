"""The JSON API under `/api/v1/`: the same rights as the pages, every write through the slices' actions."""

from __future__ import annotations

from typing import Any


def openapi() -> dict[str, Any]:
    """The API's description as plain JSON data; `docs/reference/openapi.json` is the same, kept by a test."""
    import json

    from django.core.serializers.json import DjangoJSONEncoder

    from .app import api

    found: dict[str, Any] = json.loads(
        json.dumps(api.get_openapi_schema(path_prefix="/api/v1/"), cls=DjangoJSONEncoder)
    )
    return found


def to_json(schema: dict[str, Any]) -> str:
    """The one spelling of the description: two spaces, UTF-8, a newline at the end."""
    import json

    return json.dumps(schema, ensure_ascii=False, indent=2, sort_keys=True) + "\n"
