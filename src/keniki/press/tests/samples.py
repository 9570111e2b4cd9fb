"""Made-up (架空) documents in the shape of a results report and of an agreement."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from io import BytesIO

from PIL import Image as Pillow
from PIL import ImageDraw

from keniki.press import blocks as b
from keniki.press.changes import comparison_rows, tracked
from keniki.press.charts import KpiPoint, kpi_line, stacked_by_municipality

JST = timezone(timedelta(hours=9))
DATED = datetime(2025, 4, 18, 9, 30, tzinfo=JST)
TOWNS = ("白樺市", "霧丘市", "星見市", "月影市", "風見町", "花守町", "水鏡町", "雪割町", "虹ヶ原町")
BODIES = b.names(TOWNS)
YEARS = (2, 3, 4, 5, 6)
HARD_LETTERS = "髙﨑德①㈱㎡〜－㊞㎢"


def picture(seed: int, size: tuple[int, int] = (640, 480)) -> bytes:
    """A drawn landscape as JPEG bytes."""
    image = Pillow.new("RGB", size, (200 - 12 * seed, 215, 235))
    draw = ImageDraw.Draw(image)
    draw.polygon(
        [(0, size[1]), (size[0] * (seed + 2) // 10, size[1] // 3), (size[0], size[1])],
        fill=(70, 120 + 10 * seed, 80),
    )
    draw.ellipse([size[0] - 160, 40, size[0] - 80, 120], fill=(250, 220, 90))
    out = BytesIO()
    image.save(out, "JPEG", quality=80)
    return out.getvalue()


def overview() -> tuple[b.Block, ...]:
    fields_left = [
        ("医療", False),
        ("福祉", False),
        ("教育", False),
        ("環境", False),
        ("防災", True),
        ("機能の集約化", False),
    ]
    fields_right = [
        ("地域公共交通", True),
        ("デジタル・ディバイドの解消へ向けたICTの活用", True),
        ("連携市町村における人材の育成", False),
        ("連携市町村の職員等の交流", False),
        ("その他", False),
    ]
    return (
        b.Heading(1, "白樺圏域"),
        b.Heading(2, "連携地域の概要"),
        b.KeyValueTable(
            (
                b.KeyValueRow("人口*", "98,765人"),
                b.KeyValueRow("面積*", b.text("1,234.56 km", b.sup("2"))),
                b.KeyValueRow("構成市町村数", "9"),
                b.KeyValueRow("事務局担当市町村", "白樺市"),
                b.KeyValueRow("連携協定締結", "令和2年10月1日"),
                b.KeyValueRow("連携ビジョン策定", b.Missing("策定日")),
            ),
            label_width=0.32,
            width=0.62,
        ),
        b.Note("※令和2年国勢調査結果より"),
        b.KeyValueTable(
            (
                b.KeyValueRow(
                    "連携地域形成の経緯",
                    "通勤・通学、買物をはじめとした日常生活での結びつきに加えて、観光や医療における連携など、関係性の深い地域であり、"
                    "人口減少社会においても活力を維持し、魅力あるまちづくりを進めるため、広域市町村圏の構成市町と同様の枠組みとして形成。",
                ),
            )
        ),
        b.CheckGrid(
            "連携する具体的事項",
            tuple(b.CheckItem(*item) for item in fields_left),
            tuple(b.CheckItem(*item) for item in fields_right),
        ),
        b.DataTable(
            tuple(b.Column(align="center") for _ in YEARS),
            ((10000, 600, 8000, 3900, 3300),),
            head=(
                (b.Cell("交付額（千円） ※令和6年度は交付予定額", colspan=5),),
                tuple(f"令和{year}年度" for year in YEARS),
            ),
        ),
        b.Heading(2, "広域連携加速化事業における実施事業（概要）"),
        b.DataTable(
            (b.Column("事業名", 0.28), b.Column("事業概要", 0.72)),
            (
                (
                    "圏域基礎調査\n(R2のみ実施)",
                    "人口減少社会においても活力を維持するため、防災・地域公共交通・ICTインフラの取組の参考とすべく、9市町で形成する圏域全体の基礎データの調査・分析及び住民アンケート調査を委託により実施。",
                ),
                (
                    "地域防災体制の充実",
                    "住民が安心して住み続けることができるよう、災害リスクを直視し、いざという時に自らの命を守り、地域で支え合うことができる地域づくりを目的に、防災教育や備蓄等を連携して進めていく。",
                ),
                (
                    "地域公共交通の維持確保と利用促進",
                    "住民の移動手段の確保や利便性の向上を目的に、交通ネットワーク整備や公共交通の利用促進等を連携して進めていく。",
                ),
            ),
        ),
    )


def detail(title: str, years: tuple[int, ...], *, events: int = 2) -> tuple[b.Block, ...]:
    def section(year: int) -> b.YearSection:
        heading = f"（R{year}年度）"
        if year not in years:
            return b.YearSection(heading, b.NOTHING)
        items = (
            b.BulletItem(
                "圏域内の防災担当職員を対象とした合同研修会の実施",
                (
                    f"→「災害のフェーズと被災者支援について（オンライン）」{20 + year}名参加",
                    "架空大学災害科学研究所 髙﨑 德子 氏",
                ),
            ),
            b.BulletItem(
                "高齢者を対象としたスマートフォン講習会の開催",
                ("→26回 252名参加", "※理論研修と実技研修を目的として開催"),
            ),
            b.BulletItem(
                "公共交通を利用したモデルコースの発信（パンフレット作成）",
                ("→白樺圏域 6,600部、隣接圏域 3,400部 計 10,000部",),
            ),
        )
        return b.YearSection(heading, (b.BulletList(items[:events]),))

    return (
        b.Heading(2, "広域連携加速化事業における実施事業（詳細）", new_page=True),
        b.KeyValueTable(
            (
                b.KeyValueRow("事業名", f"{title}（R{years[0]}～R{years[-1]}）"),
                b.KeyValueRow("実施団体名", BODIES),
                b.KeyValueRow(
                    "事業の目的",
                    "いざという時に自らの命を守り、地域で支え合うことができる地域づくりに取り組む。",
                ),
                b.KeyValueRow("事業概要", (b.YearSections(tuple(section(year) for year in YEARS)),)),
                b.KeyValueRow(
                    "構成団体の役割分担",
                    (
                        b.LabelledList(
                            (
                                b.LabelledItem(
                                    "白樺市",
                                    "各市町と連携して行う取組の企画調整等総合業務、防災関係機関・団体等との連絡・調整など",
                                ),
                                b.LabelledItem(
                                    "各 市 町",
                                    "自主防災組織や住民などへの連絡・周知・広報等の協力、必要に応じ、研修会場や備蓄品の収納場所等の協力など",
                                ),
                            )
                        ),
                    ),
                ),
                b.KeyValueRow(
                    "これまでの成果と課題",
                    (
                        b.BulletList(
                            (
                                "合同研修会は職員の専門的知識の習得と連携意識の向上への効果があり、今後は住民への波及を目指した取組が必要。",
                                "広域避難の基本的な考え方を共有しており、今後は市町境の地域の具体的な避難体制の向上に向けた取組が必要。",
                                "災害への備えを市町が共有した取組が必要。",
                            ),
                            marker="①",
                        ),
                    ),
                ),
            )
        ),
        b.Outlook(
            (
                b.OutlookPolicy(
                    title,
                    (
                        b.OutlookMeasure(
                            "住民の防災に対する意識醸成と専門的知識習得の啓発",
                            "圏域市町の職員や自主防災組織、住民など各層を対象とした防災教育・防災訓練の共同実施により、専門的な知識の習得や防災体制の向上・防災意識の啓発を図る。",
                        ),
                        b.OutlookMeasure(
                            "公助における広域防災体制の強化",
                            "自治体を跨いだ広域避難の整理と防災関連情報の共有により、広域防災体制の強化を図る。",
                        ),
                    ),
                ),
                b.OutlookPolicy(
                    "必要な資機材等の共同活用", (b.OutlookMeasure("共同備蓄", b.Missing("取組内容")),)
                ),
            )
        ),
        b.PhotoGrid(
            (
                b.Photo("R3 合同研修会の様子（オンラインで実施）", b.Image(picture(1), "研修会場の画面")),
                b.Photo("R4 防災テントを用いた研修会の様子", b.Image(picture(2, (480, 640)), "防災テント")),
                b.Photo(
                    "R5 空き家を活用した実技研修の様子\n（住家被害認定調査研修会）",
                    b.Image(picture(3), "空き家の調査"),
                ),
                b.Photo("R6 防災テントを用いた研修会の様子"),
            ),
            heading="●防災分野の活動記録写真",
        ),
    )


def report(
    *, initiatives: int = 2, draft_mark: str | None = "確認版", fictional: bool = True, final: bool = False
) -> b.Document:
    blocks: tuple[b.Block, ...] = (
        b.Cover(
            (
                b.CoverLine("白樺圏域", "region"),
                b.CoverLine("広域連携加速化事業", "region"),
                b.CoverLine("実績報告書", "title"),
                b.CoverLine("（令和2年度～令和6年度）", "period"),
            ),
            (b.CoverLine("令和7年4月", "date"), b.CoverLine("白樺圏域事務局（白樺市）", "parties")),
        ),
        *overview(),
    )
    for number in range(initiatives):
        blocks += detail("地域防災体制の充実", (3, 4, 5, 6), events=2 + number % 2)
    return b.Document(
        "白樺圏域 広域連携加速化事業 実績報告書",
        blocks,
        DATED,
        subject="令和2年度～令和6年度",
        author="白樺圏域事務局",
        keywords=("白樺圏域", "実績報告書"),
        draft_mark=draft_mark,
        fictional=fictional,
        final=final,
    )


def agreement() -> b.Document:
    signatories = tuple(
        b.Signatory(
            f"白樺郡{town}中央{number}丁目1番{number}号",
            town,
            f"{town}長",
            b.Missing("氏名") if number == 2 else "髙 﨑 德 子",
        )
        for number, town in enumerate(TOWNS, 1)
    )
    parties = "、".join(TOWNS)
    articles = (
        b.Article(
            "第1条",
            (
                b.ArticleParagraph(
                    "この協定は、広域連携の推進に関する要綱（令和2年7月1日架空第1号）に基づき、連携市町が相互に役割を分担し、連携を図りながら、"
                    "圏域に必要な生活機能の確保及び地域の活性化を図り、安心して暮らせる圏域を形成することを目的とする。"
                ),
            ),
            "（目的）",
        ),
        b.Article(
            "第2条",
            (
                b.ArticleParagraph(
                    "連携市町が連携して取り組む政策分野は、次の各号に掲げるものとし、当該各号における取組の内容及び連携市町の役割は、別表に定めるとおりとする。",
                    items=(
                        b.ArticleItem("(1)", "生活機能の強化に係る政策分野"),
                        b.ArticleItem("(2)", "結びつきやネットワークの強化に係る政策分野"),
                    ),
                ),
            ),
            "（連携する取組及び役割分担）",
        ),
        b.Article(
            "第3条",
            (
                b.ArticleParagraph(
                    "連携市町は、別表に定める取組を推進するため、相互に役割を分担して連携し、又は協力して事業の執行に当たるものとする。"
                ),
                b.ArticleParagraph(
                    "連携市町は、別表に定める取組を推進するために必要な費用が生じるときは、相互の受益の程度を勘案し、当該費用を負担するものとする。",
                    "2",
                ),
            ),
            "（事業の執行に当たっての連携及び負担）",
        ),
    )
    annex = b.KeyValueTable(
        (
            b.KeyValueRow(
                "取組の方向性",
                "住民が安心して住み続けることができるよう、防災教育や備蓄等、まさかの事態への備えを連携して進めていく。",
            ),
            b.KeyValueRow(
                "取組内容",
                (
                    b.BulletList(
                        (
                            "9市町の職員や自主防災組織、住民など各層を対象とした防災教育・防災訓練等の共同実施",
                            "必需品の共同備蓄",
                            "広域連携体制の構築",
                        )
                    ),
                ),
            ),
            b.KeyValueRow(
                "連携市町の役割",
                (
                    b.Paragraph("【白樺市】", align="left"),
                    b.BulletList(
                        ("各市町と連携して行う取組の企画調整等総合業務", "その他、連携における中心的な業務")
                    ),
                    b.Paragraph(f"【{'、'.join(TOWNS[1:])}】", align="left"),
                    b.BulletList(
                        ("自主防災組織や住民などへの連絡・周知・広報等の協力", "その他、連携における各種協力")
                    ),
                ),
            ),
            b.KeyValueRow("備考", "発災時における連携対応は、別に定める協定に基づき実施する。"),
        )
    )
    return b.Document(
        "白樺圏域の形成に関する協定書",
        (
            b.Cover(
                (b.CoverLine("白樺圏域の形成に関する協定書", "title"),),
                (
                    b.CoverLine("令和2年（2020年）10月1日", "date"),
                    b.CoverLine(
                        "白樺市、霧丘市、星見市、月影市、\n風見町、花守町、水鏡町、雪割町、虹ヶ原町",
                        "parties",
                    ),
                ),
            ),
            b.Paragraph("白樺圏域の形成に関する協定書", align="center", role="title"),
            b.Paragraph(
                f"{parties}（以下「連携市町」という。）は、白樺圏域の形成に関し、次のとおり協定を締結する。",
                first_indent=1,
            ),
            b.Articles(articles),
            b.Spacer(),
            b.Paragraph(
                "この協定の締結を証するため、本書9通を作成し、連携市町が記名押印の上、各自1通を保有する。",
                first_indent=1,
            ),
            b.Paragraph("令和2年（2020年）10月1日", indent=1),
            b.SignatureBlock(signatories),
            b.PageBreak(),
            b.Heading(1, "別表（第2条、第3条関係）"),
            b.Heading(2, "生活機能の強化に係る政策分野", "1"),
            b.Heading(3, "防災", "(1)"),
            b.Paragraph("地域防災体制等の充実", role="strong"),
            annex,
        ),
        DATED,
        draft_mark="（案）",
        fictional=True,
        style="formal",
    )


def everything(*, landscape: bool = False) -> b.Document:
    """The blocks that neither report nor agreement use."""
    years = [f"R{year}" for year in range(2, 9)]
    kpi = kpi_line(
        "スマートフォン講習会の延べ参加者数",
        "名",
        "increase",
        baseline=KpiPoint("R2", 180),
        targets=[KpiPoint("R5", 220), KpiPoint("R8", 300)],
        actuals=[KpiPoint("R3", 201), KpiPoint("R4", 252), KpiPoint("R5", 204), KpiPoint("R6", None)],
        years=years,
    )
    towns = stacked_by_municipality(
        "参加者数", "名", years[2:5], {town: (30 + n, 12 * n, 50 - n) for n, town in enumerate(TOWNS)}
    )
    old = [
        "第5条 連携市町は、この協定を変更しようとするときは、協議の上これを定めるものとする。",
        "第6条 連携市町は、この協定を解消しようとするときは、協議により合意を得るものとする。",
    ]
    new = [
        "第5条 連携市町は、この協定を変更し、又は廃止しようとするときは、協議により定めるものとする。",
        "第7条 疑義が生じた場合の処理は、連携市町が協議して定めるものとする。",
    ]
    budget = b.DataTable(
        (
            b.Column("区分", 0),
            b.Column("項目", 2),
            *(b.Column(f"R{year}", 1, "right", "千円") for year in (4, 5, 6)),
        ),
        (
            b.Row((b.Cell("歳入", colspan=5),), "group"),
            (b.Cell("負担金", rowspan=2), "白樺市", 4000, 1950, 1650),
            ("霧丘市ほか8市町", 4000, 1950, -1650),
            ("補助金", "北の国補助金", b.NOTHING, b.UNKNOWN, b.Missing("決定額")),
            b.Row((b.Cell("計", colspan=2), 8000, 3900, 0), "sum"),
        ),
        caption="表1 予算の状況",
        dashed=True,
    )
    nested = b.KeyValueTable(
        (
            b.KeyValueRow("基本目標", "安心して暮らせる圏域"),
            b.KeyValueRow(
                "事業費",
                (
                    b.DataTable(
                        (b.Column("年度"), b.Column("事業費", align="right", unit="千円")),
                        (("R5", 3900), ("R6", 3300)),
                    ),
                    b.Note("※事業費は見込み"),
                ),
            ),
            b.KeyValueRow(
                "甲乙の役割",
                (b.LabelledList((b.LabelledItem("甲", "企画調整"), b.LabelledItem("乙", "周知"))),),
            ),
        )
    )
    return b.Document(
        "見本帳",
        (
            b.Contents(),
            b.Heading(1, "図と表", "1"),
            budget,
            b.Note("※四捨五入のため合計が一致しないことがある。"),
            kpi.figure("図1 指標の推移", 0.8),
            kpi.table(),
            b.Heading(2, "市町別", "(1)"),
            towns.figure("図2 市町別の参加者数", 0.9),
            b.Heading(1, "変更", "2"),
            b.Heading(2, "新旧対照表", "(1)"),
            b.ComparisonTable(comparison_rows(old, new), "現行", "改正案", "備考", new_first=True),
            b.Heading(2, "見え消し", "(2)"),
            b.Paragraph(tracked(old[0], new[0])),
            b.Heading(3, "取組シート"),
            nested,
            b.Group(
                (b.Paragraph("一緒に置く段落1", role="strong"), b.Paragraph("一緒に置く段落2", align="right"))
            ),
            b.YearSections(
                (b.YearSection("（R2年度）", b.NOTHING), b.YearSection("（R3年度）", b.Missing("実績")))
            ),
            b.LabelledList(
                (
                    b.LabelledItem("【霧丘市、星見市、月影市、風見町】", "周知・広報等の協力"),
                    b.LabelledItem("【白樺市】", "総合調整"),
                )
            ),
            b.BulletList(("第一の項目", "第二の項目"), marker="(1)"),
            b.BulletList(("第一の項目", "第二の項目"), marker="1"),
            b.PhotoGrid(
                tuple(b.Photo(f"写真{n}", b.Image(picture(n), "風景")) for n in range(4)), "●写真", 3
            ),
            b.SignatureBlock(
                (
                    b.Signatory("白樺郡白樺市中央1丁目", "白樺市", "白樺市長", "髙 﨑 德 子", party="甲"),
                    b.Signatory("白樺郡霧丘市中央1丁目", "霧丘市", "霧丘市長", b.Missing("氏名"), party="乙"),
                )
            ),
        ),
        DATED,
        author="白樺圏域事務局",
        landscape=landscape,
        footer="見本帳 令和7年4月",
    )
