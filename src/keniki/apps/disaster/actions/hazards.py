"""Writing hazard layers: a map of one hazard with the polygons of its file."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Final

from keniki.apps.accounts.actor import Actor
from keniki.apps.accounts.verbs import changes, lock, verb
from keniki.apps.regions.models import Region
from keniki.core.errors import WrongInput

from .. import policies
from ..formats.geojson import HazardArea, HazardFile
from ..geometry import box_of
from ..models import Hazard, HazardLayer, HazardPolygon

LABELS: Final = {
    "hazard": "災害種別",
    "title": "名称",
    "source_text": "出典",
    "published_on": "公表日",
    "note": "備考",
    "file": "ファイル",
}
#: Of the polygons that were not taken so many are kept with the layer.
MOST_REFUSED: Final = 500


@dataclass(frozen=True)
class LayerDraft:
    """A layer as it shall be."""

    hazard: str
    title: str
    source_text: str
    published_on: date | None = None
    note: str = ""


@dataclass(frozen=True)
class LayerFile:
    """The file of a layer: what was read of it, and its hash, by which the same one is known again."""

    read: HazardFile
    digest: str

    @classmethod
    def of(cls, read: HazardFile, data: bytes) -> LayerFile:
        return cls(read, hashlib.sha256(data).hexdigest())


def save_layer(
    actor: Actor,
    region: Region,
    draft: LayerDraft,
    file: LayerFile | None = None,
    layer: HazardLayer | None = None,
    version: int | None = None,
) -> HazardLayer:
    """Register a layer or change it; a file replaces all of its polygons, the same file twice changes none.

    Raises `WrongInput` (also for a file without any polygon that can be taken), `Denied` or `Stale`.
    """
    ruling = policies.write_shared(actor, region).require()
    _check(draft, file, layer)
    with verb(actor, "disaster.save_layer", region=region.slug, ruling=ruling, quiet=True) as act:
        if layer is None:
            lock("layer-slug", region.pk)
            saved = HazardLayer(region=region, slug=_free_slug(region, draft.hazard))
            old: dict[str, Any] = {}
        else:
            saved = act.lock(layer, version)
            saved.region = region
            old = content(saved)
        for name in ("hazard", "title", "source_text", "published_on", "note"):
            value = getattr(draft, name)
            setattr(saved, name, value.strip() if isinstance(value, str) else value)
        fresh = file is not None and (layer is None or file.digest != saved.digest)
        if file is not None and fresh:
            saved.digest, saved.file_name = file.digest, file.read.name[:200]
            saved.refused = [asdict(each) for each in file.read.problems[:MOST_REFUSED]]
        new = content(saved)
        before, after = changes(old, new)
        if not after:
            return saved
        act.save(saved)
        if file is not None and fresh:
            saved.polygons.all().delete()
            HazardPolygon.objects.bulk_create(_polygons(saved, file.read.areas), batch_size=500)
            new |= {"polygons": len(file.read.areas), "quarantined": len(file.read.problems)}
            words = f"（{len(file.read.areas):,}区域、読み込まない区域{len(file.read.problems):,}）"
        else:
            words = ""
        if layer is None:
            act.log(saved, None, new, f"ハザード情報「{saved}」を登録{words}")
        else:
            said = "・".join(LABELS[name] for name in after)
            act.log(saved, before, after, f"ハザード情報「{saved}」の{said}を変更{words}")
        return saved


def remove_layer(actor: Actor, layer: HazardLayer, version: int | None) -> None:
    """Remove a layer with its polygons."""
    ruling = policies.write_shared(actor, layer.region).require()
    with verb(actor, "disaster.remove_layer", region=layer.region.slug, ruling=ruling) as act:
        current = act.lock(layer, version)
        act.log(current, content(current), None, f"ハザード情報「{current}」を削除")
        current.delete()


def content(layer: HazardLayer) -> dict[str, Any]:
    """What the log keeps of a layer; its polygons are known by the hash of their file."""
    return {
        "hazard": layer.get_hazard_display(),
        "title": layer.title,
        "source_text": layer.source_text,
        "published_on": layer.published_on.isoformat() if layer.published_on else "",
        "note": layer.note,
        "file": f"{layer.file_name}（{layer.digest[:12]}）" if layer.digest else "",
    }


def _check(draft: LayerDraft, file: LayerFile | None, layer: HazardLayer | None) -> None:
    if draft.hazard not in Hazard.values:
        raise WrongInput("災害種別を選んでください。", column="hazard")
    if not draft.title.strip():
        raise WrongInput("名称を入力してください。", column="title")
    if not draft.source_text.strip():
        raise WrongInput("出典（公表した機関と資料の名称）を入力してください。", column="source_text")
    if file is None:
        if layer is None:
            raise WrongInput("GeoJSONのファイルを選んでください。", column="file")
        return
    if not file.read.areas:
        first = file.read.problems[0] if file.read.problems else None
        why = f"{first.row}番目：{first.reason}" if first else "区域が1つもありません。"
        raise WrongInput(f"読み込める区域がありません。{why}", column="file", file=file.read.name)
    other = {each.hazard for each in file.read.areas} - {"", draft.hazard}
    if other:
        words = "・".join(str(Hazard(each).label) for each in sorted(other) if each in Hazard.values)
        raise WrongInput(
            f"ファイルは「{words}」の情報です。災害種別を確かめてください。",
            column="hazard",
            file=file.read.name,
        )


def _polygons(layer: HazardLayer, areas: Iterable[HazardArea]) -> list[HazardPolygon]:
    found = []
    for order, area in enumerate(areas):
        west, south, east, north = box_of(area.geometry)
        found.append(
            HazardPolygon(
                region=layer.region,
                layer=layer,
                order=order,
                label=area.label[:120],
                depth=_metres(area.depth),
                depth_from=_metres(area.from_m),
                geometry=area.geometry,
                west=west,
                south=south,
                east=east,
                north=north,
            )
        )
    return found


def _metres(number: float | None) -> Decimal | None:
    return None if number is None else round(Decimal(str(number)), 2)


def _free_slug(region: Region, hazard: str) -> str:
    stem = hazard.replace("_", "-")
    taken = set(
        HazardLayer.objects.filter(region=region, slug__startswith=stem).values_list("slug", flat=True)
    )
    number = 1
    while (slug := f"{stem}-{number}") in taken:
        number += 1
    return slug
