"""Rules as they are stored: checked, in one canonical text, with its hash."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from pydantic import ValidationError

from keniki.core.errors import WrongInput
from keniki.rulebooks.sharing import RuleSpec, why


def spec_of(content: Any, *, file: str | None = None) -> RuleSpec:
    """The rule written in `content` (plain data). WrongInput names the field that is wrong as `column`."""
    try:
        return RuleSpec.model_validate(content)
    except ValidationError as error:
        field, said = why(error)
        raise WrongInput(f"負担割合の定めが正しくありません：{said}", file=file, column=field) from None


def canonical(spec: RuleSpec) -> dict[str, Any]:
    """The rule as plain data in one form: what is not said is left out, so that the same rule has the same hash."""
    data: dict[str, Any] = spec.model_dump(mode="json", exclude_defaults=True)
    return data


def digest_of(content: Any) -> str:
    """SHA-256 of plain data in its canonical JSON text."""
    text = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()
