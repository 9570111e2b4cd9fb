"""A few words by mail to one person, where the installation sends mail."""

from __future__ import annotations

import logging

from django.conf import settings
from django.core.mail import send_mail

from .models import User

log = logging.getLogger(__name__)


def tell(user: User, subject: str, *paragraphs: str) -> bool:
    """Leave a mail for the job worker; False where no mail is set up or no address known."""
    if not getattr(settings, "MAIL_ENABLED", False) or not user.email:
        return False
    from .jobs import mail

    body = "\n\n".join((f"{user.name} 様", *paragraphs, "Keniki（圏域）"))
    mail.defer(to=user.email, subject=subject, body=body)
    return True


def send(to: str, subject: str, body: str) -> int:
    """Send it; the number sent. A server that cannot be reached is written into the server's log."""
    try:
        return send_mail(subject, body, None, [to])
    except OSError:
        log.exception("メールを送れませんでした（%s）", subject)
        return 0
