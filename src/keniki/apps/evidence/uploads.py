"""A file that is looked at on one page and used on the next: kept encrypted, found again by a signed mark."""

from __future__ import annotations

from typing import Final

from django.core import signing

from keniki.apps.regions.models import Region
from keniki.apps.workflow import storage
from keniki.core.errors import WrongInput

from .importers.base import RawBytes

_SALT: Final = "evidence.upload"
_A_DAY: Final = 24 * 3600


def keep(region: Region | None, file: RawBytes) -> str:
    """Keep a file for the next page of a region (None: of everybody's); the mark to find it by, good for a day."""
    return signing.dumps([_whose(region), storage.put(file.content), file.name], salt=_SALT)


def kept(region: Region | None, mark: str) -> RawBytes:
    """The file of a mark; WrongInput where it is none of theirs, or too old."""
    try:
        slug, digest, name = signing.loads(mark, salt=_SALT, max_age=_A_DAY)
        if slug == _whose(region):
            return RawBytes(name, storage.get(digest))
    except (signing.BadSignature, storage.LostFile, ValueError):
        pass
    raise WrongInput("ファイルが見つかりません。もう一度選んでください。", column="file")


def _whose(region: Region | None) -> str:
    """The region's slug; no slug is a single mark."""
    return region.slug if region else "*"
