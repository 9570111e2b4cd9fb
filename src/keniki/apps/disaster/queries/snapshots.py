"""What the public sees of an incident is rendered ahead; here it is said that something changed."""

from __future__ import annotations

from keniki.apps.accounts.snapshots import touch

from ..models import Incident
from ..public import ALL, SOURCE


def incident_changed(incident: Incident, was_public: bool = False) -> None:
    """Let the public pages of the incident's region be rendered anew, once the transaction has been committed."""
    if incident.public or was_public:
        touch(SOURCE, incident.region.slug)
        touch(SOURCE, ALL)
