"""Where inquiries for figures are reached."""

from __future__ import annotations

from django.urls import path

from .views import answering, making, running

_inquiries = "desk/<slug:region>/evidence/inquiries"
_one = f"{_inquiries}/<int:pk>"
_answer = f"{_one}/answers/<str:code>"
urlpatterns = [
    path(f"{_inquiries}/", running.inquiries, name="inquiries"),
    path(f"{_inquiries}/new/", making.new, name="inquiry-new"),
    path(f"{_one}/", running.inquiry, name="inquiry"),
    path(f"{_one}/edit/", making.edit, name="inquiry-edit"),
    path(f"{_one}/items/", making.items, name="inquiry-items"),
    path(f"{_one}/send/", running.send, name="inquiry-send"),
    path(f"{_one}/remind/", running.remind, name="inquiry-remind"),
    path(f"{_one}/terms/", running.terms, name="inquiry-terms"),
    path(f"{_one}/letters/<int:letter>.zip", running.round_file, name="inquiry-letters"),
    path(f"{_one}/letters/<int:letter>/<str:code>.<slug:ending>", running.letter_file, name="inquiry-letter"),
    path(f"{_one}/table/", running.table, name="inquiry-table"),
    path(f"{_one}/table.<slug:ending>", running.table_file, name="inquiry-table-file"),
    path(f"{_one}/do/<slug:deed>/", running.do, name="inquiry-do"),
    path(f"{_answer}/", answering.answer, name="inquiry-answer"),
    path(f"{_answer}/sheet.xlsx", answering.sheet, name="inquiry-sheet"),
    path(f"{_answer}/sheet/", answering.upload, name="inquiry-upload"),
    path(f"{_answer}/hand-in/", answering.hand_in, name="inquiry-hand-in"),
]
