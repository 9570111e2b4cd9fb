"""海辺圏域, a fictional region of two towns: complete, so that its documents can be submitted."""

from __future__ import annotations

import base64
import hashlib
from io import BytesIO
from typing import Any

from PIL import Image

from keniki.apps.portal.interchange import schema
from keniki.apps.portal.testing import code

UMIBE, MISAKI = code("01911"), code("01912")


def document(**changes: Any) -> schema.RegionFile:
    """The region as a file; `changes` replace whole keys."""
    return schema.RegionFile.model_validate({**content(), **changes})


def content() -> dict[str, Any]:
    """The same as plain data."""
    return {
        "format": schema.FORMAT,
        "region": {
            "slug": "umibe",
            "name": "海辺圏域",
            "fictional": True,
            "sources": [{"slug": "shiryou", "title": "海辺圏域の資料（架空）"}],
            "formation_history": "漁港をともに使う二つのまちで形成。",
            "secretariat": "umibe-kikakuka",
            "organisations": [
                {"slug": "umibe-kikakuka", "kind": "secretariat", "name": "海辺市", "municipality": UMIBE}
            ],
            "programmes": [
                {
                    "programme": "hokkaido",
                    "valid_from": "2022-04-01",
                    "first_fiscal_year": 2022,
                    "last_fiscal_year": 2024,
                    "fields": ["medical", "other"],
                }
            ],
            "facts": [
                {
                    "indicator": "population",
                    "label": "人口",
                    "as_of": "2023-01-01",
                    "value": 12345,
                    "unit": "人",
                },
                {
                    "indicator": "area",
                    "label": "面積",
                    "as_of": "2020-10-01",
                    "value": "98.70",
                    "unit": "km²",
                    "source": {"document": "shiryou", "place": "第1表"},
                },
            ],
        },
        "municipalities": [
            {"code": UMIBE, "name": "海辺市", "kind": "city", "prefecture": "01"},
            {"code": MISAKI, "name": "岬村", "kind": "village", "prefecture": "01"},
        ],
        "members": [
            {"municipality": UMIBE, "role": "centre", "order": 2, "valid_from": "2022-04-01"},
            {"municipality": MISAKI, "role": "partner", "order": 1, "valid_from": "2022-04-01"},
        ],
        "agreements": [agreement()],
        "declarations": [
            {
                "slug": "sengen",
                "programme": "teiju",
                "title": "中心市宣言書",
                "centre": UMIBE,
                "state": "published",
                "declared_on": "2022-05-01",
                "mayor": "磯野渚",
                "gist": ["海とともに生きる。"],
                "parts": [
                    {
                        "key": key,
                        "heading": key,
                        "text": f"{key}の本文",
                        "items": ["一つ"],
                        "fields": fields,
                        "municipalities": towns,
                    }
                    for key, fields, towns in (
                        ("functions", [], []),
                        ("use", [], []),
                        ("history", [], []),
                        ("ideas", ["medical"], []),
                        ("partners", [], [MISAKI]),
                    )
                ],
            }
        ],
        "visions": [
            {
                "slug": "renkei-vision",
                "programme": "hokkaido",
                "title": "海辺連携ビジョン",
                "first_year": 2022,
                "last_year": 2024,
                "state": "decided",
                "decided_on": "2022-06-01",
                "future_image": "潮の満ちるまち",
                "sections": [{"heading": "概況", "body": "海に面する。"}],
                "goals": [{"key": "inochi", "field": "medical", "text": "診療を絶やさない"}],
                "states": [
                    {"state": "outline", "on": "2022-04-10"},
                    {"state": "decided", "on": "2022-06-01"},
                ],
            }
        ],
        "initiatives": [
            {
                "slug": "isha",
                "order": 1,
                "title": "診療所の共同運営",
                "field_name": "医療",
                "programme": "hokkaido",
                "vision": "renkei-vision",
                "goal": "inochi",
                "fields": ["medical"],
                "annex_items": [{"agreement": "umibe-kyoutei", "item": "iryou"}],
                "bodies": [MISAKI, UMIBE],
                "projects": [
                    {
                        "slug": "unei",
                        "code": "1-1",
                        "title": "診療所の運営事業",
                        "lead": UMIBE,
                        "bodies": [UMIBE, MISAKI],
                        "first_year": 2022,
                        "last_year": 2024,
                        "text": "診療所を運営する。",
                        "effect": "休診がなくなる。",
                    }
                ],
                "first_year": 2022,
                "last_year": 2024,
                "overview": "二つのまちで診療所を運営する。",
                "purpose": "漁期にも診療を絶やさない。",
                "roles": [
                    {"label": "海辺市", "text": "医師を確保する。"},
                    {"label": "岬村", "text": "建物を管理する。"},
                ],
                "findings": [{"text": "休診がなくなった。"}, {"text": "送迎が課題である。"}],
                "outlooks": [
                    {"title": "医師の確保", "measures": [{"title": "奨学金", "text": "学生を支える。"}]}
                ],
                "photos": [
                    {
                        "slug": "shinryoujo",
                        "caption": "診療所の様子",
                        "fiscal_year": 2023,
                        "consent": "not_needed",
                        "public": True,
                        "file": picture("shinryoujo.png"),
                    }
                ],
            }
        ],
        "activities": [
            {
                "slug": "r4-nashi",
                "initiative": "isha",
                "fiscal_year": 2022,
                "kind": "none",
                "state": "none",
            },
            {
                "slug": "r5-unei",
                "initiative": "isha",
                "fiscal_year": 2023,
                "order": 1,
                "title": "診療所の運営",
                "kind": "service",
                "state": "done",
                "lines": [
                    {"kind": "result", "text": "{days} {people}受診"},
                    {"kind": "note", "text": "漁期は土曜日も診療"},
                    {"kind": "lecturer", "text": "海辺医師会 医師 磯野 凪 氏ほか"},
                    {"kind": "result", "text": "うち{children}"},
                ],
                "counts": [
                    {"key": "days", "value": 240, "counter": "日", "quantity": "days"},
                    {
                        "key": "people",
                        "value": 1300,
                        "counter": "人",
                        "quantity": "participants",
                        "basis": "cumulative",
                    },
                    {
                        "key": "children",
                        "value": 300,
                        "counter": "人",
                        "quantity": "participants",
                        "basis": "about",
                        "as_typed": "児童約300人",
                        "part_of": "people",
                    },
                ],
            },
            {
                "slug": "r6-unei",
                "initiative": "isha",
                "fiscal_year": 2024,
                "title": "診療所の運営",
                "kind": "service",
                "state": "done",
            },
        ],
        "grants": [
            grant(year, amount) for year, amount in ((2022, 1_000_000), (2023, 2_345_678), (2024, 700_000))
        ],
        "budgets": [
            {
                "slug": "unei-2022",
                "initiative": "isha",
                "project": "unei",
                "fiscal_year": 2022,
                "municipality": UMIBE,
                "stage": "initial",
                "amount": 4_321_000,
                "funding": "general_revenue",
            }
        ],
        "kpi": [
            {
                "slug": "kyuushin",
                "vision": "renkei-vision",
                "name": "休診日",
                "unit": "日",
                "direction": "decrease",
                "baseline": {"value": 30, "years": [2021]},
                "targets": [{"fiscal_year": 2024, "value": 0}],
                "readings": [{"fiscal_year": 2022, "value": 12, "source": {"document": "shiryou"}}],
            },
            {
                "slug": "jushin",
                "initiative": "isha",
                "name": "受診者数",
                "unit": "人",
                "direction": "increase",
                "baseline": {"value": 900, "years": [2021]},
                "targets": [{"fiscal_year": 2024, "value": 1500}],
                "count_query": {"initiatives": ["isha"], "quantity": "participants"},
            },
        ],
    }


def grant(year: int, amount: int) -> dict[str, Any]:
    """A grant with its steps: the last that fixes an amount counts, the wish does not."""
    return {
        "slug": f"koufu-{year}",
        "programme": "hokkaido",
        "fiscal_year": year,
        "title": "海辺交付金",
        "recipient": UMIBE,
        "steps": [
            {"step": "wish", "amount": amount * 2},
            {"step": "decision", "amount": amount + 50_000},
            {"step": "final", "amount": amount},
        ],
    }


def agreement(**changes: Any) -> dict[str, Any]:
    """A multilateral agreement of both towns, 岬村 first."""
    return {
        "slug": "umibe-kyoutei",
        "kind": "multilateral",
        "title": "海辺圏域の形成に関する協定書",
        "programme": "hokkaido",
        "state": "concluded",
        "concluded_on": "2022-04-01",
        "parties": [{"municipality": MISAKI}, {"municipality": UMIBE}],
        "states": [{"state": "draft"}, {"state": "concluded", "on": "2022-04-01"}],
        "versions": [
            {
                "number": 1,
                "preamble": "岬村及び海辺市は、次のとおり協定を締結する。",
                "articles": [
                    {"number": 1, "heading": "目的", "paragraphs": [{"text": "この協定は、圏域を形成する。"}]}
                ],
                "closing": "本書{copies}通を作成し、各自1通を保有する。",
                "annex_heading": "別表（第1条関係）",
                "annex": [
                    {
                        "key": "iryou",
                        "group": "生活機能の強化に係る政策分野",
                        "field_label": "医療",
                        "title": "診療所等の運営",
                        "direction": "診療を絶やさない。",
                        "measures": [{"key": "unei", "text": "診療所を運営する。"}],
                        "roles": [{"municipalities": [MISAKI, UMIBE], "items": ["費用を分け合う。"]}],
                    }
                ],
                "signatories": [
                    {"municipality": UMIBE, "address": "海辺市浜1番地", "title": "海辺市長", "name": "潮 満"},
                    {"municipality": MISAKI, "address": "岬村崎2番地", "title": "岬村長", "name": "灯台 守"},
                ],
            }
        ],
    } | changes


def picture(name: str) -> dict[str, str]:
    """A small plain PNG as the file form carries it."""
    out = BytesIO()
    Image.new("RGB", (64, 48), (30, 120, 160)).save(out, "PNG")
    bytes_ = out.getvalue()
    return {
        "name": name,
        "sha256": hashlib.sha256(bytes_).hexdigest(),
        "base64": base64.b64encode(bytes_).decode(),
    }
