"""A region in which everything that must stay inside carries one word, to look for on every public page."""

from __future__ import annotations

import io
from typing import Any

from django_scopes import scope
from PIL import Image

from keniki.apps.accounts.actor import Actor
from keniki.apps.activities import actions
from keniki.apps.activities.actions.photos import PhotoDraft, PhotoFile
from keniki.apps.activities.models import Activity, Photo
from keniki.apps.compacts.models import Initiative
from keniki.apps.portal.interchange import schema
from keniki.apps.portal.interchange.load import load_region
from keniki.apps.portal.testing import AOBA, HOSHINO, KAWAKITA, region_file
from keniki.apps.regions.models import Region
from keniki.apps.regions.queries import operator

SECRET = "ヒミツ"


def _draft_agreement() -> dict[str, Any]:
    return {
        "slug": "himitsu-kyoutei",
        "kind": "settlement",
        "title": f"{SECRET}の協定案",
        "state": "draft",
        "parties": [{"municipality": AOBA, "mark": "甲"}, {"municipality": KAWAKITA, "mark": "乙"}],
        "states": [{"state": "draft"}],
        "versions": [
            {
                "number": 1,
                "articles": [{"number": 1, "heading": SECRET, "paragraphs": [{"text": f"{SECRET}の条文"}]}],
                "annex": [
                    {
                        "key": "himitsu",
                        "field_label": SECRET,
                        "title": f"{SECRET}の別表",
                        "measures": [{"key": "himitsu", "text": f"{SECRET}の取組内容"}],
                    }
                ],
            }
        ],
    }


def store_secrets() -> None:
    """Add drafts, plans and lecturers to 青葉圏域."""
    content = region_file().model_dump(mode="json")
    content["agreements"].append(_draft_agreement())
    content["visions"] = [
        {
            "slug": "himitsu-vision",
            "programme": "teiju",
            "title": f"{SECRET}の構想",
            "state": "outline",
            "future_image": f"{SECRET}の将来像",
            "goals": [{"key": "g_himitsu", "text": f"{SECRET}の目標"}],
            "states": [{"state": "outline", "on": "2024-06-01"}],
        }
    ]
    content["initiatives"].append(
        {
            "slug": "himitsu-torikumi",
            "order": 9,
            "title": f"{SECRET}の取組案",
            "programme": "teiju",
            "vision": "himitsu-vision",
            "overview": f"{SECRET}の概要",
        }
    )
    content["initiatives"][0]["evaluations"] = [
        {
            "municipality": HOSHINO,
            "fiscal_year": 2023,
            "scale": "default",
            "grade": "C",
            "comment": f"{SECRET}の評価",
        }
    ]
    content["kpi"].append(
        {
            "slug": "himitsu-kpi",
            "order": 9,
            "name": f"{SECRET}の指標",
            "unit": "人",
            "direction": "increase",
            "vision": "himitsu-vision",
            "targets": [{"fiscal_year": 2025, "value": 1}],
        }
    )
    content["activities"] += [
        {
            "slug": "himitsu-yotei",
            "initiative": "bousai",
            "fiscal_year": 2024,
            "title": f"{SECRET}の予定",
            "kind": "drill",
            "state": "planned",
            "measures": [{"agreement": "kyoutei", "measure": "bichiku"}],
        },
        {
            "slug": "koushi",
            "initiative": "bousai",
            "fiscal_year": 2024,
            "title": "防災講座",
            "kind": "course",
            "state": "done",
            "lines": [
                {"kind": "lecturer", "text": f"{SECRET}太郎氏"},
                {"kind": "result", "text": "{people}参加"},
            ],
            "counts": [{"key": "people", "value": 12, "counter": "名", "quantity": "participants"}],
        },
    ]
    content["grants"][0]["steps"].insert(
        0, {"step": "wish", "amount": 9_999_999, "document_no": f"{SECRET}第1号"}
    )
    content["region"]["milestones"].append(
        {
            "slug": "himitsu",
            "track": "panel",
            "title": f"{SECRET}の会議",
            "starts_on": "2024-10-01",
            "state": "planned",
        }
    )
    load_region(operator(), schema.RegionFile.model_validate(content))


def picture(colour: str) -> PhotoFile:
    drawn = io.BytesIO()
    Image.new("RGB", (640, 480), colour).save(drawn, "JPEG")
    return PhotoFile(f"{colour}.jpg", drawn.getvalue())


def store_photos(actor: Actor, region: Region) -> dict[str, Photo]:
    """One public photo, one kept private, one of a planned activity (which is public by itself)."""
    with scope(region=region):
        initiative = Initiative.objects.get(slug="bousai")
        planned = Activity.objects.filter(slug="himitsu-yotei").first()
        done = Activity.objects.get(slug="r5-kunren")
        given = Photo.Consent.GIVEN
        return {
            "public": actions.add_photo(
                actor,
                initiative,
                PhotoDraft("訓練のようす", credit="青葉市", consent=given, public=True),
                picture("green"),
                activity=done,
            ),
            "private": actions.add_photo(
                actor, initiative, PhotoDraft(f"{SECRET}の写真", consent=given), picture("red"), activity=done
            ),
            "planned": actions.add_photo(
                actor,
                initiative,
                PhotoDraft(f"{SECRET}の予定のチラシ", kind="flyer", consent=given, public=True),
                picture("blue"),
                activity=planned,
            ),
        }
