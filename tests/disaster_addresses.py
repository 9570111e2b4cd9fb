"""The addresses of disaster work."""

from __future__ import annotations

from keniki.apps.portal.testing import KAWAKITA

from .addressing import STAFF, WRITERS, Address, deed, own, read
from .disaster import DRILL, ENDED

DISASTER: dict[str, Address] = {
    "disaster:desk": own(STAFF),
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
    "disaster:reopen-incident": deed(WRITERS, slug=ENDED, data={"version": "2"}),
}
