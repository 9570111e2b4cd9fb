"""Telegrams and feeds of the weather agency, made up in the structure of the real ones."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

METEOROLOGY = "http://xml.kishou.go.jp/jmaxml1/body/meteorology1/"
SEISMOLOGY = "http://xml.kishou.go.jp/jmaxml1/body/seismology1/"
AT = "2026-08-01T03:20:00+09:00"


def report(
    body: str,
    *,
    title: str = "気象警報・注意報（Ｒ０６）（大雨）",
    status: str = "通常",
    info_type: str = "発表",
    at: str = AT,
    event_id: str = "",
    headline: str = "",
    space: str = METEOROLOGY,
) -> bytes:
    """A whole telegram around a body."""
    sent = datetime.fromisoformat(at).isoformat()
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<Report xmlns="http://xml.kishou.go.jp/jmaxml1/" xmlns:jmx="http://xml.kishou.go.jp/jmaxml1/">
<Control>
<Title>{title}</Title>
<DateTime>{sent}</DateTime>
<Status>{status}</Status>
<EditorialOffice>試験気象台</EditorialOffice>
<PublishingOffice>試験気象台</PublishingOffice>
</Control>
<Head xmlns="http://xml.kishou.go.jp/jmaxml1/informationBasis1/">
<Title>試験地方の気象警報・注意報</Title>
<ReportDateTime>{at}</ReportDateTime>
<TargetDateTime>{at}</TargetDateTime>
<EventID>{event_id}</EventID>
<InfoType>{info_type}</InfoType>
<Serial/>
<InfoKind>気象警報・注意報</InfoKind>
<InfoKindVersion>1.3_0</InfoKindVersion>
<Headline><Text>見出しの文。</Text>{headline}</Headline>
</Head>
<Body xmlns="{space}" xmlns:jmx_eb="http://xml.kishou.go.jp/jmaxml1/elementBasis1/">
{body}
</Body>
</Report>
""".encode()


def kind(
    name: str = "レベル４大雨危険警報",
    code: str = "43",
    status: str = "発表",
    *,
    condition: str = "",
    at: str = "",
    last: tuple[str, str] | None = None,
) -> str:
    """A Kind of an item; one without name and code says that there is nothing (発表警報・注意報はなし)."""
    if not name:
        return f"<Kind><Status>{status}</Status></Kind>"
    more = f"<DateTime>{at}</DateTime>" if at else ""
    more += f"<Condition>{condition}</Condition>" if condition else ""
    if last is not None:
        more += f"<LastKind><Name>{last[0]}</Name><Code>{last[1]}</Code></LastKind>"
    return f"<Kind><Name>{name}</Name><Code>{code}</Code><Status>{status}</Status>{more}</Kind>"


NOTHING = kind("", status="発表警報・注意報はなし")


def weather(areas: Mapping[str, str | Iterable[str]], **head: str) -> bytes:
    """Warnings by area code; the section of the forecast district stands before that of the municipalities."""
    district = f"<Item>{kind()}<Area><Name>試験地方</Name><Code>016000</Code></Area></Item>"
    items = "\n".join(
        f"<Item>{kinds if isinstance(kinds, str) else ''.join(kinds)}"
        f"<Area><Name>区域{code}</Name><Code>{code}</Code></Area><ChangeStatus>変化有</ChangeStatus></Item>"
        for code, kinds in areas.items()
    )
    return report(
        f'<Warning type="気象警報・注意報（府県予報区等）">{district}</Warning>\n'
        f'<Warning type="気象警報・注意報（市町村等）">\n{items}\n</Warning>',
        **head,
    )


def landslides(areas: Mapping[str, tuple[str, str]], **head: str) -> bytes:
    """土砂災害警戒情報 by area code: the kind's name and status."""
    items = "".join(
        f"<Item><Kind><Name>{name}</Name><Code>3</Code><Status>{status}</Status></Kind>"
        f"<Area><Name>区域{code}</Name><Code>{code}</Code></Area></Item>"
        for code, (name, status) in areas.items()
    )
    body = f'<TargetArea><Name>試験県</Name></TargetArea><Warning type="土砂災害警戒情報">{items}</Warning>'
    return report(body, **{"title": "土砂災害警戒情報", **head})


def river(
    name: str,
    code: str,
    *,
    section: str = "830304004400",
    cities: Iterable[tuple[str, str]] = (),
    kind_of: str = "指定河川洪水予報",
    places: str = "浸水想定地区",
    **head: str,
) -> bytes:
    """指定河川洪水予報: the level of a section, and the cities where water is expected."""
    headline = (
        f'<Information type="{kind_of}（予報区域）"><Item><Kind><Name>{name}</Name><Code>{code}</Code>'
        f'<Condition>洪水警報</Condition></Kind><Areas codeType="{kind_of}（予報区域）"><Area><Name>試験川</Name>'
        f"<Code>{section}</Code></Area></Areas></Item></Information>"
    )
    areas = "".join(
        f"<Area><Name>試験水位観測所</Name><Code>1</Code><Prefecture>試験県</Prefecture>"
        f"<PrefectureCode>{city[:2]}000</PrefectureCode><City>{called}</City><CityCode>{city}</CityCode>"
        f"<SubCityList>一町</SubCityList></Area>"
        for city, called in cities
    )
    item = (
        f"<Item><Kind><Name>{places}</Name><Code>1</Code><Property><Type>{places}</Type></Property></Kind>"
        f"<Areas>{areas}</Areas></Item>"
    )
    body = f'<Warning type="{kind_of}"><Item><Kind><Name>{name}</Name><Code>{code}</Code><Property><Type>主文</Type>'
    body += f"<Text>主文です。</Text></Property></Kind></Item>{item if areas else ''}</Warning>"
    return report(body, **{"title": kind_of, "headline": headline, **head})


def quake(cities: Iterable[tuple[str, str, str]], *, magnitude: str = "5.1", **head: str) -> bytes:
    """震源・震度に関する情報: code, name and intensity of cities; an empty intensity has not come in."""
    rows = "".join(
        f"<City><Name>{name}</Name><Code>{code}</Code>"
        + (f"<MaxInt>{felt}</MaxInt>" if felt else "<Condition>震度５弱以上未入電</Condition>")
        + f"<IntensityStation><Name>{name}役場</Name><Code>9999999</Code></IntensityStation></City>"
        for code, name, felt in cities
    )
    body = (
        f"<Earthquake><OriginTime>{AT}</OriginTime><Hypocenter><Area><Name>試験県沖</Name><Code>289</Code></Area>"
        f'</Hypocenter><jmx_eb:Magnitude type="Mj" description="Ｍ不明">{magnitude or "NaN"}</jmx_eb:Magnitude>'
        "</Earthquake>"
        "<Intensity><Observation><MaxInt>5+</MaxInt><Pref><Name>試験県</Name><Code>01</Code><MaxInt>5+</MaxInt>"
        f"<Area><Name>試験地方</Name><Code>110</Code><MaxInt>5+</MaxInt>{rows}</Area></Pref></Observation></Intensity>"
        "<Comments><ForecastComment><Text>この地震による津波の心配はありません。</Text></ForecastComment></Comments>"
    )
    return report(
        body, **{"title": "震源・震度に関する情報", "space": SEISMOLOGY, "event_id": "20260801032000", **head}
    )


def feed(entries: Iterable[tuple[str, str]], *, updated: str = AT) -> bytes:
    """An Atom feed of telegrams: address and moment of each."""
    listed = "".join(
        f"<entry><title>電文</title><id>{address}</id><updated>{at}</updated>"
        f'<author><name>試験気象台</name></author><link type="application/xml" href="{address}"/>'
        f'<content type="text">見出し</content></entry>'
        for address, at in entries
    )
    return (
        '<?xml version="1.0" encoding="utf-8"?>\n<feed xmlns="http://www.w3.org/2005/Atom" lang="ja">'
        f"<title>高頻度（随時）</title><updated>{updated}</updated><id>x</id>{listed}</feed>"
    ).encode()
