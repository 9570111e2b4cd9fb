"""What the purge takes of houses: who lives where, remarks, and the photos with their files."""

from __future__ import annotations

from functools import partial

import pgtrigger
from django.db import transaction

from keniki.apps.regions.models import Municipality
from keniki.apps.workflow import keeping, storage

from ...models import House, HouseSurvey, Incident, SurveyPhoto
from ..privacy import erases


@erases("被災家屋")
def erase_houses(incident: Incident, town: Municipality) -> int:
    """Erase who lives where, also in the row history; class, arithmetic and numbers stay."""
    own = {"incident": incident, "municipality": town, "sealed__isnull": False}
    history = House._meta.apps.get_model("disaster", "HouseEvent")
    with pgtrigger.ignore("disaster.HouseEvent:append_only"):
        done = House.objects.filter(**own).update(sealed=None)
        history._base_manager.filter(**own).update(sealed=None)
    return done


@erases("家屋の調査")
def erase_surveys(incident: Incident, town: Municipality) -> int:
    """Erase the remarks of surveys."""
    own = HouseSurvey.objects.filter(incident=incident, municipality=town, sealed__isnull=False)
    return own.update(sealed=None)


@erases("調査の写真")
def erase_photos(incident: Incident, town: Municipality) -> int:
    """Erase the photos of surveys; their files are gone at once, not after the days others wait."""
    photos = SurveyPhoto.objects.filter(incident=incident, municipality=town)
    digests = set(photos.values_list("digest", flat=True))
    done = photos.delete()[0]
    if digests:
        transaction.on_commit(partial(_discard, digests))
    return done


def _discard(digests: set[str]) -> None:
    used = keeping.in_use()
    for file in storage.everything():
        if file.digest in digests and file.digest not in used:
            storage.discard(file, 0)
