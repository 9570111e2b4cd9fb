"""Where activities are reached."""

from __future__ import annotations

from django.urls import path, register_converter

from .views import editing, figures, photos, reading, sheets, years


class StaffVariant:
    """How a photo is served to staff."""

    regex = "thumbnail|image|original"

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value


class PublicVariant(StaffVariant):
    """How a photo is served to residents."""

    regex = "thumbnail|image"


register_converter(StaffVariant, "photo_variant")
register_converter(PublicVariant, "public_photo_variant")

app_name = "activities"
_desk = "desk/<slug:region>"
urlpatterns = [
    path(f"{_desk}/activities/", reading.activities, name="activities"),
    path(f"{_desk}/activities/new/", editing.new, name="new"),
    path(f"{_desk}/activities/none/", editing.none, name="none"),
    path(f"{_desk}/activities/years/", years.years, name="years"),
    path(f"{_desk}/activities/sheets/", sheets.sheets, name="sheets"),
    path(f"{_desk}/activities/sheets/<int:year>/", sheets.download, name="sheet"),
    path(f"{_desk}/activities/sheets/store/", sheets.store, name="store-sheet"),
    path(f"{_desk}/activities/<slug:slug>/", reading.activity, name="activity"),
    path(f"{_desk}/activities/<slug:slug>/edit/", editing.edit, name="edit"),
    path(f"{_desk}/activities/<slug:slug>/remove/", editing.remove, name="remove"),
    path(f"{_desk}/activities/<slug:slug>/figures/", figures.figures, name="figures"),
    path(f"{_desk}/activities/<slug:slug>/figures/adopt/", figures.adopt, name="adopt"),
    path(f"{_desk}/photos/", photos.photos, name="photos"),
    path(f"{_desk}/photos/new/", photos.add_photo, name="add-photo"),
    path(f"{_desk}/photos/<slug:slug>/", photos.edit_photo, name="edit-photo"),
    path(f"{_desk}/photos/<slug:slug>/remove/", photos.remove_photo, name="remove-photo"),
    path(f"{_desk}/photos/<slug:slug>/<photo_variant:variant>/", photos.photo, name="photo"),
    path(
        "r/<slug:region>/photos/<slug:slug>/<public_photo_variant:variant>/",
        photos.public_photo,
        name="public-photo",
    ),
]
