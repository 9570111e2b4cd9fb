"""What a refusal answers: why, and for a reason that lies in the state of a record the place where it ends."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render


def refused(request: HttpRequest, exception: Exception) -> HttpResponse:
    """The page 403.html with the sentence of the refusal and its `Remedy`, if it has one."""
    context = {"exception": str(exception), "remedy": getattr(exception, "remedy", None)}
    return render(request, "403.html", context, status=403)
