"""The application a web server calls: snapshots, else Django; every process of it keeps the database up."""

from __future__ import annotations

import os

from django.core.wsgi import get_wsgi_application

from keniki.site import home, postgres, snapshots
from keniki.site.apart import django_apart

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "keniki.site.settings")
postgres.ensure()

application = snapshots.in_front_of(django_apart(get_wsgi_application()), home.current().snapshots)
