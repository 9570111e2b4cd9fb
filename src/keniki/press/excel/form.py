"""様式 sheets: what each block of the tree becomes on the sheet."""

from __future__ import annotations

from keniki.press import blocks as b
from keniki.press import layout, look
from keniki.press.excel.lines import article_lines, content_rows, flattened, text_lines
from keniki.press.excel.sheet import FormSheets, Look, with_changes


class FormWriter(FormSheets):
    """Writes a document on the sheets 表紙 and 様式."""

    def write(self) -> None:
        """All blocks; a cover gets a sheet of its own."""
        rest = self.document.blocks
        if rest and isinstance(rest[0], b.Cover):
            self.open("表紙", numbered=False)
            self._cover(rest[0])
            self.close()
            rest = rest[1:]
        self.open("様式", numbered=self.document.page_numbers)
        self._blocks(rest)
        tables = [block for block in rest if isinstance(block, (b.DataTable, b.KeyValueTable))]
        if self.heads and len(tables) == 1:
            self.page.repeat_rows(*self.heads[0])
        self.page.set_h_pagebreaks(self.page_breaks())
        self.close()

    def _blocks(self, blocks: tuple[b.Block, ...]) -> None:
        for block in blocks:
            self._block(block)

    def _block(self, block: b.Block) -> None:
        match block:
            case b.Cover():
                self._cover(block)
                self.break_page()
            case b.Heading():
                self._heading(block)
            case b.PageBreak():
                self.break_page()
            case b.Group():
                start = self.y
                self._blocks(block.blocks)
                self.keep_rows(start)
            case b.Contents():
                self.line(block.title, Look(size=14, bold=True))
                for found in self.document.blocks:
                    if isinstance(found, b.Heading) and found.level <= block.depth:
                        words = b.text(f"{found.number}　" if found.number else "", found.text)
                        self.line(words, Look(indent=found.level))
            case b.KeyValueTable():
                self._key_values(block)
            case b.DataTable():
                self._data(block)
            case b.CheckGrid():
                self._checks(block)
            case b.ComparisonTable():
                self._comparison(block)
            case b.Outlook():
                self._outlook(block)
            case b.PhotoGrid():
                self._photos(block)
            case b.Figure():
                self.picture(block.image, block.width)
                if b.plain(block.caption):
                    self.line(block.caption, Look(size=9.5, align="center"))
            case b.SignatureBlock():
                self._signatures(block)
            case b.Articles():
                for line, wanted in article_lines(block):
                    self.line(line, wanted)
            case _:
                for line, wanted in text_lines(block):
                    self.line(line, wanted)

    def _cover(self, block: b.Cover) -> None:
        self.gap(170)
        for item in block.lines:
            strong = item.role in ("region", "title")
            self.line(item.text, Look(look.COVER_PT[item.role], strong, "center"), space=16)
        self.gap(220 if not self.document.landscape else 40)
        for item in block.bottom:
            self.line(item.text, Look(look.COVER_PT[item.role], False, "center"), space=14)

    def _heading(self, block: b.Heading) -> None:
        if block.new_page:
            self.break_page()
        elif self.y:
            self.gap(10)
        indented = not self.formal and block.level == 2
        words = b.text(f"{block.number}　" if block.number else "", block.text)
        rule = 0 if self.formal else {1: 2, 2: 5, 3: 0}[block.level]
        self.line(
            words,
            Look(
                look.HEADING_PT[block.level],
                bold=True,
                middle=True,
                bottom=rule if block.level == 1 else 0,
                left=rule if block.level == 2 else 0,
                rule=look.KEY,
                indent=int(indented),
            ),
            space=6,
            keep=True,
        )
        self.gap(4, keep=True)

    def _key_values(self, block: b.KeyValueTable) -> None:
        last = round(self.columns * block.width) - 1
        split = max(3, round((last + 1) * block.label_width))
        for row in block.rows:
            pieces = content_rows(row.content)
            first = self.y
            label_height = self.height(row.label, split, size=10) + 6
            for position, (words, rule) in enumerate(pieces):
                height = self.height(words, last - split + 1, indent=1) + 4
                if position == len(pieces) - 1:
                    so_far = sum(self.heights[row] for row in range(first, self.y))
                    height = max(height, label_height - so_far)
                self.row(height)
                wanted = Look(
                    left=1,
                    right=1,
                    top=1 if not position else rule,
                    bottom=1 if position == len(pieces) - 1 else 0,
                    middle=len(pieces) == 1,
                    indent=1,
                )
                self.put((self.y, split, self.y, last), words, wanted)
                self.y += 1
            label = with_changes(self._label_look(), middle=len(pieces) == 1)
            self.put((first, 0, self.y - 1, split - 1), row.label, label)
        self.gap()

    def _label_look(self) -> Look:
        boxed = Look(10, True, left=1, right=1, top=1, bottom=1, indent=1)
        return boxed if self.formal else with_changes(boxed, fill=look.KEY_PALE)

    def _data(self, block: b.DataTable) -> None:
        if b.plain(block.caption):
            self.line(block.caption, Look(10, True), keep=True)
        total = round(self.columns * block.width)
        edges = _edges(layout.column_widths(block, 178 * block.width), total)
        head = layout.head_rows(block)
        if head:
            self.heads.append((self.y, self.y + len(head) - 1))
        for rows in (head, layout.body_rows(block)):
            start = self.y
            for placed_row in rows:
                heights = [18.0]
                for placed in placed_row:
                    left, right = edges[placed.column], edges[placed.column + placed.cell.colspan]
                    content = flattened(placed.cell.content)
                    if placed.cell.rowspan == 1:
                        heights.append(self.height(content, right - left, size=10, indent=1) + 5)
                    strong = placed.kind in ("head", "sum", "group")
                    tint = {"head": look.KEY_PALE, "sum": look.PALE, "group": look.PALE}.get(placed.kind)
                    rule = 3 if block.dashed and placed.row and placed.kind == "body" else 1
                    indent = 0 if placed.align == "center" else 1
                    wanted = Look(10, strong, placed.align, middle=True, indent=indent)
                    wanted = with_changes(wanted, left=1, right=1, top=rule, bottom=1)
                    if not self.formal:
                        wanted = with_changes(wanted, fill=tint)
                    top = start + placed.row
                    self.put((top, left, top + placed.cell.rowspan - 1, right - 1), content, wanted)
                self.row(max(heights), keep=rows is head)
                self.y += 1
        self.gap()

    def _checks(self, block: b.CheckGrid) -> None:
        split = round(self.columns * block.label_width)
        mark = 3
        middle = split + round((self.columns - split) * 0.42) if block.right else self.columns
        height = max(len(block.left), len(block.right))
        boxed = Look(10, left=1, right=1, top=1, bottom=1, middle=True, indent=1)
        for y in range(height):
            heights = [18.0]
            for items, left, right in ((block.left, split, middle), (block.right, middle, self.columns)):
                if right <= left or (items is block.right and not items):
                    continue
                item = items[y] if y < len(items) else b.CheckItem("")
                heights.append(self.height(item.name, right - mark - left, size=10, indent=1) + 5)
                self.put((self.y, left, self.y, right - mark - 1), item.name, boxed)
                tick = block.mark if item.on else ""
                self.put(
                    (self.y, right - mark, self.y, right - 1),
                    tick,
                    with_changes(boxed, align="center", indent=0),
                )
            self.row(max(heights), keep=y < height - 1)
            self.y += 1
        label = with_changes(self._label_look(), middle=True)
        self.put((self.y - height, 0, self.y - 1, split - 1), block.label, label)
        self.gap()

    def _comparison(self, block: b.ComparisonTable) -> None:
        note = 8 if block.note_title else 0
        half = (self.columns - note) // 2
        edges = [0, half, 2 * half] + ([self.columns] if note else [])
        titles: list[b.TextLike] = [block.old_title, block.new_title]
        rows: list[list[b.TextLike]] = [[one.old, one.new] for one in block.rows]
        if block.new_first:
            titles.reverse()
            rows = [row[::-1] for row in rows]
        boxed = Look(10, left=1, right=1, top=1, bottom=1, indent=1)
        lines = [([*titles, block.note_title], with_changes(self._label_look(), align="center"))]
        lines += [([*row, one.note], boxed) for row, one in zip(rows, block.rows, strict=True)]
        for cells, wanted in lines:
            heights = []
            for words, left, right in zip(cells, edges, edges[1:], strict=False):
                heights.append(self.height(words, right - left, size=10) + 6)
                self.put((self.y, left, self.y, right - 1), words, wanted)
            self.row(max(heights))
            self.y += 1
        self.gap()

    def _outlook(self, block: b.Outlook) -> None:
        key = look.TEXT if self.formal else look.KEY
        if block.arrow:
            self.line("▼", Look(16, False, "center", ink=key), keep=True)
        self.line(block.title, Look(12, True, "center", True, top=1, bottom=1, rule=key), space=8, keep=True)
        for policy in block.policies:
            self.gap(6, keep=policy is block.policies[0])
            bar = Look(11, True, middle=True, fill=key, ink=look.WHITE, indent=1)
            if self.formal:
                bar = Look(11, True, middle=True, left=1, right=1, top=1, bottom=1, indent=1)
            self.line(b.text("方針　", policy.title), bar, space=8, keep=True)
            for measure in policy.measures:
                self.gap(4, keep=measure is policy.measures[0])
                self.line(b.text("取組　", measure.title), Look(10.5, True, ink=key), left=1, keep=True)
                self.line(measure.text, left=4)
        self.gap()

    def _photos(self, block: b.PhotoGrid) -> None:
        if b.plain(block.heading):
            self.gap()
            self.line(block.heading, Look(11, True), keep=True)
        own = self.columns // block.columns
        points = {1: 220.0, 2: 150.0, 3: 105.0}[block.columns]
        for start in range(0, len(block.photos), block.columns):
            row = block.photos[start : start + block.columns]
            self.row(points, keep=True)
            for position, photo in enumerate(row):
                left, right = position * own + 1, (position + 1) * own - 2
                if photo.image is None:
                    withheld = bool(b.plain(photo.withheld))
                    ink, rule = (look.MUTED, look.MUTED) if withheld else (look.ERROR, look.ERROR)
                    framed = Look(
                        10, not withheld, "center", True, None, ink, left=3, right=3, top=3, bottom=3
                    )
                    self.put(
                        (self.y, left, self.y, right),
                        photo.withheld if withheld else b.Missing("写真"),
                        with_changes(framed, rule=rule),
                    )
                else:
                    self.insert(photo.image, left, right - left + 1, points)
            self.y += 1
            heights = [self.height(photo.caption, own, size=9.5) for photo in row]
            self.row(max(heights) + 8)
            for position, photo in enumerate(row):
                area = (self.y, position * own, self.y, (position + 1) * own - 1)
                self.put(area, photo.caption, Look(9.5, align="center"))
            self.y += 1

    def _signatures(self, block: b.SignatureBlock) -> None:
        left = round(self.columns * 0.38)
        for one in block.signatories:
            self.gap(12, keep=True)
            if one.party:
                self.put((self.y, left - 4, self.y, left - 1), one.party)
            self.line(one.address, left=left, keep=True)
            self.line(one.body, left=left, keep=True)
            self.put((self.y, self.columns - 3, self.y, self.columns - 1), "㊞" if one.seal else "")
            self.line(b.text(one.title, "　　", one.name), left=left, right=self.columns - 4)


def _edges(widths: list[float], total: int) -> list[int]:
    """Widths as borders on the fine grid, every column at least one step wide."""
    edges = [0]
    for position in range(len(widths)):
        ideal = round(total * sum(widths[: position + 1]) / sum(widths))
        rest = len(widths) - position - 1
        edges.append(max(edges[-1] + 1, min(ideal, total - rest)))
    edges[-1] = max(total, edges[-1])
    return edges
