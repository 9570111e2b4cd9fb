"""The counters (助数詞) a result line uses, what each counts, and the words it must not be taken from."""

from __future__ import annotations

import re
from collections.abc import Iterable
from enum import StrEnum
from typing import Final


class Quantity(StrEnum):
    """What a count counts; counts of different quantities are never added."""

    SESSIONS = "sessions"
    PARTICIPANTS = "participants"
    COPIES = "copies"
    SHEETS = "sheets"
    WORKS = "works"
    ORGANISATIONS = "organisations"
    MUNICIPALITIES = "municipalities"
    SCHOOLS = "schools"
    HOUSEHOLDS = "households"
    PLACES = "places"
    CASES = "cases"
    ITEMS = "items"
    DAYS = "days"
    OTHER = "other"

    @property
    def label(self) -> str:
        """The quantity in Japanese, for a form's choice."""
        return _LABELS[self]


def quantity_of(counter: str) -> Quantity:
    """The quantity a counter usually counts; OTHER for a counter that is not known."""
    return _QUANTITIES.get(counter.strip(), Quantity.OTHER)


def counter_pattern(extra: Iterable[str] = ()) -> str:
    """A regular expression for one counter, the longest first, not where it begins another word (8回線)."""
    known = {counter: _NOT_BEFORE.get(counter, "") for counter in _QUANTITIES} | dict.fromkeys(extra, "")
    return "|".join(
        re.escape(counter) + (f"(?!{not_before})" if not_before else "")
        for counter, not_before in sorted(known.items(), key=lambda item: (-len(item[0]), item[0]))
        if counter
    )


_LABELS: Final = {
    Quantity.SESSIONS: "回数",
    Quantity.PARTICIPANTS: "人数",
    Quantity.COPIES: "部数",
    Quantity.SHEETS: "枚数",
    Quantity.WORKS: "作品数",
    Quantity.ORGANISATIONS: "団体数",
    Quantity.MUNICIPALITIES: "市町村数",
    Quantity.SCHOOLS: "学校数",
    Quantity.HOUSEHOLDS: "世帯数",
    Quantity.PLACES: "箇所数",
    Quantity.CASES: "件数",
    Quantity.ITEMS: "個数",
    Quantity.DAYS: "日数",
    Quantity.OTHER: "その他",
}

_COUNTERS: Final = {
    Quantity.SESSIONS: "回 コマ 講座 コース 公演 試合",
    Quantity.PARTICIPANTS: "名 人 名様 人日",
    Quantity.COPIES: "部 冊 セット",
    Quantity.SHEETS: "枚",
    Quantity.WORKS: "作品 点 句 編 曲",
    Quantity.ORGANISATIONS: (
        "団体 社 企業 法人 機関 事業者 事業所 組織 組合 協議会 町内会 自治会 自主防災組織 店 店舗 チーム"
        " グループ 公社 病院 診療所 部署 部会"
    ),
    Quantity.MUNICIPALITIES: (
        "市町 市町村 町村 市区町村 自治体 市 町 村 区 構成市町 連携市町 構成市町村 連携市町村"
    ),
    Quantity.SCHOOLS: "校 小学校 中学校 高校 学校 大学 園 学級 クラス",
    Quantity.HOUSEHOLDS: "世帯 家族 組 戸 親子",
    Quantity.PLACES: (
        "か所 ヶ所 ヵ所 カ所 ケ所 箇所 個所 会場 地区 施設 地点 避難所 公園 棟 ブース 集落 路線 系統"
        " 停留所 駅"
    ),
    Quantity.CASES: "件 事例 事業 項目 議案 アクセス 再生 問 票 通",
    Quantity.ITEMS: "台 個 基 張 本 式 着 足 床 食 袋 箱 缶 張り 組み 頭 匹 羽 便 両 隻 機 種類 種 品目 品",
    Quantity.DAYS: "日間 泊 人泊",
    Quantity.OTHER: "往復 トン ページ 頁 か国 ヵ国 カ国 国 言語",
}
_QUANTITIES: Final = {counter: quantity for quantity, names in _COUNTERS.items() for counter in names.split()}

# What follows a counter that is really the beginning of another word.
_NOT_BEFORE: Final = {
    "回": "[線転答復収路覧帰数目忌避想遊生]",
    "講座": "[名数]",
    "人": "[口工材事権気数件間生類乗用目組文命形力員格脈泊日]|部屋|前(?!後)|(?:当|あ)たり|につき",
    "名": "[称所義前簿産物札目刺誉古様店門作水]|(?:当|あ)たり",
    "部": "[会署品門分局長員屋隊材活数落族位下構課首外]",
    "冊": "[子数]",
    "枚": "[数挙目]",
    "作品": "[展集名数]",
    "点": "[検数字灯在滴呼線目訳火滅差満]",
    "句": "[読点会]",
    "編": "[集成制入纂曲]",
    "曲": "[線目折名]",
    "団体": "[名戦客旅数職]",
    "社": "[会員長内外屋協用説名宅殿務]",
    "企業": "[名局誘団数者庁]",
    "法人": "[税化格名]",
    "機関": "[紙誌車名数誘]",
    "組織": "[化名図率数]",
    "組合": "[員長せ]",
    "店": "[舗長員頭内主]",
    "店舗": "[名数]",
    "部会": "[長員]",
    "市町": "[村民長内外名数界境]",
    "市町村": "[長民内外名数圏合界]",
    "町村": "[長民内外名数会合界]",
    "自治体": "[名数職D間]",
    "市": "[町村区場民街内外立道販議長役営税況有電境名政庁全]",
    "町": "[村内外民長立営道役議税境名政会並家]",
    "村": "[内外民長立営道役議税境名政]",
    "区": "[間画分域民長役切別内外立議]",
    "校": "[区長舎庭歌外内正了閲門医則下種務章]",
    "小学校": "[区長給低高教]|\\d",
    "中学校": "[区長給教]|\\d",
    "高校": "生",
    "学校": "[区給教長林生保司名数]",
    "大学": "[生院教名数病等]",
    "園": "[児長芸内庭地路舎]",
    "学級": "[数担閉文]",
    "世帯": "[数主員人構]",
    "家族": "[構葬連会]",
    "組": "[織合み込目長成立分]",
    "戸": "[籍別建口数外惑締当]",
    "会場": "[内数名費]",
    "地区": "[名別内外社協長数計防連会]",
    "施設": "[名数長内外園設]",
    "公園": "[内緑]",
    "棟": "[数上梁]",
    "路線": "[バ図名数網価]",
    "系統": "[名数図]",
    "駅": "[前舎長員名構周弁伝間南北東西]",
    "件": "[数名目]",
    "事例": "[集検]",
    "事業": "[者所費名主化部計数団年承継系]",
    "項目": "[名数別]",
    "再生": "[可エ計産紙医利数]",
    "問": "[題合い診屋答わう]",
    "票": "[数決差]",
    "通": "[信知勤学行常院話帳貨達り路過報うじ年称所販訳番帖]",
    "台": "[帳風所湾本形数紙車頭地前後半]",
    "個": "[人別室性々所体票数展]",
    "基": "[本礎準地金盤幹づ数調点軸]",
    "張": "[りる本]",
    "本": "[人部年市町村庁館格日社店書数目来件体番土州圏計事会線道協校紙質業所庄県]",
    "式": "[典場辞次年日目様会根]",
    "着": "[任手工目衣実席用地色順陸]",
    "足": "[り元場腰下跡しす立]",
    "床": "[面上下屋数暖板]",
    "食": "[料品事糧堂育数器材用費生中分物肉塩べ文]",
    "箱": "[物庭根]",
    "頭": "[部文数首目取上脳髪出痛]",
    "羽": "[根田毛幌織]",
    "便": "[利益り乗所数覧名宜箋器]",
    "両": "[市町村者方日親面側国用立輪替自首県]",
    "機": "[能会械関器種構材動運密体内長上首]",
    "種": "[類別目子苗々馬牛]|まき",
    "品": "[目質種名物番位評]",
    "日間": "[平賀]",
    "泊": "[まり]",
    "国": "[勢民道立土保有際庫内外税会公境籍産営家語宝交策費補]",
    "セット": "[ア数]",
    "チーム": "[名数医ワ]",
    "グループ": "[名数ホワ長討別化]",
    "コース": "[名別設]",
    "クラス": "[名別タ]",
    "ページ": "[目数]",
    "アクセス": "[数権解道]",
}
