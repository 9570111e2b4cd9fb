"""Addresses of people, rights and the region's shape."""

from __future__ import annotations

from django.urls import path

from .views import arrangements, log, own, people, rights, shape, transfer, users

_A = "desk/<slug:region>/arrangements/"

urlpatterns = [
    path("accounts/profile/", own.profile, name="accounts-profile"),
    path("accounts/first-password/", own.first_password, name="accounts-first-password"),
    path("accounts/tokens/new/", own.token_new, name="accounts-token-new"),
    path("accounts/tokens/<int:pk>/revoke/", own.token_revoke, name="accounts-token-revoke"),
    path("accounts/sessions/<slug:mark>/end/", own.session_end, name="accounts-session-end"),
    path("desk/regions/", own.regions, name="regions-list"),
    path("desk/regions/new/", shape.region_new, name="regions-new"),
    path("desk/<slug:region>/rights/", rights.rights, name="regions-rights"),
    path("desk/<slug:region>/log/", log.log, name="regions-log"),
    path("desk/<slug:region>/history/<str:kind>/<int:pk>/", log.history, name="regions-history"),
    path("desk/<slug:region>/members/", shape.members, name="regions-members"),
    path("desk/<slug:region>/members/join/", shape.join, name="regions-join"),
    path("desk/<slug:region>/members/order/", shape.order, name="regions-order"),
    path("desk/<slug:region>/members/merge/", shape.merge, name="regions-merge"),
    path("desk/<slug:region>/members/<int:pk>/rename/", shape.rename, name="regions-rename"),
    path("desk/<slug:region>/members/<int:pk>/leave/", shape.leave, name="regions-leave"),
    path("desk/<slug:region>/members/<int:pk>/role/", shape.role, name="regions-role"),
    path("desk/<slug:region>/members/programme/", shape.programme, name="regions-programme"),
    path("desk/<slug:region>/members/settings/", shape.settings, name="regions-settings"),
    path("desk/<slug:region>/organisations/<slug:slug>/", people.organisation, name="regions-organisation"),
    path(
        "desk/<slug:region>/organisations/<slug:slug>/edit/",
        people.organisation_edit,
        name="regions-organisation-edit",
    ),
    path("desk/<slug:region>/organisations/<slug:slug>/posts/new/", people.post_new, name="regions-post-new"),
    path("desk/<slug:region>/posts/<slug:slug>/", people.post, name="regions-post"),
    path("desk/<slug:region>/posts/<slug:slug>/edit/", people.post_edit, name="regions-post-edit"),
    path("desk/<slug:region>/posts/<slug:slug>/end/", people.post_end, name="regions-post-end"),
    path("desk/<slug:region>/posts/<slug:slug>/assign/", people.assign, name="regions-assign"),
    path("desk/<slug:region>/posts/<slug:slug>/notes/", people.note, name="regions-note"),
    path(
        "desk/<slug:region>/posts/<slug:slug>/holders/<int:pk>/end/",
        people.holding_end,
        name="regions-holding-end",
    ),
    path(_A, arrangements.arrangements, name="regions-arrangements"),
    path(f"{_A}new/", arrangements.arrangement_save, name="regions-arrangement-new"),
    path(f"{_A}load/", arrangements.arrangements_load, name="regions-arrangements-load"),
    path(f"{_A}load/template.csv", arrangements.arrangements_template, name="regions-arrangements-template"),
    path(f"{_A}data/<str:name>", arrangements.arrangements_data, name="regions-arrangements-data"),
    path(f"{_A}<slug:slug>/", arrangements.arrangement, name="regions-arrangement"),
    path(f"{_A}<slug:slug>/edit/", arrangements.arrangement_save, name="regions-arrangement-edit"),
    path(f"{_A}<slug:slug>/end/", arrangements.arrangement_end, name="regions-arrangement-end"),
    path("desk/<slug:region>/people/", people.overview, name="regions-people"),
    path("desk/<slug:region>/people/new/", users.user_new, name="regions-user-new"),
    path("desk/<slug:region>/people/transfer/", transfer.transfer, name="regions-transfer"),
    path(
        "desk/<slug:region>/people/transfer/template.csv",
        transfer.transfer_template,
        name="regions-transfer-template",
    ),
    path("desk/<slug:region>/people/<str:login>/", users.user, name="regions-user"),
    path("desk/<slug:region>/people/<str:login>/edit/", users.user_edit, name="regions-user-edit"),
    path("desk/<slug:region>/people/<str:login>/<slug:deed>/", users.user_do, name="regions-user-do"),
]
