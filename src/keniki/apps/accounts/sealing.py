"""Fields whose content stands encrypted in the database (AES-256-GCM under the installation's key).

A copied table, a lost backup or a query past the pages hands out nothing about a person. The name of the column is the
associated data: what is moved to another column does not open. Nothing can be searched in such a field; a
`fingerprint` beside it finds what is equal.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.db import models

_NONCE = 12


class Unsealable(Exception):
    """A sealed value does not open with this installation's key, or was moved from another column."""


def key() -> bytes:
    """The installation's key: 32 bytes."""
    return base64.urlsafe_b64decode(settings.ENCRYPTION_KEY)


def seal(value: Any, name: str) -> bytes:
    """Any JSON value, encrypted for the place called `name`."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode()
    nonce = secrets.token_bytes(_NONCE)
    return nonce + AESGCM(key()).encrypt(nonce, text, name.encode())


def unseal(sealed: bytes, name: str) -> Any:
    """What was sealed for the place called `name`; raises `Unsealable`."""
    try:
        text = AESGCM(key()).decrypt(bytes(sealed[:_NONCE]), bytes(sealed[_NONCE:]), name.encode())
    except (InvalidTag, ValueError) as error:
        raise Unsealable(f"{name}: この鍵で開けません。") from error
    return json.loads(text)


def fingerprint(text: str, name: str) -> str:
    """A keyed hash by which equal values of the place called `name` are found, and nothing is read (64 characters)."""
    own = hashlib.sha256(key() + b"fingerprint" + name.encode()).digest()
    return hmac.new(own, text.encode(), hashlib.sha256).hexdigest()


class SealedJSONField(models.BinaryField):  # type: ignore[type-arg]
    """A JSON value that stands encrypted in its column; read and written as the value itself."""

    description = "sealed JSON"

    def _place(self) -> str:
        label: str = self.model._meta.label_lower
        return f"{label.removesuffix('event') if hasattr(self.model, 'pgh_obj') else label}.{self.name}"

    def get_db_prep_value(self, value: Any, connection: Any, prepared: bool = False) -> Any:
        if value is None:
            return None
        return super().get_db_prep_value(seal(value, self._place()), connection, prepared)

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> Any:
        return None if value is None else unseal(value, self._place())

    def to_python(self, value: Any) -> Any:
        return value

    def value_to_string(self, obj: Any) -> str:
        return base64.b64encode(seal(self.value_from_object(obj), self._place())).decode()
