"""Where shelters, hazards and districts are reached."""

from __future__ import annotations

from typing import Final

from django.urls import URLPattern, path

from ..views import districts, hazards, shelter_files, shelter_sizes, shelters
from .desk import DISTRICT, DISTRICTS, LAYER, LAYERS, SHELTER, SHELTERS

patterns: Final[list[URLPattern]] = [
    path(f"{SHELTERS}/", shelters.shelters, name="shelters"),
    path(f"{SHELTERS}/new/", shelters.edit_shelter, name="new-shelter"),
    path(f"{SHELTERS}/data/", shelters.shelters_csv, name="shelters-csv"),
    path(f"{SHELTERS}/standard/", shelters.shelters_standard, name="shelters-standard"),
    path(f"{SHELTERS}/sizes/", shelter_sizes.shelter_sizes, name="shelter-sizes"),
    path(f"{SHELTERS}/import/", shelter_files.import_shelters, name="import-shelters"),
    path(f"{SHELTERS}/import/take/", shelter_files.take_shelters, name="take-shelters"),
    path(f"{SHELTERS}/import/problems/", shelter_files.shelter_problems, name="shelter-problems"),
    path(f"{SHELTER}/", shelters.shelter, name="shelter"),
    path(f"{SHELTER}/edit/", shelters.edit_shelter, name="edit-shelter"),
    path(f"{SHELTER}/end/", shelters.end_shelter, name="end-shelter"),
    path(f"{SHELTER}/remove/", shelters.remove_shelter, name="remove-shelter"),
    path(f"{LAYERS}/", hazards.layers, name="layers"),
    path(f"{LAYERS}/new/", hazards.edit_layer, name="new-layer"),
    path(f"{LAYER}/", hazards.layer, name="layer"),
    path(f"{LAYER}/edit/", hazards.edit_layer, name="edit-layer"),
    path(f"{LAYER}/remove/", hazards.remove_layer, name="remove-layer"),
    path(f"{DISTRICTS}/", districts.districts, name="districts"),
    path(f"{DISTRICTS}/new/", districts.edit_district, name="new-district"),
    path(f"{DISTRICTS}/data/", districts.districts_csv, name="districts-csv"),
    path(f"{DISTRICTS}/load/", districts.load_districts, name="load-districts"),
    path(f"{DISTRICTS}/propose/", districts.propose_districts, name="propose-districts"),
    path(f"{DISTRICTS}/targets/<slug:code>/", districts.targets, name="targets"),
    path(f"{DISTRICT}/", districts.district, name="district"),
    path(f"{DISTRICT}/edit/", districts.edit_district, name="edit-district"),
    path(f"{DISTRICT}/remove/", districts.remove_district, name="remove-district"),
]
