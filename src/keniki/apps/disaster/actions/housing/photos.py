"""Photos of a survey: checked by content, kept without what the camera wrote into them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final
from uuid import UUID

from keniki.apps.accounts.actor import Actor
from keniki.apps.accounts.verbs import lock, verb
from keniki.apps.workflow import storage
from keniki.core.errors import WrongInput
from keniki.press import images

from ... import policies
from ...models import HouseSurvey, SurveyPhoto

MOST: Final = 40
_LONGEST: Final = 1600


@dataclass(frozen=True)
class PhotoDraft:
    """A photo as it was taken: what it shows (a part, a caption), the file's name and content."""

    uid: UUID
    name: str
    content: bytes
    part: str = ""
    caption: str = ""


def add_photo(actor: Actor, survey: HouseSurvey, draft: PhotoDraft) -> tuple[SurveyPhoto, bool]:
    """Keep a photo; the second value is False where it was kept before. Raises `WrongInput` or `Denied`.

    Everything beside the picture itself (EXIF, position) is left out of what is kept.
    """
    house = survey.house
    ruling = policies.record_person(actor, house.region, house.municipality).require()
    if len(draft.caption) > 200 or len(draft.part) > 20:
        raise WrongInput("写真の説明は200字までで入力してください。", column="caption")
    if survey.sealed is None:
        raise WrongInput("保存期限が過ぎた調査に写真は加えられません。")
    known = SurveyPhoto.objects.filter(uid=draft.uid).first()
    if known is not None:
        return _same(known, survey), False
    content = images.public_copy(draft.content, longest=_LONGEST, file=draft.name)
    facts = images.inspect_photo(content, file=draft.name)
    with verb(actor, "disaster.add_survey_photo", region=house.region.slug, ruling=ruling, quiet=True) as act:
        lock("disaster-survey-photo", survey.pk)
        known = SurveyPhoto.objects.filter(uid=draft.uid).first()
        if known is not None:
            return _same(known, survey), False
        if survey.photos.count() >= MOST:
            raise WrongInput(f"写真は1回の調査に{MOST}枚までです。", column="file")
        photo = SurveyPhoto(
            region=house.region, incident=house.incident, mode=house.mode, municipality=house.municipality,
            survey=survey, uid=draft.uid, part=draft.part, digest=storage.put(content), size=len(content),
            width=facts.width, height=facts.height, sealed={"caption": draft.caption.strip()},
        )  # fmt: skip
        photo.save()
        said = f"【{house.get_mode_display()}】{house.municipality.name}の{house}の{survey}に写真を追加"
        act.log(photo, None, {"bytes": len(content)}, said, municipality=house.municipality.code)
        return photo, True


def remove_photo(actor: Actor, photo: SurveyPhoto) -> None:
    """Take a photo away, as long as its survey is not decided on. Raises `WrongInput` or `Denied`."""
    survey = photo.survey
    house = survey.house
    ruling = policies.record_person(actor, house.region, house.municipality).require()
    if house.official_id == survey.pk:
        raise WrongInput("採用している調査の写真は削除できません。")
    with verb(actor, "disaster.remove_survey_photo", region=house.region.slug, ruling=ruling) as act:
        said = f"【{house.get_mode_display()}】{house.municipality.name}の{house}の{survey}の写真を削除"
        act.log(photo, None, None, said, municipality=house.municipality.code)
        photo.delete()


def _same(known: SurveyPhoto, survey: HouseSurvey) -> SurveyPhoto:
    if known.survey_id != survey.pk:
        raise WrongInput("同じ番号の写真が、ほかの調査にあります。")
    return known
