"""What the printed sources say, held against what follows from it. The printed figures are the input as typed there."""

import pytest

from keniki.analysis.checks import Rule, Verdict, check, check_all, read_printed
from keniki.analysis.indicators import density, per_100k, relative_change, share

pytestmark = pytest.mark.slow

# 札幌市「(仮称)さっぽろ連携中枢都市圏の形成に向けた取組について」圏域の現状⑥:
# 医療施設数, 病院, 一般診療所, 歯科診療所, 医師数, 人口10万人あたり医師数
MEDICAL = {
    "札幌市": ("2,758", "204", "1,317", "1,237", "6,418", "331.8"),
    "江別市": ("141", "6", "67", "68", "173", "142.6"),
    "石狩市": ("59", "6", "29", "24", "57", "98.9"),
    "当別町": ("24", "1", "14", "9", "23", "132.8"),
    "新篠津村": ("4", "0", "3", "1", "2", "61.7"),
    "千歳市": ("107", "8", "53", "46", "124", "131.3"),
    "恵庭市": ("78", "7", "34", "37", "122", "176.9"),
    "北広島市": ("72", "5", "34", "33", "63", "106.4"),
    "小樽市": ("179", "16", "84", "79", "301", "243.6"),
    "岩見沢市": ("116", "8", "58", "50", "177", "206.3"),
    "南幌町": ("8", "1", "2", "5", "5", "62.1"),
    "長沼町": ("14", "1", "7", "6", "16", "142.7"),
}
WHOLE = ("3,560", "263", "1,702", "1,595", "7,481", "289.4")
JAPAN = ("178,212", "8,480", "100,995", "68,737", "311,205", "244.9")
COLUMNS = ("施設", "病院", "診療所", "歯科", "医師", "率")
# The same source, 圏域の現状④, in 千人, 2013-2016.
HUBS = {
    "新千歳空港": ("18,994", "19,531", "20,839", "21,545"),
    "丘珠空港": ("162", "174", "179", "214"),
    "JR札幌駅": ("68,001", "68,118", "69,560", "71,286"),
    "小樽港": ("209", "236", "225", "244"),
    "合計": ("87,046", "87,799", "90,426", "93,056"),
}
# Census 2015 and the region's area, as the same source and the public tables print them.
MEMBERS_2015 = "1,952,356 121,924 84,499 120,636 95,648 69,702 59,064 57,436 17,278 3,329 7,927 11,076"
MINAMI_SORACHI_2020 = "79,306 7,334 20,413 8,040 7,319 4,822 10,289 11,272 3,691"
MINAMI_SORACHI_KM2 = "481.02 763.07 277.69 302.52 81.36 133.74 168.52 203.93 150.40"

# Commuting to Sapporo in % (census 2015), the same source; its 美幌市 is 美唄市.
SHARES = {
    **{
        "石狩市": "47.7",
        "北広島市": "41.3",
        "江別市": "39.1",
        "当別町": "38.1",
        "南幌町": "22.3",
        "恵庭市": "14.7",
    },
    **{
        "小樽市": "14.7",
        "長沼町": "11.0",
        "岩見沢市": "10.2",
        "新篠津村": "7.5",
        "千歳市": "6.4",
        "月形町": "4.4",
    },
    **{"美唄市": "3.8", "由仁町": "3.8", "栗山町": "3.7", "仁木町": "3.3", "余市町": "3.3", "三笠市": "2.7"},
    **{"浦臼町": "2.4", "奈井江町": "2.2"},
}


def figures(**texts):
    return {name: read_printed(text) for name, text in texts.items()}


def listed(name, texts):
    """One figure for each word, `name/0` and so on."""
    return {f"{name}/{number}": read_printed(text) for number, text in enumerate(texts.split())}


@pytest.fixture(scope="module")
def medical():
    rows = {**MEDICAL, "圏域": WHOLE, "全国": JAPAN}
    return {
        f"{column}/{place}": read_printed(text)
        for place, row in rows.items()
        for column, text in zip(COLUMNS, row, strict=True)
    }


def test_01_minami_sorachi_loses_about_fifty_thousand_people_by_2040():
    found = check("約5万 = 前 - 後", figures(前="152,486", 後="102,289", 約5万="約5万人"))
    assert (found.verdict, found.recomputed) == (Verdict.EQUAL, 50_197)
    assert round(float(relative_change(152_486, 102_289)) * 100, 2) == -32.92


def test_02_iwamizawa_loses_less_than_the_other_eight():
    assert round(float(relative_change(79_306, 56_332)) * 100, 2) == -28.97
    assert (56_332 - 79_306, 152_486 - 79_306, 102_289 - 56_332) == (-22_974, 73_180, 45_957)
    assert round(float(relative_change(73_180, 45_957)) * 100, 2) == -37.20
    shares = [share([79_306, 73_180])[0], share([56_332, 45_957])[0]]
    assert [round(float(each) * 100, 1) for each in shares] == [52.0, 55.1]


def test_03_the_nine_populations_add_up_to_the_printed_sum():
    found = check("計 = sum(町/*)", listed("町", MINAMI_SORACHI_2020) | figures(計="152,486"))
    assert found.verdict is Verdict.EQUAL


def test_04_the_nine_areas_add_up_to_the_printed_sum():
    given = listed("町", MINAMI_SORACHI_KM2) | figures(計="2,562.25", 人口="152,486", 密度="59.51")
    found = check_all(["計 = sum(町/*)", "密度 = 人口 / 計"], given)
    assert {each.verdict for each in found} == {Verdict.EQUAL}


def test_05_the_grants_of_five_years_add_up():
    given = listed("交付額", "10,000 600 8,000 3,900 3,300") | figures(計="25,800")
    assert check("計 = sum(交付額/*)", given).verdict is Verdict.EQUAL


def test_06_the_twelve_of_the_sapporo_region_add_up_to_the_printed_population():
    found = check("計 = sum(町/*)", listed("町", MEMBERS_2015) | figures(計="2,600,875"))
    assert (found.verdict, found.recomputed) == (Verdict.EQUAL, 2_600_875)


def test_07_fourteen_percent_less_is_225_man_only_within_rounding():
    given = figures(前="2,600,875", 後="約225万人", 減少率="約14%")
    found = check("減少率 = (前 - 後) / 前 * 100", given)
    assert found.verdict is Verdict.ROUNDING
    assert round(found.recomputed, 2) == 13.49
    for population, verdict in [
        ("2,245,000", Verdict.EQUAL),
        ("2,249,756", Verdict.EQUAL),
        ("2,249,758", Verdict.DIFFERENT),
    ]:
        exact = given | figures(後=population)
        assert check("減少率 = (前 - 後) / 前 * 100", exact).verdict is verdict


def test_08_sales_of_the_region_are_about_55_percent_of_hokkaidos():
    given = figures(圏域="27,931,130", 北海道="50,735,878", 全国="1,649,657,830", 割合="約55%")
    found = check("割合 = 圏域 / 北海道 * 100", given)
    assert (found.verdict, round(found.recomputed, 2)) == (Verdict.EQUAL, 55.05)
    assert round(check("割合 = 圏域 / 全国 * 100", given).recomputed, 2) == 1.69
    assert round(check("割合 = 北海道 / 全国 * 100", given).recomputed, 2) == 3.08


def test_09_agriculture_is_6_9_percent_of_hokkaido_and_0_9_of_japan():
    given = figures(圏域="約839億円", 道="約1兆2,114億円", 国="約9兆3,051億円", 対道="約6.9%", 対国="約0.9%")
    found = check_all(["対道 = 圏域 / 道 * 100", "対国 = 圏域 / 国 * 100"], given)
    assert [each.verdict for each in found] == [Verdict.EQUAL, Verdict.EQUAL]
    assert sorted(round(each.recomputed, 2) for each in found) == [0.90, 6.93]


@pytest.mark.parametrize("place", [*MEDICAL, "圏域", "全国"])
def test_10_medical_facilities_are_hospitals_clinics_and_dental_clinics(medical, place):
    found = check(
        f"施設/{place} = 病院/{place} + 診療所/{place} + 歯科/{place}".replace("/", "_"), renamed(medical)
    )
    assert found.verdict is Verdict.EQUAL


@pytest.mark.parametrize("column", COLUMNS[:4])
def test_10_the_columns_of_medical_facilities_add_up_too(medical, column):
    towns = {name: value for name, value in medical.items() if not name.endswith(("圏域", "全国"))}
    found = check(f"計 = sum({column}/*)", towns | {"計": medical[f"{column}/圏域"]})
    assert found.verdict is Verdict.EQUAL


def test_11_the_doctors_of_the_twelve_add_up(medical):
    towns = {name: value for name, value in medical.items() if not name.endswith(("圏域", "全国"))}
    assert check("計 = sum(医師/*)", towns | figures(計="7,481")).verdict is Verdict.EQUAL


def test_12_the_printed_doctors_per_100k_do_not_rest_on_the_census(medical):
    given = {"率": medical["率/圏域"], "医師": medical["医師/圏域"]} | figures(国勢調査人口="2,600,875")
    found = check(Rule("率 = 医師 / 国勢調査人口 * 100000", title="人口10万人当たり医師数"), given)
    assert found.verdict is Verdict.DIFFERENT
    assert (round(found.recomputed, 1), round(found.difference, 1)) == (287.6, 1.8)
    implied = sum(int(row[4].replace(",", "")) / float(row[5]) * 100_000 for row in MEDICAL.values())
    assert round(implied) == pytest.approx(2_585_052, abs=1)
    assert round(float(per_100k(7_481, implied)), 2) == 289.39


def test_13_the_national_rate_implies_the_population_of_2014():
    assert round(311_205 / 244.9 * 100_000) == pytest.approx(127_074_316, abs=1)


def test_14_no_municipality_but_sapporo_reaches_the_national_rate(medical):
    others = [place for place in MEDICAL if place != "札幌市"]
    found = check_all([f"率_{place} < 率_全国" for place in others], renamed(medical))
    assert {each.verdict for each in found} == {Verdict.EQUAL}
    assert check("率_札幌市 < 率_全国", renamed(medical)).verdict is Verdict.DIFFERENT
    doctors = sum(int(MEDICAL[place][4]) for place in others)
    people = sum(int(MEDICAL[place][4]) / float(MEDICAL[place][5]) * 100_000 for place in others)
    assert round(float(per_100k(doctors, people)), 1) == pytest.approx(163.3, abs=0.1)


@pytest.mark.parametrize(("year", "short"), [(0, 320), (1, 260), (2, 377), (3, 233)])
def test_15_the_totals_of_the_transport_hubs_do_not_add_up(year, short):
    given = {name: read_printed(row[year], unit=1000) for name, row in HUBS.items()}
    found = check("合計 = 新千歳空港 + 丘珠空港 + JR札幌駅 + 小樽港", given)
    assert found.verdict is Verdict.DIFFERENT
    assert found.difference == -short * 1000


@pytest.mark.parametrize(
    ("daily", "printed"),
    [("97,652", "71,286"), ("95,288", "69,560"), ("93,312", "68,118"), ("93,152", "68,001")],
)
def test_16_the_station_counts_daily_boardings_twice_over_365_days(daily, printed):
    given = {"駅": read_printed(printed, unit=1000), "乗車": read_printed(daily)}
    assert check("駅 = 乗車 * 2 * 365", given).verdict is Verdict.EQUAL


def test_17_not_quite_seven_tenths_of_hokkaidos_universities():
    found = check("割合 < 70", figures(割合="68.4%"))
    assert found.verdict is Verdict.EQUAL
    assert check("割合 = 数 / 38 * 100", figures(割合="68.4%", 数="26")).verdict is Verdict.EQUAL


def test_18_the_rise_of_ambulance_calls_cannot_be_checked_without_the_counts():
    found = check("増加率 = (後 - 前) / 前 * 100", figures(増加率="約8%"))
    assert found.verdict is Verdict.UNCHECKABLE
    assert found.note == "前、後 の値がありません。"
    assert found.recomputed is None


def test_19_the_allocation_grows_more_slowly_than_the_population():
    given = figures(小="75万人", 大="260万人", 少="2億円", 多="4.4億円")
    assert round(check("0 = 大 / 小", given).recomputed, 3) == 3.467
    assert check("2.2 = 多 / 少", given).verdict is Verdict.EQUAL
    assert check("大 / 小 > 多 / 少", given).verdict is Verdict.EQUAL


@pytest.mark.parametrize(
    ("population", "km2", "expected"),
    [
        (2_600_875, 4_514.89, 576.1),
        (1_123_424, 2_561.16, 438.6),
        (2_324_756, 6_356.14, 365.7),
        (1_394_457, 1_460.87, 954.5),
        (1_168_000, 2_621.11, 445.6),
        (1_258_878, 3_793.09, 331.9),
        (1_170_158, 3_764.67, 310.8),
    ],
)
def test_20_density_of_the_seven_regions(population, km2, expected):
    assert round(float(density(population, km2)), 1) == expected
    given = figures(密度=str(expected), 人口=f"{population:,}", 面積=f"{km2:,.2f}")
    assert check("密度 = 人口 / 面積", given).verdict is Verdict.EQUAL
    assert check("密度 = 人口 / 面積", given | figures(密度=str(expected + 1))).verdict is Verdict.DIFFERENT


def test_21_nine_neighbours_reach_ten_percent_and_two_members_do_not():
    given = {name: read_printed(f"{text}%") for name, text in SHARES.items()}
    verdicts = {name: check(f"{name} >= 10", given).verdict for name in given}
    reached = [name for name, verdict in verdicts.items() if verdict is Verdict.EQUAL]
    assert reached == list(SHARES)[:9]
    assert {"新篠津村", "千歳市"}.isdisjoint(reached)


def test_22_the_lessons_and_their_participants_add_up():
    given = (
        listed("回", "26回 26回 28回") | listed("人", "252名 204名 207名") | figures(計="663人", 全="80回")
    )
    assert {each.verdict for each in check_all(["全 = sum(回/*)", "計 = sum(人/*)"], given)} == {
        Verdict.EQUAL
    }
    assert [round(people / times, 1) for people, times in [(252, 26), (204, 26), (207, 28)]] == [
        9.7,
        7.8,
        7.4,
    ]


def test_23_the_leaflets_add_up():
    assert check("計 = 甲 + 乙", figures(計="10,000部", 甲="6,600部", 乙="3,400部")).verdict is Verdict.EQUAL


@pytest.mark.parametrize(
    ("parts", "total"), [("25名 20名 11名 14名", 70), ("18名 20名", 38), ("45名 25名 85名 28名", 183)]
)
def test_24_the_participants_of_the_trainings_add_up(parts, total):
    given = listed("人", parts) | figures(計=f"{total}名")
    assert check("計 = sum(人/*)", given).verdict is Verdict.EQUAL


def test_25_the_children_of_two_years_are_counts_with_about_and_towns_of_two_kinds():
    given = figures(R5="約300人", R6="約270人", 市="4市", 町="3町", 市町="7市町")
    assert check("市町 = 市 + 町", given).verdict is Verdict.EQUAL
    assert check("市町 = 市 + 町", given | figures(町="4町")).difference == -1
    found = check("R6 = R5", given)
    assert (found.verdict, found.difference) == (Verdict.DIFFERENT, -30)
    fall = check("率 = (R5 - R6) / R5 * 100", given | figures(率="約10%"))
    assert fall.verdict is Verdict.EQUAL


def test_26_the_photographs_fell_by_57_percent():
    assert (
        check("率 = (前 - 後) / 前 * 100", figures(率="57%", 前="100作品", 後="43作品")).verdict
        is Verdict.EQUAL
    )


def test_27_shares_of_a_joint_plant_add_up_to_a_hundred():
    given = listed("割", "60.00 11.18 12.65 6.76 9.41")
    assert check("100 = sum(割/*)", given).verdict is Verdict.EQUAL


@pytest.mark.parametrize(
    ("revenue", "support"),
    [
        ("10,625万円", "8,500万円"),
        ("5,000万円", "4,000万円"),
        ("2,250万円", "1,800万円"),
        ("1,000万円", "800万円"),
    ],
)
def test_28_the_special_allocation_is_eight_tenths(revenue, support):
    assert check("措置 = 財源 * 0.8", figures(財源=revenue, 措置=support)).verdict is Verdict.EQUAL


@pytest.mark.parametrize("same", ["12,500,000円", "12,500千円", "0.125億円"])
def test_29_a_sum_in_man_yen_is_the_same_in_every_unit(same):
    given = figures(受託額="1,250万円", 再掲=same)
    assert check("受託額 = 再掲", given).verdict is Verdict.EQUAL
    assert check("受託額 = 再掲", given | figures(再掲="12,400千円")).difference == 100_000


def test_every_vector_has_its_test():
    tested = {int(name[5:7]) for name in globals() if name.startswith("test_") and name[5:7].isdigit()}
    assert tested == set(range(1, 30))


def renamed(found):
    return {name.replace("/", "_"): value for name, value in found.items()}
