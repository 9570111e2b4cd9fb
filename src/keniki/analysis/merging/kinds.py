"""What an incident is made of: the kinds of entities, their fields, what each may hold, and which are about persons.

One table, `KINDS`. A kind or a field is added here and nowhere else: parsing, sealing, merging and the page
without network read it. A field's name with `.*` is a collection: `needs.diet.*` stands for `needs.diet.egg`,
each member a field of its own.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final, Literal, TypeAlias

from keniki.core.errors import WrongInput

from .values import (
    POSITION,
    SLUG,
    UUID,
    Check,
    Choice,
    Day,
    Entity,
    Many,
    Moment,
    Number,
    Record,
    Text,
    Town,
    Whole,
    Yes,
    is_town,
)

KeyForm: TypeAlias = Literal["uuid", "slug", "town"]
_MEMBER: Final = re.compile(r"[a-z0-9_]{1,40}\Z")


@dataclass(frozen=True)
class Field:
    """A field: what people read, what it may hold, whether it is about a person (then sealed where it is stored)."""

    label: str
    check: Check
    personal: bool = False


@dataclass(frozen=True)
class Kind:
    """A kind of entity: what people read, the form of its key, its fields."""

    label: str
    key: KeyForm
    fields: Mapping[str, Field]
    personal: bool = False


PRESENCE_STATES: Final = {"in": "滞在中", "away": "外出中", "left": "退所", "expected": "受入予定"}
SHELTER_STATES: Final = {
    "unopened": "未開設",
    "preparing": "開設準備中",
    "open": "開設",
    "full": "満員",
    "closed": "閉鎖",
}
HEADQUARTERS: Final = {
    "none": "未設置",
    "watch": "警戒体制",
    "set": "災害対策本部設置",
    "dissolved": "解散",
}
ORDERS: Final = {
    "none": "発令なし",
    "elderly": "高齢者等避難（警戒レベル3）",
    "evacuate": "避難指示（警戒レベル4）",
    "safety": "緊急安全確保（警戒レベル5）",
    "lifted": "解除",
}
ROADS: Final = {"open": "通行可", "one_lane": "片側交互通行", "caution": "通行注意", "closed": "通行止め"}
UTILITIES: Final = {"ok": "使用可", "partly": "一部使用可", "out": "使用不可", "unknown": "不明"}
REQUEST_STATES: Final = {
    "open": "受付中",
    "matched": "調整済み",
    "accepted": "承諾",
    "declined": "辞退",
    "sent": "発送・派遣済み",
    "received": "到着・受領済み",
    "closed": "完了",
    "withdrawn": "取下げ",
}
SOURCES: Final = {
    "staff": "職員",
    "resident": "住民",
    "police": "警察",
    "fire": "消防",
    "town": "市町村",
    "prefecture": "都道府県",
    "state": "国",
    "utility": "電気・水道・通信等の事業者",
    "media": "報道",
    "other": "その他",
}
_PEOPLE: Final = Whole(0, 10**6)


def _about_persons(fields: Mapping[str, Field]) -> dict[str, Field]:
    return {name: Field(each.label, each.check, personal=True) for name, each in fields.items()}


_PERSON = _about_persons(
    {
        "name": Field("氏名", Text(120)),
        "kana": Field("氏名カナ", Text(120)),
        "birth": Field("生年月日", Day()),
        "age": Field("年齢（生年月日が分からないとき）", Whole(0, 130)),
        "sex": Field(
            "性別", Choice({"male": "男", "female": "女", "other": "その他", "unanswered": "回答しない"})
        ),
        "home": Field("住所地", Town()),
        "address": Field("住所", Text(300)),
        "phone": Field("電話番号", Text(40)),
        "emergency_contact": Field("緊急連絡先", Text(200)),
        "household": Field("世帯", Entity(("household",))),
        "card": Field("受付カードの番号", Text(80)),
        "line": Field("紙の受付簿の番号", Text(80)),
        "presence": Field(
            "滞在の状況",
            Record(
                {
                    "state": Choice(PRESENCE_STATES),
                    "place": Entity(("shelter",)),
                    "where": Text(200),
                    "since": Moment(),
                },
                needed=("state",),
            ),
        ),
        "needs.diet.*": Field("食物アレルギー・食事の配慮", Yes()),
        "needs.diet_note": Field("食事の配慮の内容", Text(500, lines=True)),
        "needs.medicine": Field("服薬・医療処置", Text(500, lines=True)),
        "needs.care.*": Field("介助・設備の配慮", Yes()),
        "needs.care_note": Field("介助の内容", Text(500, lines=True)),
        "needs.language": Field("使う言語", Text(80)),
        "health": Field("体調・けが", Text(500, lines=True)),
        "helper_needed": Field("避難行動要支援者", Yes()),
        "inquiry_consent": Field("安否情報の提供への同意", Yes()),
        "protected": Field("保護対象（安否照会に回答しない）", Yes()),
        "memo": Field("備考", Text(2000, lines=True)),
    }
)

_HOUSEHOLD = _about_persons(
    {
        "head": Field("代表者", Text(120)),
        "home": Field("住所地", Town()),
        "address": Field("住所", Text(300)),
        "phone": Field("電話番号", Text(40)),
        "people": Field("人数（申告）", Whole(0, 50)),
        "place": Field("滞在先の避難所", Entity(("shelter",))),
        "where": Field("避難所以外の滞在先（車中・親族宅等）", Text(200)),
        "pets.*": Field("ペットの数", Whole(0, 99)),
        "house": Field("住家の状況", Text(500, lines=True)),
        "car": Field("車", Text(120)),
        "card": Field("受付カードの番号", Text(80)),
        "line": Field("紙の受付簿の番号", Text(80)),
        "memo": Field("備考", Text(2000, lines=True)),
    }
)

_SHELTER = {
    "name": Field("名称（登録のない避難先）", Text(160)),
    "town": Field("市町村", Town()),
    "address": Field("所在地（登録のない避難先）", Text(300)),
    "position": Field("位置（登録のない避難先）", POSITION),
    "status": Field("開設状況", Choice(SHELTER_STATES)),
    "opened_at": Field("開設日時", Moment()),
    "closed_at": Field("閉鎖日時", Moment()),
    "reason": Field("開設の理由", Text(300)),
    "count": Field(
        "人数（数えた結果）",
        Record(
            {
                "people": _PEOPLE,
                "households": _PEOPLE,
                "men": _PEOPLE,
                "women": _PEOPLE,
                "outside": _PEOPLE,
                "counted_at": Moment(),
            },
            needed=("people", "counted_at"),
        ),
    ),
    "capacity": Field("受け入れられる人数", _PEOPLE),
    "utilities.*": Field("電気・水道・ガス・暖房・通信", Choice(UTILITIES)),
    "toilets": Field("使える便器の数", Whole(0, 10**4)),
    "staff": Field("運営に当たる職員の数", Whole(0, 10**4)),
    "wanted": Field("必要なもの", Text(1000, lines=True)),
    "infection": Field("感染症への対応", Text(500, lines=True)),
    "memo": Field("備考", Text(2000, lines=True)),
}

_TOWN = {
    "headquarters": Field(
        "災害対策本部",
        Record({"state": Choice(HEADQUARTERS), "at": Moment(), "place": Text(160)}, needed=("state",)),
    ),
    "warning_level": Field("警戒レベル", Whole(1, 5)),
    "dispatch": Field("職員の配備", Text(200)),
    "utilities.*": Field("停電・断水等の戸数", Whole(0, 10**7)),
    "message": Field("住民向けのお知らせ", Text(1000, lines=True)),
    "memo": Field("備考", Text(2000, lines=True)),
}

_DISTRICT = {
    "name": Field("名称（登録のない地区）", Text(160)),
    "town": Field("市町村", Town()),
    "order": Field(
        "避難情報",
        Record(
            {
                "level": Choice(ORDERS),
                "at": Moment(),
                "reason": Text(300),
                "by": Text(120),
                "document": Text(200),
            },
            needed=("level",),
        ),
    ),
    "people": Field("対象人数", _PEOPLE),
    "households": Field("対象世帯数", _PEOPLE),
    "evacuated": Field("避難を終えた人数（概数）", _PEOPLE),
    "destinations": Field("避難先", Many(Entity(("shelter",)), 100)),
    "memo": Field("備考", Text(2000, lines=True)),
}

_ROAD = {
    "name": Field("路線・区間", Text(200)),
    "town": Field("市町村", Town()),
    "state": Field("通行の状況", Choice(ROADS)),
    "reason": Field("理由", Text(300)),
    "since": Field("規制開始", Moment()),
    "until": Field("解除（見込み）", Moment()),
    "position": Field("位置", POSITION),
    "line": Field("区間の線", Many(POSITION, 500)),
    "manager": Field("道路管理者", Text(120)),
    "detour": Field("う回路", Text(300)),
}

_REQUEST = {
    "direction": Field("要請・申出の別", Choice({"request": "要請", "offer": "申出"})),
    "what": Field(
        "種別",
        Choice(
            {
                "goods": "物資",
                "staff": "職員・人員",
                "vehicle": "車両・機材",
                "place": "場所",
                "other": "その他",
            }
        ),
    ),
    "town": Field("要請・申出をした市町村", Town()),
    "partner": Field("相手の市町村", Town()),
    "item": Field("品目・内容", Text(200)),
    "quantity": Field("数量", Number(0, 10**7)),
    "unit": Field("単位", Text(20)),
    "place": Field("届け先・集合場所", Text(200)),
    "shelter": Field("届け先の避難所", Entity(("shelter",))),
    "needed_by": Field("必要な日時", Moment()),
    "state": Field("状況", Choice(REQUEST_STATES)),
    "promised": Field("応じる数量", Number(0, 10**7)),
    "delivered": Field("届いた数量", Number(0, 10**7)),
    "answers": Field("対応する要請・申出", Entity(("request",))),
    "memo": Field("備考", Text(2000, lines=True)),
}

_DAMAGE = {
    "town": Field("市町村", Town()),
    "dead": Field("死者", _PEOPLE),
    "disaster_related_dead": Field("死者のうち災害関連死", _PEOPLE),
    "missing": Field("行方不明者", _PEOPLE),
    "severely_injured": Field("重傷者", _PEOPLE),
    "slightly_injured": Field("軽傷者", _PEOPLE),
    "injured_unknown": Field("負傷者（程度を確認中）", _PEOPLE),
    "houses.*": Field("住家被害（棟数）", _PEOPLE),
    "households.*": Field("住家被害（世帯数）", _PEOPLE),
    "residents.*": Field("住家被害（人数）", _PEOPLE),
    "buildings.*": Field("非住家被害（棟数）", _PEOPLE),
    "other.*": Field("その他の被害（箇所・面積等）", Number(0, 10**9)),
    "yen.*": Field("被害額（円）", Whole(0, 10**14)),
    "as_of": Field("集計の時点", Moment()),
    "memo": Field("備考", Text(2000, lines=True)),
}

_NOTE = {
    "text": Field("内容", Text(4000, lines=True)),
    "town": Field("市町村", Town()),
    "source": Field("情報源", Choice(SOURCES)),
    "source_note": Field("情報源の詳細", Text(200)),
    "happened_at": Field("発生・把握した日時", Moment()),
    "about": Field(
        "関係する対象", Entity(("shelter", "town", "district", "road", "request", "damage", "staff"))
    ),
    "position": Field("位置", POSITION),
    "important": Field("重要", Yes()),
    "state": Field("対応の状況", Choice({"open": "対応中", "done": "対応済み", "none": "対応不要"})),
    "action": Field("対応の内容", Text(2000, lines=True)),
}

_STAFF = {
    "name": Field("氏名", Text(120), personal=True),
    "phone": Field("電話番号", Text(40), personal=True),
    "town": Field("所属の市町村", Town()),
    "role": Field("役割", Text(120)),
    "team": Field("班", Text(120)),
    "at_town": Field("派遣先の市町村", Town()),
    "at_shelter": Field("派遣先の避難所", Entity(("shelter",))),
    "state": Field("状況", Choice({"called": "招集", "on_duty": "従事中", "resting": "休憩", "off": "解除"})),
    "since": Field("開始", Moment()),
    "until": Field("終了", Moment()),
    "people": Field("人数（隊・班として）", Whole(0, 10**4)),
    "memo": Field("備考", Text(2000, lines=True)),
}

_WARNING = {
    "town": Field("市町村", Town()),
    "code": Field("警報・注意報等のコード", Text(20)),
    "title": Field("名称", Text(120)),
    "level": Field("警戒レベル相当", Whole(1, 5)),
    "state": Field("状況", Choice({"issued": "発表", "continued": "継続", "lifted": "解除"})),
    "issued_at": Field("発表日時", Moment()),
    "source": Field("発表機関", Text(120)),
    "text": Field("内容", Text(4000, lines=True)),
}

KINDS: Final[dict[str, Kind]] = {
    "person": Kind("避難者", "uuid", _PERSON, personal=True),
    "household": Kind("世帯", "uuid", _HOUSEHOLD, personal=True),
    "shelter": Kind("避難所", "slug", _SHELTER),
    "town": Kind("市町村", "town", _TOWN),
    "district": Kind("地区", "slug", _DISTRICT),
    "road": Kind("道路", "uuid", _ROAD),
    "request": Kind("要請・申出", "uuid", _REQUEST),
    "damage": Kind("被害の集計", "town", _DAMAGE),
    "note": Kind("記録", "uuid", _NOTE),
    "staff": Kind("職員", "uuid", _STAFF),
    "warning": Kind("気象情報", "slug", _WARNING),
}

VOID: Final = "void"
SAME_AS: Final = "same_as"
_VOID = Record({"value": Yes(), "reason": Text(500, lines=True)}, needed=("value", "reason"))


def split_entity(entity: object) -> tuple[str, str]:
    """Kind and key of an entity `<kind>:<key>`; raises `WrongInput` when there is no such kind or its key is
    malformed.

    >>> split_entity("shelter:kita-school")
    ('shelter', 'kita-school')
    """
    kind, _, key = entity.partition(":") if isinstance(entity, str) else ("", "", "")
    declared = KINDS.get(kind)
    if declared is None:
        raise WrongInput(
            f"対象「{entity}」の種類がありません。使える種類：{'、'.join(KINDS)}。", column="entity"
        )
    if declared.key == "uuid" and not UUID.match(key):
        raise WrongInput(f"{declared.label}の番号「{key}」はUUID（小文字）ではありません。", column="entity")
    if declared.key == "slug" and not SLUG.match(key):
        raise WrongInput(
            f"{declared.label}の識別名「{key}」は英数字・-・_ の80文字以内ではありません。", column="entity"
        )
    if declared.key == "town" and not is_town(key):
        raise WrongInput(
            f"「{key}」は全国地方公共団体コード（検査数字を含む6桁）ではありません。", column="entity"
        )
    return kind, key


@lru_cache(maxsize=4096)
def field_of(kind: str, name: str) -> Field:
    """The declaration of the field `name` of a kind; raises `WrongInput` when there is none.

    >>> field_of("person", "needs.diet.egg").label, field_of("person", "needs.diet.egg").personal
    ('食物アレルギー・食事の配慮', True)
    """
    declared = KINDS[kind]
    if name == VOID:
        return Field("取消", _VOID, declared.personal)
    if name == SAME_AS:
        return Field("同じ対象", Entity((kind,)), declared.personal)
    found = declared.fields.get(name)
    if found is not None and not name.endswith("*"):
        return found
    group, dot, member = name.rpartition(".")
    collection = declared.fields.get(f"{group}.*") if dot else None
    if collection is None or not _MEMBER.match(member):
        raise WrongInput(
            f"{declared.label}に「{name}」という項目はありません。入力画面を新しくしてください。", column=name
        )
    return collection


def check_value(kind: str, name: str, value: object) -> None:
    """Raise `WrongInput` for a value the field may not hold; null empties any field but `void`.

    >>> check_value("shelter", "status", "open")
    """
    declared = field_of(kind, name)
    if value is None and name != VOID:
        return
    try:
        declared.check.check(value)
    except WrongInput as error:
        column = f"{name}.{error.column}" if error.column else name
        raise WrongInput(f"{declared.label}：{error.message}", column=column) from None


def described() -> dict[str, Any]:
    """The whole table as JSON, for the page that works without network.

    >>> described()["shelter"]["fields"]["status"]["personal"]
    False
    """
    return {
        name: {
            "label": kind.label,
            "key": kind.key,
            "personal": kind.personal,
            "fields": {
                field: {"label": each.label, "personal": each.personal, "check": each.check.described()}
                for field, each in kind.fields.items()
            },
        }
        for name, kind in KINDS.items()
    }
