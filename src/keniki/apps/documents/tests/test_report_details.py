"""What a results report does with photos nobody agreed to, amounts that are not whole thousands, and open periods."""

from __future__ import annotations

from typing import Any

import pytest

from keniki.apps.accounts.verbs import verb
from keniki.apps.activities.models import Photo
from keniki.apps.compacts.models import Initiative
from keniki.apps.documents.composing import Stage, compose
from keniki.apps.documents.rendering import FORMATS, render
from keniki.apps.finance.models import GrantStep
from keniki.apps.regions import queries
from keniki.core.errors import WrongInput
from keniki.press import blocks as b

from . import reading
from .reading import READERS, every

pytestmark = pytest.mark.django_db

YEARS = {"first": 2022, "last": 2024}
WITHHELD = "写っている人の同意がないため、掲載しない写真"


def written(record: Any, **values: Any) -> None:
    with verb(queries.operator(), "testing.write", quiet=True):
        type(record).objects.filter(pk=record.pk).update(**values)


@pytest.fixture
def refused(small: Any) -> Photo:
    """A second photo beside the region's own, whose people do not agree."""
    with verb(queries.operator(), "testing.photo", quiet=True):
        photo = Photo.objects.get()
        photo.pk, photo.slug, photo.caption = None, "machiaishitsu", "待合室の様子"
        photo.consent, photo.public, photo._state.adding = Photo.Consent.REFUSED, False, True
        photo.save()
    return photo


@pytest.mark.slow
@pytest.mark.parametrize("stage", [Stage.CHECK, Stage.INQUIRY])
@pytest.mark.parametrize("format_", FORMATS)
def test_a_photo_without_consent_is_a_frame_with_its_reason_before_submission(small, refused, stage, format_):
    composed = compose(small, "results", stage, **YEARS)
    photos = every(b.Photo, composed.document.blocks)
    assert [bool(photo.image) for photo in photos] == [True, False]
    assert not composed.gaps
    text = READERS[format_](next(render(composed, (format_,))).content)
    assert reading.out_of_order(text, [WITHHELD, "R5 待合室の様子"]) == ""


@pytest.mark.slow
def test_a_photo_without_consent_is_not_in_what_is_submitted(small, refused):
    composed = compose(small, "results", Stage.SUBMITTED, **YEARS)
    assert "待合室" not in reading.tree_text(composed.document)
    files = {file.format: file.content for file in render(composed)}
    assert [row[0] for row in reading.workbook(files["xlsx"])["写真"][1:]] == ["shinryoujo"]
    assert len(reading.pictures(files["docx"])) == 1


def test_a_project_whose_only_photo_has_no_consent_still_lacks_photos(small, refused):
    written(Photo.objects.get(slug="shinryoujo"), consent=Photo.Consent.REFUSED, public=False)
    composed = compose(small, "results", **YEARS)
    assert [str(gap) for gap in composed.gaps] == ["診療所の共同運営：活動記録写真"]
    assert not [photo for photo in every(b.Photo, composed.document.blocks) if photo.image]


def test_a_photo_nobody_has_been_asked_about_is_a_gap(small):
    written(Photo.objects.get(), consent=Photo.Consent.UNKNOWN, public=False)
    with pytest.raises(WrongInput, match="写っている人の同意"):
        compose(small, "results", Stage.SUBMITTED, **YEARS)


def test_amounts_rounded_to_thousands_say_so_and_whole_thousands_do_not(small):
    def notes() -> list[str]:
        document = compose(small, "results", **YEARS).document
        return [b.plain(note.text) for note in every(b.Note, document.blocks) if "千円" in b.plain(note.text)]

    assert notes() == ["※千円未満を四捨五入して表示している。"]
    with verb(queries.operator(), "testing.amount", quiet=True):
        GrantStep.objects.filter(amount=2_345_678).update(amount=2_345_000)
    assert notes() == []


@pytest.mark.parametrize(
    ("first", "last", "one_off", "printed"),
    [
        (2019, 2026, False, "（R1～R8）"),
        (2021, None, False, "（R3～）"),
        (2023, 2023, False, "（R5のみ実施）"),
        (2023, None, True, "（R5のみ実施）"),
        (None, None, False, "実施期間 未入力"),
    ],
)
def test_a_projects_period_is_its_own_and_its_years_are_the_reports(small, first, last, one_off, printed):
    written(Initiative.objects.get(), first_year=first, last_year=last, one_off=one_off)
    document = compose(small, "results", **YEARS).document
    assert b.plain(reading.row_of(document, "診療所", "事業名")) == f"診療所の共同運営{printed}"
    years = reading.row_of(document, "診療所", "事業概要")[0].sections
    assert [b.plain(section.heading) for section in years] == ["（R4年度）", "（R5年度）", "（R6年度）"]
