"""協定書: cover, preamble, articles, closing, date, signatures in agreement order, annex."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db.models import Prefetch

from keniki.apps.compacts.models import Agreement, AgreementVersion, AnnexItem, Signatory
from keniki.apps.compacts.states import IN_FORCE, PAIRED_KINDS, RESOLVED_KINDS
from keniki.core import era, names
from keniki.core.errors import WrongInput
from keniki.press import blocks as b

from .. import sheets
from .base import CONCLUDED, Composed, Draft, dated


def compose(draft: Draft, parameters: Mapping[str, Any]) -> Composed:
    agreement = find(draft, str(parameters.get("slug") or ""))
    number = parameters.get("version")
    versions = list(agreement.versions.all())
    if not versions:
        raise WrongInput(f"「{agreement.title}」には本文がありません。協定の画面で本文を入力してください。")
    version = next((v for v in versions if v.number == int(number)), None) if number else versions[-1]
    if version is None:
        raise WrongInput(f"「{agreement.title}」に第{number}版はありません。")
    builder = _Agreement(draft, agreement, version)
    blocks = builder.blocks()
    concluded = agreement.state in CONCLUDED
    document = b.Document(
        title=agreement.title,
        author=draft.region.secretariat.name,
        keywords=(draft.region.name, agreement.get_kind_display()),
        blocks=blocks,
        dated=dated(agreement.concluded_on, *(row.resolved_on for row in agreement.resolutions.all())),
        draft_mark=draft.mark() if concluded else "（案）",
        fictional=draft.region.fictional,
        final=draft.stage.final,
        style="formal",
    )
    return Composed(
        name=f"{draft.region.slug}-agreement",
        document=document,
        sheets=sheets.agreement(agreement, version, builder.resolved, draft.gaps.found),
        gaps=tuple(draft.gaps.found),
        inputs=draft.inputs,
    )


def find(draft: Draft, slug: str) -> Agreement:
    """The named agreement, else the region's basic one: in force before drafts, with a text, multilateral first."""
    rows = Agreement.objects.prefetch_related(
        "parties__municipality",
        "resolutions__municipality",
        Prefetch(
            "versions",
            AgreementVersion.objects.order_by("number").prefetch_related(
                "annex_items__measures", "annex_items__roles", "signatories__municipality"
            ),
        ),
    )
    if slug:
        found = rows.filter(slug=slug).first()
        if found is None:
            raise WrongInput(f"協定「{slug}」がありません。協定の一覧で番号を確かめてください。")
        return found
    candidates = [row for row in rows if row.versions.all()]
    if not candidates:
        raise WrongInput("本文のある協定がありません。協定の画面で作成してください。")
    order = list(Agreement.Kind.values)
    return min(
        candidates,
        key=lambda row: (
            row.state not in IN_FORCE,
            order.index(row.kind),
            str(row.concluded_on or "9999"),
            row.slug,
        ),
    )


class _Agreement:
    def __init__(self, draft: Draft, agreement: Agreement, version: AgreementVersion):
        self.draft = draft
        self.gaps = draft.gaps
        self.agreement = agreement
        self.version = version
        self.parties = list(agreement.parties.all())
        self.towns = {party.municipality.code: party.municipality.name for party in self.parties}
        towns = [party.municipality for party in self.parties]
        order = {party.municipality_id: party.order for party in self.parties}
        self.resolved = sorted(
            agreement.resolutions.all(), key=lambda row: order.get(row.municipality_id, len(order))
        )
        draft.inputs.add(agreement, self.parties, towns, self.resolved)
        draft.inputs.add(
            version,
            version.signatories.all(),
            *([item, *item.measures.all(), *item.roles.all()] for item in version.annex_items.all()),
        )

    @property
    def one_to_one(self) -> bool:
        return self.agreement.kind in PAIRED_KINDS

    def blocks(self) -> tuple[b.Block, ...]:
        version, place = self.version, "前文"
        found: list[b.Block] = [
            self.cover(),
            b.PageBreak(),
            b.Paragraph(self.agreement.title, align="center", role="title"),
            b.Paragraph(self.gaps.text(version.preamble, place, "前文", version), first_indent=1),
            self.articles(),
            b.Paragraph(self.gaps.text(self.closing(), "後文", "後文", version), first_indent=1),
            b.Paragraph(self.date(), first_indent=1),
            self.signatures(),
        ]
        found.extend(self.resolutions())
        found.extend(self.annex())
        return tuple(found)

    def cover(self) -> b.Cover:
        date = self.date()
        return b.Cover(
            lines=(b.CoverLine(self.agreement.title, "title"), b.CoverLine(date, "date")),
            bottom=(
                b.CoverLine(b.names([party.municipality.name for party in self.parties], "、"), "parties"),
            ),
        )

    def date(self) -> b.TextLike:
        if self.agreement.concluded_on:
            return era.format_date_with_western(self.agreement.concluded_on, full_width=True)
        return "令和　　年　　月　　日"

    def articles(self) -> b.Block:
        if not self.version.articles:
            return b.Paragraph(self.gaps.missing("条文", "条文", self.version))
        return b.Articles(
            tuple(
                b.Article(
                    number=f"第{article['number']}条",
                    heading=f"（{article['heading']}）" if article.get("heading") else "",
                    paragraphs=tuple(
                        b.ArticleParagraph(
                            text=paragraph["text"],
                            number=str(number) if number > 1 else "",
                            items=tuple(
                                b.ArticleItem(f"({n})", item)
                                for n, item in enumerate(paragraph.get("items") or (), 1)
                            ),
                        )
                        for number, paragraph in enumerate(article["paragraphs"], 1)
                    ),
                )
                for article in self.version.articles
            )
        )

    def closing(self) -> str:
        """The closing text; its number of copies is that of the parties (`{copies}`)."""
        return self.version.closing.replace("{copies}", str(len(self.parties)))

    def signatures(self) -> b.Block:
        marks = {party.municipality_id: party.mark for party in self.parties}
        signatories = {s.municipality_id: s for s in self.version.signatories.all()}
        blocks = []
        for party in self.parties:
            town = party.municipality
            signatory = signatories.get(town.pk)
            place = f"署名欄 {town.name}"
            blocks.append(
                b.Signatory(
                    address=(signatory.address if signatory else "")
                    or self.gaps.missing(place, "住所", self.version, label="住所"),
                    body=town.name,
                    title=(signatory.title if signatory else "") or f"{town.name}長",
                    name=self.name(signatory, place),
                    party=marks[town.pk],
                )
            )
        return b.SignatureBlock(tuple(blocks))

    def name(self, signatory: Signatory | None, place: str) -> b.TextLike:
        """The signatory's name; what is lost is never filled in."""
        if signatory is None or not signatory.name:
            return self.gaps.missing(place, "氏名", self.version, label="氏名")
        if signatory.name_complete:
            return signatory.name
        return b.text(
            signatory.name,
            "　",
            self.gaps.missing(place, f"氏名（{signatory.name} の続き）", self.version, label="名"),
        )

    def resolutions(self) -> list[b.Block]:
        """For kinds that need it: the day each assembly resolved (議決日)."""
        rows = self.resolved if self.agreement.kind in RESOLVED_KINDS else []
        if not rows:
            return []
        return [
            b.Paragraph("議決", role="strong", keep_with_next=True),
            b.DataTable(
                columns=(
                    b.Column("市町村", width=3),
                    b.Column("議案番号", width=3),
                    b.Column("議決日", width=4),
                ),
                rows=tuple(
                    (
                        row.municipality.name,
                        row.bill_no or self.gaps.missing(f"議決 {row.municipality.name}", "議案番号", row),
                        era.format_date(row.resolved_on)
                        if row.resolved_on
                        else self.gaps.missing(f"議決 {row.municipality.name}", "議決日", row),
                    )
                    for row in rows
                ),
            ),
        ]

    def annex(self) -> list[b.Block]:
        items = list(self.version.annex_items.all())
        if not items:
            return []
        found: list[b.Block] = [
            b.PageBreak(),
            b.Paragraph(self.version.annex_heading, role="strong", keep_with_next=True),
        ]
        group, groups, fields = None, 0, 0
        for item in items:
            if item.group and item.group != group:
                group, groups, fields = item.group, groups + 1, 0
                found.append(b.Paragraph(f"{groups}　{group}", role="strong", keep_with_next=True))
            fields += 1
            found.append(b.Paragraph(f"({fields}){item.field_label}", indent=1, keep_with_next=True))
            found.append(b.Paragraph(item.title, indent=2, role="strong", keep_with_next=True))
            found.append(self.item(item))
            found.append(b.Spacer(0.8))
        return found

    def item(self, item: AnnexItem) -> b.Block:
        place = f"別表 {item.title}"
        measures = tuple(measure.text for measure in item.measures.all())
        roles: list[b.Block] = []
        for role in item.roles.all():
            listed = b.names([self.towns.get(code, code) for code in role.municipalities], "、")
            roles.append(b.Paragraph(b.text("【", listed, "】"), keep_with_next=True))
            roles.append(b.BulletList(tuple(role.items)))
        rows = [
            b.KeyValueRow("取組の方向性", self.gaps.text(item.direction, place, "取組の方向性", item)),
            b.KeyValueRow(
                "取組内容",
                (b.BulletList(measures),) if measures else self.gaps.missing(place, "取組内容", item),
            ),
            b.KeyValueRow(
                self.roles_label(), tuple(roles) if roles else self.gaps.missing(place, "役割", item)
            ),
        ]
        if item.remarks:
            rows.append(b.KeyValueRow("備考", item.remarks))
        return b.KeyValueTable(tuple(rows))

    def roles_label(self) -> str:
        if self.one_to_one:
            return "役割分担"
        kinds = names.kinds_phrase(self.towns.values())
        return f"連携{kinds}の役割"
