"""Data sets over HTTP: streamed, with tags by which a client sees that nothing changed."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from datetime import date
from decimal import Decimal
from itertools import chain, islice
from typing import Any

from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    JsonResponse,
    StreamingHttpResponse,
)
from django.utils.cache import get_conditional_response
from django.utils.http import http_date, quote_etag
from django_scopes import scope

from keniki.apps.regions.models import Region
from keniki.core.csv_dialect import write_csv

from . import catalogue as about
from .datasets import DATASETS, Dataset, Row

_CHUNK = 500


def response(request: HttpRequest, region: Region, name: str, format_: str) -> HttpResponseBase:
    """One data set as `csv` (UTF-8 with BOM, or `?encoding=cp932`) or `json`; 404 for an unknown one."""
    dataset = DATASETS.get(name)
    if dataset is None:
        raise Http404("このデータはありません。")
    encoding = request.GET.get("encoding", "")
    if encoding not in ("", "utf-8", "cp932"):
        return HttpResponse(
            "encoding には utf-8 か cp932 を指定してください。",
            status=400,
            content_type="text/plain; charset=utf-8",
        )
    now = about.state(region)
    tag, modified = (
        quote_etag(f"{now.digest[:40]}-{name}-{format_}-{encoding}"),
        int(now.last_modified.timestamp()),
    )
    known = get_conditional_response(request, tag, modified)
    if known is not None and known.status_code == 304:
        return _tagged(known, tag, modified)
    made: HttpResponse | StreamingHttpResponse
    if format_ == "json":
        made = _json(region, dataset, now)
    elif encoding == "cp932":
        made = _cp932(region, dataset)
    else:
        made = StreamingHttpResponse(_csv(region, dataset), content_type="text/csv; charset=utf-8")
    ending = "json" if format_ == "json" else "csv"
    made.headers["Content-Disposition"] = f'attachment; filename="{region.slug}-{name}.{ending}"'
    return _tagged(made, tag, modified)


def catalogue_response(request: HttpRequest, region: Region) -> HttpResponseBase:
    """The catalogue of the region's data sets."""
    now = about.state(region)
    tag, modified = quote_etag(f"{now.digest[:40]}-catalogue"), int(now.last_modified.timestamp())
    known = get_conditional_response(request, tag, modified)
    if known is not None and known.status_code == 304:
        return _tagged(known, tag, modified)
    content = about.catalogue(region, request.build_absolute_uri("/").rstrip("/"))
    made = JsonResponse(
        content, json_dumps_params={"ensure_ascii": False}, content_type="application/ld+json"
    )
    return _tagged(made, tag, modified)


def _tagged(made: HttpResponseBase, tag: str, modified: int) -> HttpResponseBase:
    made.headers["ETag"] = tag
    made.headers["Last-Modified"] = http_date(modified)
    made.headers["Cache-Control"] = "no-cache"
    made.headers["Access-Control-Allow-Origin"] = "*"
    return made


def _rows(region: Region, dataset: Dataset) -> Iterator[Row]:
    """The rows; the region is in scope while they are read, which is after the view has returned."""
    with scope(region=region):
        yield from dataset.rows(region)


def _csv(region: Region, dataset: Dataset) -> Iterator[bytes]:
    yield write_csv([[column.title for column in dataset.columns]], encoding="utf-8-sig").data
    for rows in _chunks(_rows(region, dataset)):
        yield write_csv(rows, encoding="utf-8").data


def _cp932(region: Region, dataset: Dataset) -> HttpResponse:
    head = [column.title for column in dataset.columns]
    written = write_csv(chain([head], _rows(region, dataset)), encoding="cp932")
    made = HttpResponse(written.data, content_type="text/csv; charset=cp932")
    if written.lacking:
        lost = [[each.row, each.column, each.character, each.written_as] for each in written.lacking]
        made.headers["X-Keniki-Replaced"] = str(len(lost))
        made.headers["X-Keniki-Replaced-Cells"] = json.dumps(lost[:50])
    return made


def _json(region: Region, dataset: Dataset, now: about.State) -> StreamingHttpResponse:
    terms = about.licence(region)
    head = {
        "title": f"{region.name} {dataset.title}",
        "description": dataset.text,
        "region": region.slug,
        "fictional": region.fictional,
        "licence": {"id": terms.key, "title": terms.title, "url": terms.url, "confirmed": terms.confirmed},
        "modified": now.day.isoformat(),
        "sources": about.sources(region),
        "columns": about.columns(dataset),
    }
    return StreamingHttpResponse(_json_parts(region, dataset, head), content_type="application/json")


def _json_parts(region: Region, dataset: Dataset, head: dict[str, Any]) -> Iterator[str]:
    yield _dumped(head)[:-1] + ',"rows":['
    keys = [column.key for column in dataset.columns]
    booleans = {n for n, column in enumerate(dataset.columns) if column.kind == "boolean"}
    first = True
    for rows in _chunks(_rows(region, dataset)):
        parts = [
            _dumped(
                {
                    key: bool(value) if number in booleans and value is not None else _value(value)
                    for number, (key, value) in enumerate(zip(keys, row, strict=True))
                }
            )
            for row in rows
        ]
        yield ("" if first else ",") + ",\n".join(parts)
        first = False
    yield "]}\n"


def _dumped(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _value(value: Any) -> Any:
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, date):
        return value.isoformat()
    return None if value == "" else value


def _chunks(rows: Iterable[Row]) -> Iterator[list[Row]]:
    left = iter(rows)
    while found := list(islice(left, _CHUNK)):
        yield found
