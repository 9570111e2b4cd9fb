"""Random block trees for the renderers."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import strategies as st

from keniki.press import blocks as b
from keniki.press.tests import samples

words = st.text(
    st.one_of(
        st.sampled_from("圏域の連携市町は、協定を（変更）「する」。ー々〜①㈱㎡髙﨑"),
        st.sampled_from("abcXYZ0123456789 .,-/_#$*@<>\\[]{}=+'\"&%\n\r\t\x0b\x01"),
    ),
    max_size=60,
)
runs = st.builds(
    b.Run,
    words,
    bold=st.booleans(),
    superscript=st.booleans(),
    muted=st.booleans(),
    together=st.booleans(),
    change=st.sampled_from(["", "", "inserted", "deleted", "changed"]),
)
missing = st.builds(b.Missing, st.sampled_from(["", "氏名", "金額"]))
texts = st.one_of(
    words, runs, missing, st.lists(st.one_of(runs, missing), max_size=4).map(lambda r: b.Text(tuple(r)))
)
values = st.one_of(texts, st.integers(-(10**9), 10**9), st.decimals(-1000, 1000, places=2).map(Decimal))
_IMAGES = [
    b.Image(samples.picture(n, size), "風景") for n, size in enumerate([(64, 48), (30, 90), (200, 20)])
]
images = st.sampled_from(_IMAGES)


def several(strategy, least=0, most=4):
    return st.lists(strategy, min_size=least, max_size=most).map(tuple)


bullets = st.builds(
    b.BulletList,
    several(st.one_of(texts, st.builds(b.BulletItem, texts, several(texts, most=3))), 1),
    st.sampled_from(["・", "①", "(1)", "1"]),
)
labelled = st.builds(
    b.LabelledList, several(st.builds(b.LabelledItem, st.text("各市町 夕張", max_size=12), texts), 1)
)
paragraphs = st.builds(
    b.Paragraph,
    texts,
    st.sampled_from(["left", "center", "right", "justify"]),
    st.integers(0, 2),
    st.integers(0, 3),
    st.sampled_from(["body", "small", "title", "strong"]),
    st.booleans(),
)
simple = st.one_of(
    paragraphs, bullets, labelled, st.builds(b.Note, texts), st.builds(b.Spacer, st.integers(0, 3))
)


@st.composite
def tables(draw):
    width = draw(st.integers(1, 5))
    columns = tuple(
        b.Column(
            draw(texts), draw(st.sampled_from([0, 1, 2])), draw(st.sampled_from(["left", "right", "center"]))
        )
        for _ in range(width)
    )
    rows = tuple(
        b.Row(tuple(draw(values) for _ in range(width)), draw(st.sampled_from(["body", "sum", "group"])))
        for _ in range(draw(st.integers(0, 5)))
    )
    return b.DataTable(
        columns,
        rows,
        caption=draw(texts),
        dashed=draw(st.booleans()),
        width=draw(st.sampled_from([0.4, 1.0])),
    )


sections = st.builds(
    b.YearSections, several(st.builds(b.YearSection, words, st.one_of(texts, several(simple, 1))), 1)
)
inner = st.one_of(
    simple, sections, tables(), st.builds(b.PhotoGrid, several(st.builds(b.Photo, texts, images), 1))
)
key_values = st.builds(
    b.KeyValueTable,
    several(st.builds(b.KeyValueRow, texts, st.one_of(texts, several(inner, 1))), 1),
    st.sampled_from([0.15, 0.22, 0.4]),
    st.sampled_from([0.5, 1.0]),
)
checks = st.builds(b.CheckItem, texts, st.booleans())
measures = st.builds(b.OutlookMeasure, texts, texts)
items = st.builds(b.ArticleItem, st.sampled_from(["(1)", "ア"]), texts)
article = st.builds(
    b.Article,
    st.just("第1条"),
    several(st.builds(b.ArticleParagraph, texts, st.sampled_from(["", "2"]), several(items)), 1),
    texts,
)
blocks = st.one_of(
    simple,
    tables(),
    key_values,
    sections,
    st.builds(b.CheckGrid, texts, several(checks, 1), several(checks)),
    st.builds(
        b.ComparisonTable,
        several(st.builds(b.ComparisonRow, texts, texts, texts), 1),
        note_title=st.sampled_from(["", "備考"]),
    ),
    st.builds(b.Outlook, several(st.builds(b.OutlookPolicy, texts, several(measures)), 1)),
    st.builds(
        b.PhotoGrid,
        several(st.builds(b.Photo, texts, st.one_of(st.none(), images)), 1),
        texts,
        st.sampled_from([1, 2, 3]),
    ),
    st.builds(b.Figure, images, texts, st.sampled_from([0.3, 1.0])),
    st.builds(b.Articles, several(article, 1)),
    st.builds(
        b.SignatureBlock,
        several(st.builds(b.Signatory, texts, texts, texts, texts, st.sampled_from(["", "甲"])), 1),
    ),
    st.builds(b.Group, several(simple, 1)),
    st.just(b.PageBreak()),
    st.just(b.Contents()),
    st.builds(b.Heading, st.just(1), words.map(lambda w: w.strip() or "題"), new_page=st.booleans()),
)
covers = st.builds(
    b.Cover,
    several(st.builds(b.CoverLine, texts, st.sampled_from(["title", "date", "parties"]))),
    several(st.builds(b.CoverLine, texts)),
)
documents = st.builds(
    b.Document,
    st.just("題"),
    st.tuples(several(covers, most=1), several(blocks, most=6)).map(lambda parts: parts[0] + parts[1]),
    st.just(samples.DATED),
    draft_mark=st.sampled_from([None, "確認版", "R&D"]),
    fictional=st.booleans(),
    exercise=st.booleans(),
    landscape=st.booleans(),
    style=st.sampled_from(["report", "formal"]),
    footer=st.sampled_from(["", "文書&番号"]),
)
