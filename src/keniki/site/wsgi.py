"""The application a web server calls; every process of it keeps the database up."""

from __future__ import annotations

import os

from django.core.wsgi import get_wsgi_application

from keniki.site import postgres

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "keniki.site.settings")
postgres.ensure()

application = get_wsgi_application()
