"""A region's own training cases, one by one, and their pictures."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from keniki.analysis.damage.training import case_of
from keniki.apps.accounts.actor import Actor
from keniki.apps.accounts.verbs import changes, lock, verb
from keniki.apps.regions.models import Region
from keniki.apps.workflow import storage
from keniki.core.errors import WrongInput
from keniki.press import images

from .. import policies
from ..models import TrainingCase, TrainingPicture, TrainingSession
from .training import MOST_CASES

MOST_PICTURES: Final = 12
_LONGEST: Final = 1600
_LABELS: Final = {"title": "名称", "text": "見えるもの", "trap": "間違えやすいところ", "survey": "正しい調査"}


@dataclass(frozen=True)
class CaseDraft:
    """A case as it shall be; `survey` as `read_house` takes it."""

    title: str
    text: str
    trap: str
    survey: Mapping[str, Any]


@dataclass(frozen=True)
class PictureDraft:
    """A picture: its number, what it shows, the file's name and content."""

    uid: UUID
    caption: str
    name: str
    content: bytes


def save_case(
    actor: Actor,
    region: Region,
    draft: CaseDraft,
    case: TrainingCase | None = None,
    version: int | None = None,
) -> TrainingCase:
    """Store a case of the region's own. The answer is reckoned from its survey, so one that cannot be judged is
    refused.

    Raises `WrongInput` (places in the survey begin with `survey.`), `Denied` or `Stale`.
    """
    ruling = policies.write_shared(actor, region).require()
    title, text, trap = draft.title.strip(), draft.text.strip(), draft.trap.strip()
    for name, words in (("title", title), ("text", text)):
        if not words:
            raise WrongInput(f"{_LABELS[name]}を入力してください。", column=name)
    try:
        case_of("x", title, text, draft.survey, trap)
    except WrongInput as wrong:
        raise WrongInput(
            wrong.message, column=f"survey.{wrong.column}" if wrong.column else "survey"
        ) from None
    quiet = case is not None
    with verb(actor, "disaster.save_training_case", region=region.slug, ruling=ruling, quiet=quiet) as act:
        lock("training-cases", region.pk)
        others = TrainingCase.objects.filter(region=region)
        if others.filter(title=title).exclude(key=case.key if case else "").exists():
            raise WrongInput("同じ名称の事例があります。名称を変えてください。", column="title")
        if case is None:
            number = others.count() + 1
            if number > 10 * MOST_CASES:
                raise WrongInput(f"圏域の事例は{10 * MOST_CASES}件までです。")
            saved = TrainingCase(region=region, key=f"own-{number}")
            old: dict[str, Any] = {}
        else:
            saved = act.lock(case, version)
            saved.region = region
            old = {name: getattr(saved, name) for name in _LABELS}
        new = {"title": title, "text": text, "trap": trap, "survey": dict(draft.survey)}
        differing = [_LABELS[name] for name in changes(old, new)[1]]
        if case is not None and not differing:
            return saved
        for name, value in new.items():
            setattr(saved, name, value)
        act.save(saved)
        said = "を登録" if case is None else f"の{'・'.join(differing)}を変更"
        act.log(saved, None, None, f"【訓練】研修の事例「{title}」{said}")
        return saved


def add_picture(actor: Actor, case: TrainingCase, draft: PictureDraft) -> TrainingPicture:
    """Keep a picture of a case; one sent twice is kept once. Raises `WrongInput` or `Denied`.

    Everything beside the picture itself (EXIF, position) is left out of what is kept.
    """
    region = case.region
    ruling = policies.write_shared(actor, region).require()
    caption = draft.caption.strip()
    if not caption or len(caption) > 200:
        raise WrongInput("写っているものを、200字までで入力してください。", column="caption")
    known = TrainingPicture.objects.filter(uid=draft.uid, case=case).first()
    if known is not None:
        return known
    content = images.public_copy(draft.content, longest=_LONGEST, file=draft.name)
    facts = images.inspect_photo(content, file=draft.name)
    with verb(actor, "disaster.add_training_picture", region=region.slug, ruling=ruling) as act:
        lock("training-picture", case.pk)
        known = TrainingPicture.objects.filter(uid=draft.uid).first()
        if known is not None:
            if known.case_id != case.pk:
                raise WrongInput("同じ番号の写真が、ほかの事例にあります。", column="file")
            return known
        if case.pictures.count() >= MOST_PICTURES:
            raise WrongInput(f"写真は1つの事例に{MOST_PICTURES}枚までです。", column="file")
        picture = TrainingPicture(
            region=region, case=case, uid=draft.uid, caption=caption, digest=storage.put(content),
            size=len(content), width=facts.width, height=facts.height,
        )  # fmt: skip
        picture.save()
        act.log(picture, None, {"bytes": len(content)}, f"【訓練】研修の事例「{case}」に写真を追加")
        return picture


def remove_picture(actor: Actor, picture: TrainingPicture) -> None:
    """Take a picture away that no session shows. Raises `WrongInput` or `Denied`."""
    region = picture.region
    ruling = policies.write_shared(actor, region).require()
    uid = str(picture.uid)
    with verb(actor, "disaster.remove_training_picture", region=region.slug, ruling=ruling) as act:
        lock("training-picture", picture.case_id)
        if TrainingSession.objects.filter(region=region, cases__contains=[{"pictures": [uid]}]).exists():
            raise WrongInput("この写真は、研修会の事例に入っているため削除できません。")
        act.log(picture, None, None, f"【訓練】研修の事例「{picture.case}」の写真を削除")
        picture.delete()
