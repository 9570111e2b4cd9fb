"""A fictional standing cast for tests: two regions that share one town, and a person in every role.

青葉圏域 = 青葉市 (centre, runs the secretariat), 川北町, 星野町. 港南圏域 = 港南市 (centre), 川北町.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

from django.contrib.auth.hashers import make_password

from keniki.apps.accounts.actor import Actor
from keniki.apps.accounts.models import User
from keniki.apps.accounts.verbs import verb
from keniki.apps.regions import queries
from keniki.apps.regions.models import Municipality, Organisation, Post, PostHolder, Region
from keniki.core.municipality_code import check_digit

from .interchange import schema
from .interchange.load import days, load_region

PASSWORD = "aozora-no-shita-2024"  # noqa: S105  (of fictional people)


def code(five: str) -> str:
    """Six digits of a fictional code that no municipality carries."""
    return five + check_digit(five)


AOBA, KAWAKITA, HOSHINO, KONAN = (code(five) for five in ("01901", "01902", "01903", "01904"))


def _town(six: str, name: str, kana: str, kind: str, latitude: str, longitude: str) -> dict[str, Any]:
    return {
        "code": six,
        "name": name,
        "kana": kana,
        "kind": kind,
        "prefecture": "01",
        "office": {"address": f"{name}中央1番地", "latitude": latitude, "longitude": longitude},
        "source": "架空",
    }


_TOWNS = {
    AOBA: _town(AOBA, "青葉市", "あおばし", "city", "43.10", "141.70"),
    KAWAKITA: _town(KAWAKITA, "川北町", "かわきたちょう", "town", "43.20", "141.80"),
    HOSHINO: _town(HOSHINO, "星野町", "ほしのちょう", "town", "43.00", "141.90"),
    KONAN: _town(KONAN, "港南市", "こうなんし", "city", "43.30", "141.60"),
}


def region_file(**changes: Any) -> schema.RegionFile:
    """青葉圏域 as a file: an agreement with two annex items, two initiatives, activities of R4–R6, a grant, a KPI."""
    content: dict[str, Any] = {
        "format": schema.FORMAT,
        "region": {
            "slug": "aoba",
            "name": "青葉圏域",
            "short_name": "青葉",
            "fictional": True,
            "members_term": "構成市町",
            "secretariat": "aoba-kikakuka",
            "organisations": [
                {
                    "slug": "aoba-kikakuka",
                    "kind": "secretariat",
                    "name": "青葉市",
                    "municipality": AOBA,
                    "department": "企画課",
                },
                {
                    "slug": "aoba-shouboukumiai",
                    "kind": "fire",
                    "name": "青葉消防組合",
                    "members": [AOBA, KAWAKITA, HOSHINO],
                },
            ],
            "programmes": [
                {
                    "programme": "hokkaido",
                    "valid_from": "2020-10-01",
                    "valid_to": "2025-03-31",
                    "first_fiscal_year": 2020,
                    "last_fiscal_year": 2024,
                    "fields": ["bousai", "ict"],
                },
                {"programme": "teiju", "valid_from": "2024-05-01"},
            ],
            "sources": [{"slug": "kyouteisho", "title": "青葉圏域の形成に関する協定書（架空）"}],
            "facts": [
                {
                    "indicator": "population",
                    "label": "人口",
                    "municipality": six,
                    "as_of": "2020-10-01",
                    "value": value,
                    "unit": "人",
                    "source": {"document": "kyouteisho"},
                }
                for six, value in ((AOBA, 30000), (KAWAKITA, 8000), (HOSHINO, 5000))
            ],
        },
        "municipalities": [_TOWNS[AOBA], _TOWNS[KAWAKITA], _TOWNS[HOSHINO]],
        "members": [
            {"municipality": AOBA, "role": "centre", "order": 1, "valid_from": "2020-10-01"},
            {"municipality": KAWAKITA, "role": "partner", "order": 2, "valid_from": "2020-10-01"},
            {"municipality": HOSHINO, "role": "partner", "order": 3, "valid_from": "2020-10-01"},
        ],
        "agreements": [_agreement()],
        "initiatives": [
            {
                "slug": "bousai",
                "order": 1,
                "title": "地域防災体制の充実",
                "field_name": "防災",
                "fields": ["bousai"],
                "programme": "hokkaido",
                "annex_items": [{"agreement": "kyoutei", "item": "bousai"}],
                "first_year": 2022,
                "last_year": 2024,
                "overview": "合同の訓練と備蓄の共有を行う。",
                "roles": [
                    {
                        "label": "各市町",
                        "municipalities": [AOBA, KAWAKITA, HOSHINO],
                        "text": "訓練に参加する。",
                    }
                ],
                "projects": [
                    {"slug": "kunren", "title": "合同防災訓練", "first_year": 2022, "last_year": 2024}
                ],
                "findings": [{"text": "職員の相互支援が円滑になった。"}],
                "outlooks": [
                    {"title": "訓練の継続", "measures": [{"title": "夜間訓練", "text": "夜間に行う。"}]}
                ],
            },
            {
                "slug": "sumaho",
                "order": 2,
                "title": "スマートフォン講習会",
                "field_name": "ICT",
                "fields": ["ict"],
                "programme": "hokkaido",
                "annex_items": [{"agreement": "kyoutei", "item": "ict"}],
                "first_year": 2023,
                "last_year": 2024,
                "overview": "高齢者向けの講習会を開く。",
            },
        ],
        "activities": [
            {
                "slug": "r5-kunren",
                "initiative": "bousai",
                "project": "kunren",
                "fiscal_year": 2023,
                "title": "合同防災訓練",
                "kind": "drill",
                "state": "done",
                "starts_on": "2023-09-01",
                "measures": [{"agreement": "kyoutei", "measure": "kunren"}],
                "lines": [{"kind": "result", "text": "{times} {people}参加"}],
                "counts": [
                    {"key": "times", "value": 1, "counter": "回", "quantity": "sessions"},
                    {"key": "people", "value": 120, "counter": "名", "quantity": "participants"},
                ],
            },
            {
                "slug": "r6-sumaho",
                "initiative": "sumaho",
                "fiscal_year": 2024,
                "title": "スマートフォン講習会",
                "kind": "course",
                "state": "done",
                "lines": [{"kind": "result", "text": "{people}参加"}],
                "counts": [
                    {"key": "people", "value": 49, "counter": "名", "quantity": "participants"},
                    *(
                        {
                            "key": f"people_{key}",
                            "value": value,
                            "counter": "名",
                            "quantity": "participants",
                            "municipality": six,
                            "part_of": "people",
                        }
                        for key, six, value in (
                            ("aoba", AOBA, 20),
                            ("kawakita", KAWAKITA, 21),
                            ("hoshino", HOSHINO, 8),
                        )
                    ),
                ],
            },
            {
                "slug": "r4-bousai-nashi",
                "initiative": "bousai",
                "fiscal_year": 2022,
                "kind": "none",
                "state": "none",
            },
        ],
        "grants": [
            {
                "slug": "r5-koufukin",
                "programme": "hokkaido",
                "fiscal_year": 2023,
                "title": "地域づくり総合交付金",
                "recipient": AOBA,
                "steps": [
                    {"step": "decision", "amount": 5_000_000, "on": "2023-06-01", "document_no": "架空第1号"}
                ],
            }
        ],
        "kpi": [
            {
                "slug": "koushuukai-sanka",
                "order": 1,
                "name": "講習会の参加者数",
                "unit": "名",
                "direction": "increase",
                "initiative": "sumaho",
                "targets": [{"fiscal_year": 2024, "value": 60}],
                "count_query": {"initiatives": ["sumaho"], "quantity": "participants"},
            }
        ],
    }
    return schema.RegionFile.model_validate({**content, **changes})


def _agreement() -> dict[str, Any]:
    towns = [AOBA, KAWAKITA, HOSHINO]
    return {
        "slug": "kyoutei",
        "kind": "multilateral",
        "title": "青葉圏域の形成に関する協定書",
        "programme": "hokkaido",
        "state": "concluded",
        "concluded_on": "2020-10-01",
        "valid_from": "2020-10-01",
        "parties": [{"municipality": six} for six in towns],
        "states": [{"state": "draft"}, {"state": "concluded", "on": "2020-10-01"}],
        "versions": [
            {
                "number": 1,
                "preamble": "青葉市、川北町及び星野町は、次のとおり協定を締結する。",
                "articles": [
                    {
                        "number": 1,
                        "heading": "目的",
                        "paragraphs": [{"text": "この協定は、圏域を形成することを目的とする。"}],
                    }
                ],
                "closing": "この協定の証として、本書3通を作成する。",
                "annex_heading": "別表（第1条関係）",
                "annex": [
                    {
                        "key": "bousai",
                        "group": "生活機能の強化に係る政策分野",
                        "field_label": "防災",
                        "fields": ["bousai"],
                        "title": "地域防災体制等の充実",
                        "direction": "圏域の防災力を高める。",
                        "measures": [
                            {"key": "kunren", "text": "合同の防災訓練を行う。"},
                            {"key": "bichiku", "text": "備蓄を共有する仕組みをつくる。"},
                        ],
                        "roles": [{"municipalities": towns, "items": ["訓練に参加する。"]}],
                    },
                    {
                        "key": "ict",
                        "group": "結びつきやネットワークの強化に係る政策分野",
                        "field_label": "ICT",
                        "fields": ["ict"],
                        "title": "デジタル活用の支援",
                        "direction": "誰もがデジタルの便利さを使えるようにする。",
                        "measures": [{"key": "koushuu", "text": "講習会を開く。"}],
                        "roles": [{"municipalities": [AOBA], "items": ["講師を手配する。"]}],
                    },
                ],
                "signatories": [
                    {
                        "municipality": six,
                        "address": _TOWNS[six]["office"]["address"],
                        "title": "市長" if _TOWNS[six]["kind"] == "city" else "町長",
                        "name": name,
                    }
                    for six, name in zip(towns, ("青木一郎", "川本花子", "星川次郎"), strict=True)
                ],
            }
        ],
    }


def other_region_file() -> schema.RegionFile:
    """港南圏域 as a file: 港南市 and 川北町, with one initiative."""
    return schema.RegionFile.model_validate(
        {
            "format": schema.FORMAT,
            "region": {
                "slug": "konan",
                "name": "港南圏域",
                "fictional": True,
                "secretariat": "konan-seisakuka",
                "organisations": [
                    {
                        "slug": "konan-seisakuka",
                        "kind": "secretariat",
                        "name": "港南市",
                        "municipality": KONAN,
                        "department": "政策課",
                    }
                ],
                "programmes": [{"programme": "renkei", "valid_from": "2019-03-01"}],
            },
            "municipalities": [_TOWNS[KONAN], _TOWNS[KAWAKITA]],
            "members": [
                {"municipality": KONAN, "role": "centre", "order": 1, "valid_from": "2019-03-01"},
                {"municipality": KAWAKITA, "role": "partner", "order": 2, "valid_from": "2019-03-01"},
            ],
            "initiatives": [
                {
                    "slug": "kankou",
                    "order": 1,
                    "title": "広域観光の推進",
                    "programme": "renkei",
                    "overview": "周遊を促す。",
                }
            ],
        }
    )


@dataclass(frozen=True)
class Seat:
    """A person of the cast and the post they hold; `organisation` is a slug."""

    login: str
    name: str
    organisation: str
    section: str
    role: str


#: Everyone with a post, by the name of their fixture.
SEATS: Mapping[str, Seat] = {
    "secretariat": Seat("sato", "佐藤一郎", "aoba-kikakuka", "企画課", Post.Role.SECRETARIAT),
    "administrator": Seat("suzuki", "鈴木久美", "aoba-kikakuka", "企画課 課長", Post.Role.ADMINISTRATOR),
    "centre_officer": Seat("tanaka", "田中実", "aoba-shi", "防災課", Post.Role.OFFICER),
    "partner": Seat("nakamura", "中村次郎", "kawakita-cho", "企画課", Post.Role.OFFICER),
    "approver": Seat("kobayashi", "小林光", "kawakita-cho", "企画課 課長", Post.Role.APPROVER),
    "other_partner": Seat("kato", "加藤三奈", "hoshino-cho", "総務課", Post.Role.OFFICER),
    "viewer": Seat("yoshida", "吉田護", "hoshino-cho", "議会事務局", Post.Role.VIEWER),
    "panel_member": Seat("yamada", "山田緑", "aoba-kikakuka", "懇談会", Post.Role.PANEL_MEMBER),
    "fire_officer": Seat("inoue", "井上剛", "aoba-shouboukumiai", "警防課", Post.Role.OFFICER),
    "neighbour": Seat("kimura", "木村望", "konan-shi", "政策課", Post.Role.OFFICER),
    "neighbour_secretariat": Seat("hayashi", "林誠", "konan-seisakuka", "政策課", Post.Role.SECRETARIAT),
}


class Cast:
    """What is in the database, read when asked for: regions, towns by name, actors by the name of their fixture."""

    @cached_property
    def region(self) -> Region:
        return Region.objects.select_related("secretariat").get(slug="aoba")

    @cached_property
    def other_region(self) -> Region:
        return Region.objects.select_related("secretariat").get(slug="konan")

    @cached_property
    def towns(self) -> dict[str, Municipality]:
        return {town.name: town for town in Municipality.objects.filter(code__in=_TOWNS)}

    @cached_property
    def actors(self) -> dict[str, Actor]:
        return {key: self.actor(key) for key in SEATS}

    def actor(self, key: str) -> Actor:
        return queries.actor_for(User.objects.get(login=SEATS[key].login))


def build(*, since: date = date(2020, 4, 1)) -> Cast:
    """Store both regions and everyone's post; posts are held from `since`."""
    operator = queries.operator()
    load_region(operator, region_file())
    load_region(operator, other_region_file())
    towns = Cast().towns
    hashed = make_password(PASSWORD)
    with verb(operator, "testing.cast", quiet=True):
        bodies = {body.slug: body for body in Organisation.objects.all()}
        for slug, name in _OFFICES.items():
            bodies[slug] = Organisation.objects.create(
                slug=slug, kind=Organisation.Kind.MUNICIPALITY, name=name, municipality=towns[name]
            )
        for seat in SEATS.values():
            user = User.objects.create(login=seat.login, name=seat.name, password=hashed)
            post = Post.objects.create(
                organisation=bodies[seat.organisation],
                slug=f"{seat.organisation}-{seat.role.replace('_', '-')}-{seat.login}",
                section=seat.section,
                role=seat.role,
            )
            PostHolder.objects.create(user=user, post=post, valid=days(since, None))
    return Cast()


def fresh(actor: Actor) -> Actor:
    """The same person as of now: posts are read again."""
    return queries.actor_for(actor.user, via=actor.via)


_OFFICES = {"aoba-shi": "青葉市", "kawakita-cho": "川北町", "hoshino-cho": "星野町", "konan-shi": "港南市"}
