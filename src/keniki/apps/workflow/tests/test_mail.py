"""Reminders by e-mail over a real connection to a server on this machine."""

from __future__ import annotations

import email
import socketserver
import threading
from datetime import timedelta
from email import policy

import pytest
from django.core import mail

from keniki.apps.regions import policies as rights
from keniki.apps.regions.models import Organisation
from keniki.apps.workflow import actions, jobs
from keniki.apps.workflow.models import Reminder

pytestmark = pytest.mark.django_db


class Postman(socketserver.StreamRequestHandler):
    """As much of SMTP as a mail takes."""

    def handle(self) -> None:
        self.wfile.write(b"220 here\r\n")
        for line in self.rfile:
            word = line.split()[0].upper()
            if word == b"DATA":
                self.wfile.write(b"354 go on\r\n")
                body = b""
                for part in self.rfile:
                    if part == b".\r\n":
                        break
                    body += part
                self.server.got.append(email.message_from_bytes(body, policy=policy.default))  # type: ignore[attr-defined]
            elif word == b"RCPT" and self.server.refuse:  # type: ignore[attr-defined]
                self.wfile.write(b"550 nobody here\r\n")
                continue
            self.wfile.write(b"221 bye\r\n" if word == b"QUIT" else b"250 OK\r\n")
            if word == b"QUIT":
                return


@pytest.fixture
def server(settings):
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Postman) as running:
        running.got, running.refuse = [], False  # type: ignore[attr-defined]
        threading.Thread(target=running.serve_forever, daemon=True).start()
        settings.MAIL_ENABLED = True
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = running.server_address
        settings.EMAIL_USE_TLS, settings.EMAIL_HOST_USER = False, ""
        yield running
        running.shutdown()


@pytest.fixture
def due(in_region, secretariat, partner):
    partner.user.email = "nakamura@town.example"
    partner.user.save()
    body = Organisation.objects.get(slug="kawakita-cho")
    return actions.create_due(
        secretariat, in_region, "実績の入力", rights.today() + timedelta(days=5), [body]
    )


def test_the_morning_job_mails_what_comes_up_once(server, due) -> None:
    jobs.reminders.func(0)
    (letter,) = server.got
    assert letter["To"] == "nakamura@town.example"
    assert letter["Subject"] == "期限のお知らせ（1件）"
    assert "中村次郎 様" in letter.get_content()
    assert "青葉圏域 実績の入力" in letter.get_content()
    jobs.reminders.func(0)
    assert len(server.got) == 1
    assert mail.outbox == []


def test_a_refused_address_or_a_dead_server_leaves_the_reminder_on_the_desk(
    server, due, client_as, partner, settings
) -> None:
    server.refuse = True
    jobs.reminders.func(0)
    assert server.got == []
    assert Reminder.objects.count() == 1
    settings.EMAIL_PORT = 9
    assert jobs.send(due) == 0
    assert "実績の入力" in client_as(partner).get("/desk/").content.decode()
