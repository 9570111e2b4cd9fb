"""Addresses of comments, files, due items and inquiries."""

from __future__ import annotations

from django.urls import path

from . import views

urlpatterns = [
    path("desk/<slug:region>/comments/new/", views.comment, name="workflow-comment"),
    path(
        "desk/<slug:region>/comments/<int:pk>/<slug:deed>/",
        views.comment_state,
        name="workflow-comment-state",
    ),
    path("desk/<slug:region>/files/new/", views.attach, name="workflow-attach"),
    path("desk/<slug:region>/files/<int:pk>/", views.download, name="workflow-file"),
    path("desk/<slug:region>/files/<int:pk>/remove/", views.detach, name="workflow-detach"),
    path("desk/<slug:region>/dues/", views.dues, name="workflow-dues"),
    path("desk/<slug:region>/dues/new/", views.due_new, name="workflow-due-new"),
    path("desk/<slug:region>/dues/<int:pk>/edit/", views.due_edit, name="workflow-due-edit"),
    path("desk/<slug:region>/dues/<int:pk>/<slug:deed>/", views.due_do, name="workflow-due-do"),
    path("desk/<slug:region>/inquiries/", views.inquiries, name="workflow-inquiries"),
    path("desk/<slug:region>/inquiries/new/", views.inquiry_new, name="workflow-inquiry-new"),
    path("desk/<slug:region>/inquiries/<int:pk>/", views.inquiry, name="workflow-inquiry"),
    path("desk/<slug:region>/inquiries/<int:pk>/towns/<str:code>/", views.decide, name="workflow-decide"),
    path("desk/<slug:region>/inquiries/<int:pk>/<slug:deed>/", views.inquiry_do, name="workflow-inquiry-do"),
]
