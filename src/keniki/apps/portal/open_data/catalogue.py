"""What the data sets say about themselves: licence, day of change, columns, and the catalogue (DCAT)."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any, Final

from django.conf import settings
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone

from keniki import __version__
from keniki.apps.accounts.models import LogEntry
from keniki.apps.regions.models import Region, SourceDocument

from .datasets import DATASETS, Dataset


@dataclass(frozen=True)
class Licence:
    """Under which terms the data may be used; `confirmed` by the region, else it is only the default."""

    key: str
    title: str
    url: str
    confirmed: bool = False


_LICENCES: Final = {
    "CC-BY-4.0": (
        "クリエイティブ・コモンズ 表示 4.0 国際（CC BY 4.0）",
        "https://creativecommons.org/licenses/by/4.0/deed.ja",
    ),
    "CC0-1.0": (
        "CC0 1.0（いかなる権利も保有しない）",
        "https://creativecommons.org/publicdomain/zero/1.0/deed.ja",
    ),
}
DEFAULT: Final = "CC-BY-4.0"


def licence(region: Region) -> Licence:
    """The region's licence: `OPEN_DATA_LICENCES` of the settings (slug → key), else CC BY 4.0 unconfirmed."""
    chosen = getattr(settings, "OPEN_DATA_LICENCES", {}).get(region.slug)
    key = chosen if chosen in _LICENCES else DEFAULT
    return Licence(key, *_LICENCES[key], confirmed=chosen is not None)


#: Deeds that begin together may be stored in another order than they are numbered.
_LAST_DEEDS: Final = 20


@dataclass(frozen=True)
class State:
    """When a region's records changed last, and the tag that changes with them (and with the day)."""

    changed_at: datetime
    digest: str

    @property
    def day(self) -> date:
        return timezone.localtime(self.changed_at).date()

    @property
    def last_modified(self) -> datetime:
        """Not before this day's beginning: who is a member follows the calendar."""
        midnight = timezone.make_aware(datetime.combine(timezone.localdate(), time.min))
        return max(self.changed_at, midnight)


def state(region: Region) -> State:
    """The state of what is published: every verb leaves a log entry of its region (or of none)."""
    rows = LogEntry.objects.filter(Q(region=region.slug) | Q(region="")).order_by("-id")
    last = list(rows.values_list("id", "at")[:_LAST_DEEDS])
    at = last[0][1] if last else region.changed_at
    deeds = [number for number, _ in last]
    seen = f"{__version__} {deeds} {region.version} {timezone.localdate()} {licence(region)}"
    return State(at, hashlib.sha256(seen.encode()).hexdigest())


@dataclass(frozen=True)
class Described:
    """A data set as the page lists it."""

    dataset: Dataset
    changed_on: date
    csv_url: str
    json_url: str


def described(region: Region) -> list[Described]:
    """Every data set with its addresses."""
    day = state(region).day
    return [
        Described(each, day, address(region, each.name, "csv"), address(region, each.name, "json"))
        for each in DATASETS.values()
    ]


def address(region: Region, name: str, format_: str) -> str:
    return reverse("public:dataset", args=[region.slug, name, format_])


def columns(dataset: Dataset) -> list[dict[str, str]]:
    """The columns as metadata: key, heading, type, unit, explanation."""
    return [
        {
            "name": each.key,
            "title": each.title,
            "type": each.kind,
            "unit": each.unit,
            "description": each.text,
        }
        for each in dataset.columns
    ]


def sources(region: Region) -> list[str]:
    """The documents that figures were taken from."""
    return list(SourceDocument.objects.filter(region=region).values_list("title", flat=True))


def catalogue(region: Region, base: str) -> dict[str, Any]:
    """All data sets as a DCAT catalogue (JSON-LD); `base` is the address of this site."""
    terms, now, publisher = licence(region), state(region), _publisher(region)
    spatial = [row.municipality.name for row in region.memberships.select_related("municipality")]
    return {
        "@context": {
            "dcat": "http://www.w3.org/ns/dcat#",
            "dct": "http://purl.org/dc/terms/",
            "foaf": "http://xmlns.com/foaf/0.1/",
            "csvw": "http://www.w3.org/ns/csvw#",
        },
        "@type": "dcat:Catalog",
        "dct:title": f"{region.name} オープンデータ" + ("（架空）" if region.fictional else ""),
        "dct:description": f"{region.name}の構成市町村、取組、活動、協定、成果指標などのデータ",
        "dct:language": "ja",
        "dct:publisher": publisher,
        "dct:license": terms.url,
        "dct:rights": "" if terms.confirmed else "利用条件は初期設定であり、圏域による確認前である。",
        "dct:modified": now.day.isoformat(),
        "dct:spatial": list(dict.fromkeys(spatial)),
        "dcat:dataset": [
            {
                "@type": "dcat:Dataset",
                "@id": base + address(region, each.name, "json"),
                "dct:identifier": f"{region.slug}-{each.name}",
                "dct:title": f"{region.name} {each.title}",
                "dct:description": each.text,
                "dct:language": "ja",
                "dct:license": terms.url,
                "dct:modified": now.day.isoformat(),
                "dct:publisher": publisher,
                "dct:source": sources(region),
                "dcat:distribution": [
                    _distribution(base, region, each, "csv", "text/csv"),
                    _distribution(base, region, each, "json", "application/json"),
                ],
                "csvw:tableSchema": {
                    "columns": [
                        {
                            "name": column.key,
                            "titles": column.title,
                            "datatype": _DATATYPES[column.kind],
                            "dct:description": column.text,
                            "unit": column.unit,
                        }
                        for column in each.columns
                    ]
                },
            }
            for each in DATASETS.values()
        ],
    }


_DATATYPES: Final = {
    "string": "string",
    "code": "string",
    "integer": "integer",
    "number": "decimal",
    "date": "date",
    "boolean": "boolean",
}


def _distribution(base: str, region: Region, dataset: Dataset, format_: str, media: str) -> dict[str, str]:
    return {
        "@type": "dcat:Distribution",
        "dct:title": f"{dataset.title}（{format_.upper()}）",
        "dct:format": format_.upper(),
        "dcat:mediaType": media,
        "dcat:downloadURL": base + address(region, dataset.name, format_),
        "dct:license": licence(region).url,
    }


def _publisher(region: Region) -> dict[str, str]:
    office = region.secretariat
    name = f"{region.name} 事務局（{' '.join(part for part in (office.name, office.department) if part)}）"
    return {"@type": "foaf:Agent", "foaf:name": name}
