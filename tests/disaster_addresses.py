"""The addresses of disaster work."""

from __future__ import annotations

from django.core.files.uploadedfile import SimpleUploadedFile

from keniki.apps.disaster.forms.contacts import COLUMNS
from keniki.apps.disaster.forms.districts import COLUMNS as DISTRICT_COLUMNS
from keniki.apps.evidence import uploads
from keniki.apps.evidence.importers.base import RawBytes
from keniki.apps.portal.testing import AOBA, HOSHINO, KAWAKITA
from keniki.core.csv_dialect import write_csv

from .addressing import (
    EVERYONE,
    HOSHINO_OR_SHARED,
    KAWAKITA_OR_SHARED,
    SHARED,
    STAFF,
    WRITERS,
    Address,
    deed,
    own,
    public,
    read,
)
from .disaster import flood_map, sites_file
from .disaster_certificates import CERTIFICATES
from .disaster_houses import HOUSES
from .disaster_incidents import DRILL, ENDED, telegram_of
from .disaster_ledger import LEDGER
from .disaster_plans import PLANS
from .disaster_reception import RECEPTION
from .disaster_stock import STOCK
from .disaster_stock_plans import STOCK_PLANS
from .disaster_support import SUPPORT
from .disaster_training import TRAINING
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


def training(world: World, seat: str) -> SimpleUploadedFile:
    """A telegram of the weather agency's drills about 川北町."""
    data = telegram_of(KAWAKITA, "訓練")
    return SimpleUploadedFile("20240805_0_VPWW53_019000.xml", data, "application/xml")


_BETWEEN = {
    "asker": KAWAKITA, "helper": HOSHINO, "reason": "大雨（架空）", "first_day": "2024-09-01", "on": "2024-09-01",
    "vulnerable": "0",
}  # fmt: skip
_NO_ROWS = {"places-TOTAL_FORMS": "0", "places-INITIAL_FORMS": "0"}


def own_name(world: World, seat: str) -> str:
    return "星野町" if seat == "other_partner" else "川北町"


def shelters_file(world: World, seat: str) -> SimpleUploadedFile:
    """One site of the seat's own town."""
    return SimpleUploadedFile("2.csv", sites_file(own_code(world, seat), own_name(world, seat)), "text/csv")


def own_mark(world: World, seat: str) -> str:
    """The mark of that file after it was looked at."""
    raw = RawBytes("2.csv", sites_file(own_code(world, seat), own_name(world, seat)))
    return uploads.keep(world.cast.region, raw)


def hazard_file(world: World, seat: str) -> SimpleUploadedFile:
    ring = [[141.7, 43.1], [141.8, 43.1], [141.8, 43.2], [141.7, 43.1]]
    return SimpleUploadedFile("a.geojson", flood_map(ring), "application/geo+json")


def districts_file(world: World, seat: str) -> SimpleUploadedFile:
    """One district of the seat's own town."""
    row = dict.fromkeys(DISTRICT_COLUMNS, "") | {
        "市町村コード": own_code(world, seat),
        "地区名": "西区（架空）",
        "居住者": "300",
    }
    return SimpleUploadedFile(
        "chiku.csv", write_csv([DISTRICT_COLUMNS, tuple(row.values())]).data, "text/csv"
    )


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
    "disaster:board": read(slug=DRILL),
    "disaster:board-live": read(slug=DRILL),
    "disaster:board-shelters": read(slug=DRILL),
    "disaster:board-new-shelter": Address(
        {"slug": DRILL},
        writes=WRITERS,
        data={"name": "神社（架空）", "town": own_code, "status": "open"},
    ),
    "disaster:board-shelter": Address(
        {"slug": DRILL, "key": "{shelter}"}, writes=KAWAKITA_OR_SHARED, data={"status": "full"}
    ),
    "disaster:board-town": Address(
        {"slug": DRILL, "code": KAWAKITA}, writes=KAWAKITA_OR_SHARED, data={"message": "高台へ（架空）"}
    ),
    "disaster:board-orders": Address(
        {"slug": DRILL, "code": KAWAKITA},
        writes=KAWAKITA_OR_SHARED,
        data={
            "name": "川沿い（架空）",
            "level": "elderly",
            "at": "2024-09-01T10:00",
            "by": "町長",
            "document": "防第2号",
        },
    ),
    "disaster:board-damage": Address(
        {"slug": DRILL, "code": KAWAKITA}, writes=KAWAKITA_OR_SHARED, data={"d_houses_half": "3"}
    ),
    "disaster:board-copy": read(slug=DRILL, code=KAWAKITA, form="csv"),
    "disaster:board-new-road": Address(
        {"slug": DRILL},
        writes=WRITERS,
        data={"name": "町道二号（架空）", "town": own_code, "state": "closed"},
    ),
    "disaster:board-road": Address(
        {"slug": DRILL, "key": "{road}"}, writes=KAWAKITA_OR_SHARED, data={"state": "one_lane"}
    ),
    "disaster:board-new-request": Address(
        {"slug": DRILL},
        writes=WRITERS,
        data={"direction": "offer", "what": "goods", "town": own_code, "item": "毛布"},
    ),
    "disaster:board-request": Address(
        {"slug": DRILL, "key": "{request}"}, writes=KAWAKITA_OR_SHARED, data={"item": "毛布と敷物"}
    ),
    "disaster:board-answer": Address(
        {"slug": DRILL, "key": "{request}"}, writes=WRITERS, data={"state": "accepted", "partner": own_code}
    ),
    "disaster:board-new-note": Address(
        {"slug": DRILL}, writes=WRITERS, data={"text": "断水（架空）", "town": own_code, "source": "staff"}
    ),
    "disaster:board-note": Address(
        {"slug": DRILL, "key": "{note}"}, writes=KAWAKITA_OR_SHARED, data={"action": "巡回した"}
    ),
    "disaster:board-decide": Address(
        {"slug": DRILL, "kind": "town", "key": KAWAKITA, "name": "warning_level"},
        writes=KAWAKITA_OR_SHARED,
        data={"choice": "{level_head}"},
    ),
    "disaster:board-void": Address(
        {"slug": DRILL, "kind": "note", "key": "{note}"},
        writes=KAWAKITA_OR_SHARED,
        data={"reason": "二重に入力した"},
    ),
    "disaster:board-refused": read(slug=DRILL),
    "disaster:board-settle": Address(
        {"slug": DRILL, "pk": "{refused}"},
        opens=None,
        writes=SHARED,
        data={"note": "確かめた"},
        refusal=404,
        before="disaster:board-refused",
    ),
    "disaster:chronology": read(slug=DRILL),
    "disaster:chronology-file": read(slug=DRILL, form="csv"),
    "disaster:situation-report": read(slug=DRILL, form="docx"),
    "disaster:damage-report": read(slug=DRILL, form="docx"),
    "disaster:board-table": read(slug=DRILL, name="shelters"),
    "disaster:board-exchange": read(slug=DRILL, name="eei.json"),
    "disaster:warning-source": own(),
    "disaster:warnings": read(),
    "disaster:warning-telegram": read(pk="{telegram}"),
    "disaster:warning-telegram-file": read(pk="{telegram}"),
    "disaster:play-telegram": Address({"slug": DRILL}, writes=SHARED, data={"file": training}),
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
    "disaster:drills": read(),
    "disaster:new-drill-scenario": Address(
        writes=SHARED,
        data={
            "title": "参集の訓練",
            "hazard": "earthquake",
            "injects-0-after": "0",
            "injects-0-title": "震度6弱",
        },
    ),
    "disaster:drill-scenario": read(slug="scenario-1"),
    "disaster:edit-drill-scenario": Address(
        {"slug": "scenario-1"}, writes=SHARED, data={"purpose": "改めたねらい"}
    ),
    "disaster:start-drill": Address(
        {"slug": "scenario-1"}, writes=SHARED, data={"title": "夜の訓練（架空）", "speed": "1"}
    ),
    "disaster:drill": Address(
        {"slug": "{played}"}, writes=WRITERS, data={"number": "1", "town": own_code, "text": "対応した。"}
    ),
    "disaster:end-drill": Address(
        {"slug": "{played}"}, writes=SHARED, data={"participants": "12", "unrecorded": "on"}
    ),
    "disaster:drill-review": read(slug="{played}"),
    "disaster:drill-review-file": read(slug="{played}", form="docx"),
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
    "disaster:shelters": read(),
    "disaster:shelters-csv": read(),
    "disaster:shelters-standard": read(),
    "disaster:new-shelter": Address(writes=WRITERS, data={"town": own_code, "name": "公民館（架空）"}),
    "disaster:shelter-sizes": Address(writes=KAWAKITA_OR_SHARED, data={"sizes-0-floor_area": "120"}),
    "disaster:shelter": read(slug="{shelter}"),
    "disaster:edit-shelter": Address(
        {"slug": "{shelter}"}, writes=KAWAKITA_OR_SHARED, data={"note": "改めた備考"}
    ),
    "disaster:end-shelter": deed(
        KAWAKITA_OR_SHARED, slug="{spare_shelter}", data={"version": "1", "on": "2026-04-01"}
    ),
    "disaster:remove-shelter": deed(KAWAKITA_OR_SHARED, slug="{spare_shelter}", data={"version": "1"}),
    "disaster:import-shelters": Address(writes=WRITERS, data={"file": shelters_file}, stores=False),
    "disaster:take-shelters": deed(WRITERS, data={"mark": own_mark}),
    "disaster:shelter-problems": Address(opens=WRITERS, query={"mark": "{shelter_mark}"}),
    "disaster:layers": read(),
    "disaster:new-layer": Address(
        writes=SHARED,
        data={
            "hazard": "flood",
            "title": "浸水想定の二（架空）",
            "source_text": "架空の県",
            "file": hazard_file,
        },
    ),
    "disaster:layer": read(slug="{layer}"),
    "disaster:edit-layer": Address({"slug": "{layer}"}, writes=SHARED, data={"note": "改めた備考"}),
    "disaster:remove-layer": deed(slug="{layer}", data={"version": "1"}),
    "disaster:districts": read(),
    "disaster:districts-csv": read(),
    "disaster:new-district": Address(
        writes=WRITERS,
        data={"town": own_code, "name": "西区（架空）", "residents": "300", "vulnerable": "20"},
    ),
    "disaster:load-districts": Address(writes=WRITERS, data={"file": districts_file}),
    "disaster:propose-districts": Address(writes=HOSHINO_OR_SHARED, data={"town": HOSHINO}),
    "disaster:targets": Address({"code": AOBA}, writes=SHARED, data={"district": ""}),
    "disaster:district": read(slug="{district}"),
    "disaster:edit-district": Address({"slug": "{district}"}, writes=SHARED, data={"note": "改めた備考"}),
    "disaster:remove-district": deed(slug="{district}", data={"version": "1"}),
    "disaster:reopen-incident": deed(WRITERS, slug=ENDED, data={"version": "2"}),
    **RECEPTION,
    **STOCK,
    **PLANS,
    **STOCK_PLANS,
    **TRAINING,
    **CERTIFICATES,
    **LEDGER,
    **HOUSES,
    **SUPPORT,
}
