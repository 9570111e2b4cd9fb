"""Fingerprints of the records a document was built from: equal now means the document is up to date."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from functools import cache
from typing import Any

from django.db import models

_NOT_CONTENT = {"version", "changed_at"}


class Inputs:
    """Collects the records a document reads, each with its children, by a key a person can follow."""

    def __init__(self) -> None:
        self.records: dict[str, str] = {}
        self.labels: dict[str, str] = {}

    def add(self, record: models.Model, *children: Iterable[models.Model]) -> None:
        """Take in one record and the rows that belong to it."""
        content = [_content(record), *([_content(child) for child in rows] for rows in children)]
        key = f"{record._meta.label_lower}:{record.pk}"
        self.records[key] = hashlib.sha256(
            json.dumps(content, ensure_ascii=False, sort_keys=True, default=str).encode()
        ).hexdigest()
        self.labels[key] = f"{record._meta.verbose_name}「{record}」"

    def add_value(self, key: str, label: str, value: Any) -> None:
        """Take in something that was worked out from records not read one by one."""
        self.records[key] = hashlib.sha256(json.dumps(value, default=str).encode()).hexdigest()
        self.labels[key] = label

    def add_all(self, records: Iterable[models.Model]) -> None:
        for record in records:
            self.add(record)

    @property
    def digest(self) -> str:
        """One hash over all of it, independent of the order of reading."""
        return hashlib.sha256(json.dumps(self.records, sort_keys=True).encode()).hexdigest()

    def as_dict(self) -> dict[str, Any]:
        return {
            key: {"digest": digest, "label": self.labels[key]} for key, digest in sorted(self.records.items())
        }


def differences(then: dict[str, Any], now: Inputs) -> list[tuple[str, str]]:
    """What changed since `then` (as stored): (「変更」「追加」「削除」, label) in the order of the labels."""
    found: list[tuple[str, str]] = []
    for key, digest in now.records.items():
        if key not in then:
            found.append(("追加", now.labels[key]))
        elif then[key]["digest"] != digest:
            found.append(("変更", now.labels[key]))
    found.extend(("削除", then[key]["label"]) for key in then if key not in now.records)
    return sorted(found, key=lambda change: change[1])


def _content(record: models.Model) -> dict[str, Any]:
    return {name: getattr(record, name) for name in _names(type(record))}


@cache
def _names(model: type[models.Model]) -> tuple[str, ...]:
    names = (field.attname for field in model._meta.concrete_fields)
    return tuple(name for name in names if name not in _NOT_CONTENT)
