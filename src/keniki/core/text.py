"""Search keys beside stored text, and what a text would lose in CP932; stored text is never changed."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import cache
from typing import Final

GETA: Final = "〓"
_NOT_STORED: Final = re.compile("[\0\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class OutsideCharacter:
    """A character at `index` that CP932 cannot keep, and what is written in its place."""

    index: int
    character: str
    written_as: str


def search_key(text: str) -> str:
    """A key under which differently typed forms of one text are equal; never stored as the text or shown.

    Width, case, hiragana and katakana, old and variant kanji (髙 高, 﨑 崎, 德 徳), the ケ of place names,
    dashes and space are folded.
    """
    folded = unicodedata.normalize("NFKC", text).casefold()
    folded = unicodedata.normalize("NFKC", folded).translate(_fold_table())
    return unicodedata.normalize("NFKC", "".join(kept for kept in folded if not _is_blank(kept)))


def matches(needle: str, text: str) -> bool:
    """Whether `text` contains every word of `needle`, by search key."""
    key = search_key(text)
    return all(search_key(word) in key for word in needle.split())


def outside_cp932(text: str) -> list[OutsideCharacter]:
    """The characters of `text` that do not come back from CP932 as they were, in order."""
    return [
        OutsideCharacter(index, character, _in_cp932(character))
        for index, character in enumerate(text)
        if not _survives_cp932(character)
    ]


def to_cp932(text: str) -> bytes:
    """`text` in CP932, with the twin or 〓 for each character of `outside_cp932`."""
    return "".join(
        character if _survives_cp932(character) else _in_cp932(character) for character in text
    ).encode("cp932")


def private_use(text: str) -> list[int]:
    """Positions of 外字 (private-use characters), which only the installation they come from can show."""
    return [index for index, character in enumerate(text) if unicodedata.category(character) == "Co"]


# Each group: the form searched for, then the forms folded into it.
_VARIANTS: Final = """
高髙 崎﨑嵜碕 徳德 浜濱濵 辺邊邉 斉斎齋齊 沢澤 広廣 国國 竜龍 島嶋嶌 桜櫻 恵惠 真眞 渋澁 円圓 富冨 吉𠮷
槙槇 瀬瀨 曽曾 蔵藏 栄榮 万萬 与與 鉄鐵鐡銕 条條 学學 県縣 会會 館舘 杉杦 柳栁桺 顕顯 礼禮 為爲 豊豐
寿壽 実實 宝寶寳 弥彌 応應 総總 聡聰 遥遙 凛凜 亜亞 来來 伝傳 児兒 勲勳 穂穗 荘莊 浄淨 清淸 静靜 郷鄕
黒黑 横橫 歩步 毎每 緒緖 鴎鷗 桧檜 篭籠 薮藪 頚頸 桝枡 野埜 土圡 橋𣘺 関關 塩鹽 仏佛 区區 医醫 芸藝 団團
図圖 当當 声聲 変變 売賣 帰歸 座坐 弁辨瓣辯 戦戰 担擔 拠據 拡擴 数數 断斷 旧舊 昼晝 権權 欧歐 歴歷 残殘
気氣 沖冲 滝瀧 湾灣 点點 独獨 画畫 発發 称稱 経經 続續 縄繩 聴聽 脇脅 舎舍 茎莖 処處 虫蟲 蛍螢 蛮蠻 装裝
覚覺 観觀 触觸 訳譯 証證 読讀 諌諫 予豫 賛贊 践踐 転轉 軽輕 辞辭 逓遞 遅遲 郎郞 酔醉 釈釋 鋳鑄 録錄 錬鍊
鎮鎭 閲閱 隠隱 険險 雑雜 霊靈 青靑 頼賴 顔顏 飲飮 余餘 駅驛 験驗 騒騷 髄髓 鶏鷄 麦麥 麺麵 黄黃 黙默 歯齒
齢齡 峰峯 船舩 桑桒 煙烟 剣劍劔 効效 勅敕 単單 双雙 収收 台臺 営營 囲圍 圧壓 壱壹 奥奧 嬢孃 対對 将將
専專 届屆 属屬 岳嶽 峡峽 巌巖 帯帶 庁廳 弐貳 弾彈 径徑 従從 恋戀 悪惡 悩惱 慎愼 戯戲 払拂 択擇 拝拜 挙擧
挟挾 挿插 摂攝 撃擊 暁曉 枢樞 桟棧 検檢 楼樓 楽樂 様樣 殴毆 殻殼 浅淺 済濟 渓溪 満滿 潜潛 炉爐 犠犧 状狀
狭狹 猟獵 献獻 瑶瑤 畳疊 痴癡 尽盡 研硏 祢禰 禅禪 秘祕 穏穩 窃竊 粋粹 糸絲 絵繪 継繼 繊纎 缶罐 翆翠 胆膽
脳腦 臓臟 艶艷 虎乕 蝋蠟 衛衞 襃褒 誉譽 謡謠 巣巢 晋晉 昇曻 鶯鴬 鹸鹼 麹麴 粛肅 寿夀
"""
# Twins that Windows and Unicode's own mapping place at the same CP932 position.
_TWINS: Final = {
    "\u301c": "\uff5e",
    "\u2212": "\uff0d",
    "\u2016": "\u2225",
    "\u2014": "\u2015",
    "\u2013": "\u2015",
    "\u00a2": "\uffe0",
    "\u00a3": "\uffe1",
    "\u00ac": "\uffe2",
    "\u00a5": "\uffe5",
    "\u00a6": "\uffe4",
    "\u00a0": " ",
    "\u2022": "・",
    "\u2010": "-",
    "\u2011": "-",
}
_DASHES: Final = "-‐‑‒–—―−─"


@cache
def _fold_table() -> dict[int, str]:
    table = {ord(form): group[0] for group in _VARIANTS.split() for form in group[1:]}
    table |= {ord(dash): "ー" for dash in _DASHES}
    table |= {ord("〜"): "~"}
    table |= {katakana: chr(katakana - 0x60) for katakana in range(ord("ァ"), ord("ヶ") + 1)}
    table |= {ord("ヽ"): "ゝ", ord("ヾ"): "ゞ"}
    table |= {ord(small): large for small, large in zip("ヶヵゖゕ", "けかけか", strict=True)}
    return table


def _is_blank(character: str) -> bool:
    selector = "\ufe00" <= character <= "\ufe0f" or "\U000e0100" <= character <= "\U000e01ef"
    return selector or character.isspace()


@cache
def _survives_cp932(character: str) -> bool:
    try:
        return character.encode("cp932").decode("cp932") == character
    except UnicodeError:
        return False


def _in_cp932(character: str) -> str:
    return _TWINS.get(character, GETA)


def unstorable(content: object) -> str | None:
    """The first text of plain data (dicts, lists, strings) that no record can hold: one with NUL or with a half of a
    character (a lone surrogate); None where there is none.

    >>> unstorable({"name": ["橋", "a\\0b"]})
    'a\\x00b'
    """
    waiting = [content]
    seen: set[int] = set()
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict | list | tuple):
            # YAML can name one list a thousand times.
            if id(value) in seen:
                continue
            seen.add(id(value))
        if isinstance(value, dict):
            waiting.extend(value)
            waiting.extend(value.values())
        elif isinstance(value, list | tuple):
            waiting.extend(value)
        elif isinstance(value, str) and _NOT_STORED.search(value):
            return value
    return None
