"""What the public sees of an incident is rendered ahead; here it is said that something changed."""

from __future__ import annotations

from ..models import Incident


def incident_changed(incident: Incident) -> None:
    """Let the public pages of the incident's region be rendered anew, once the transaction has been committed."""
