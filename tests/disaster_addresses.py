"""The addresses of disaster work."""

from __future__ import annotations

from django.core.files.uploadedfile import SimpleUploadedFile

from keniki.apps.disaster.forms.contacts import COLUMNS
from keniki.apps.portal.testing import HOSHINO, KAWAKITA
from keniki.core.csv_dialect import write_csv

from .addressing import (
    EVERYONE,
    HOSHINO_OR_SHARED,
    KAWAKITA_OR_SHARED,
    STAFF,
    WRITERS,
    Address,
    deed,
    own,
    public,
    read,
)
from .disaster import DRILL, ENDED
from .world import World


def own_code(world: World, seat: str) -> str:
    return HOSHINO if seat == "other_partner" else KAWAKITA


def own_contact(world: World, seat: str) -> str:
    return str(world.numbers["hoshino_contact" if seat == "other_partner" else "spare_contact"])


def contacts_file(world: World, seat: str) -> SimpleUploadedFile:
    """One contact of the seat's own town."""
    row = dict.fromkeys(COLUMNS, "") | {
        "市町村コード": own_code(world, seat),
        "団体・部署": "建設課",
        "電話": "0126",
    }
    return SimpleUploadedFile("renrakusaki.csv", write_csv([COLUMNS, tuple(row.values())]).data, "text/csv")


_BETWEEN = {
    "asker": KAWAKITA, "helper": HOSHINO, "reason": "大雨（架空）", "first_day": "2024-09-01", "on": "2024-09-01",
    "vulnerable": "0",
}  # fmt: skip
_NO_ROWS = {"places-TOTAL_FORMS": "0", "places-INITIAL_FORMS": "0"}

DISASTER: dict[str, Address] = {
    "disaster:desk": own(STAFF),
    "disaster:public": Address(opens=EVERYONE, regional=False),
    "disaster:board-json": Address(opens=EVERYONE, regional=False),
    "disaster:public-region": public(),
    "disaster:public-drill": public(),
    "disaster:region-board-json": public(),
    "disaster:overview": read(),
    "disaster:incidents": read(),
    "disaster:new-incident": Address(
        writes=WRITERS,
        data={
            "mode": "exercise",
            "title": "図上訓練の二（架空）",
            "hazard": "flood",
            "began_at": "2024-09-02T09:00",
        },
    ),
    "disaster:incident": read(slug=DRILL),
    "disaster:edit-incident": Address({"slug": DRILL}, writes=WRITERS, data={"note": "改めた備考"}),
    "disaster:end-incident": deed(WRITERS, slug=DRILL, data={"version": "1"}),
    "disaster:retentions": read(slug=DRILL),
    "disaster:retention": Address(
        {"slug": DRILL, "code": KAWAKITA},
        writes=frozenset({"partner", "approver"}),
        data={"purge_on": "2099-04-01", "basis": "文書管理規程（架空）"},
    ),
    "disaster:looks": Address({"code": KAWAKITA}, opens=frozenset({"partner", "approver"}), refusal=404),
    "disaster:contacts": read(),
    "disaster:new-contact": Address(
        writes=WRITERS, data={"town": own_code, "body": "消防団", "phone": "0126-00-0001", "order": "2"}
    ),
    "disaster:edit-contact": Address(
        {"pk": "{contact}"}, writes=KAWAKITA_OR_SHARED, data={"note": "改めた備考"}
    ),
    "disaster:remove-contact": deed(KAWAKITA_OR_SHARED, pk="{spare_contact}", data={"version": "1"}),
    "disaster:contacts-csv": read(),
    "disaster:load-contacts": Address(writes=WRITERS, data={"file": contacts_file}),
    "disaster:duties": Address(
        writes=WRITERS,
        data={"contact": own_contact, "begins": "2126-12-01T09:00", "ends": "2126-12-01T17:00"},
    ),
    "disaster:remove-duty": deed(KAWAKITA_OR_SHARED, pk="{duty}"),
    "disaster:stays": read(slug=DRILL),
    "disaster:new-stay": Address(
        {"slug": DRILL}, writes=KAWAKITA_OR_SHARED, data=_BETWEEN | {"kind": "evacuation", "people": "12"}
    ),
    "disaster:stay": Address(
        {"slug": DRILL, "number": "1"},
        writes=KAWAKITA_OR_SHARED,
        data={"key": "report", "on": "2024-09-02"} | _NO_ROWS,
    ),
    "disaster:edit-stay": Address(
        {"slug": DRILL, "number": "1"}, writes=KAWAKITA_OR_SHARED, data={"note": "改めた備考"}
    ),
    "disaster:stay-paper": read(slug=DRILL, number="2", key="acceptance", form="docx"),
    "disaster:aids": read(slug=DRILL),
    "disaster:new-aid": Address(
        {"slug": DRILL},
        writes=KAWAKITA_OR_SHARED,
        data=_BETWEEN | {"kind": "staff", "content": "物資の仕分け"},
    ),
    "disaster:aid": Address(
        {"slug": DRILL, "number": "1"},
        writes=HOSHINO_OR_SHARED,
        data={"key": "acceptance", "on": "2024-09-02"},
    ),
    "disaster:edit-aid": Address(
        {"slug": DRILL, "number": "1"}, writes=KAWAKITA_OR_SHARED, data={"note": "改めた備考"}
    ),
    "disaster:aid-costs": Address(
        {"slug": DRILL, "number": "2"}, writes=HOSHINO_OR_SHARED, data={"costs-0-amount": "13000"}
    ),
    "disaster:aid-paper": read(slug=DRILL, number="2", key="request", form="docx"),
    "disaster:reopen-incident": deed(WRITERS, slug=ENDED, data={"version": "2"}),
}
