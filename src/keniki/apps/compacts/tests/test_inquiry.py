"""A draft agreement can be put to the towns, and their answers are bound to exactly that text."""

from django.urls import reverse
from django.utils import timezone

from keniki.apps.compacts import actions
from keniki.apps.workflow import queries as workflow


def test_a_draft_is_put_to_the_towns_and_a_changed_text_makes_the_answers_stale(
    in_region, towns, secretariat, client_as
):
    agreement = actions.create_agreement(
        secretariat, in_region, kind="memorandum", parties=list(towns.values())[:2], title="架空の覚書"
    )
    version = agreement.versions.get()
    client = client_as(secretariat)
    page = client.get(reverse("compacts:agreement", args=[in_region.slug, agreement.slug]))
    address = f"{reverse('workflow-inquiry-new', args=[in_region.slug])}?record=compacts.agreementversion:{version.pk}"
    assert address in page.content.decode()
    answer = client.post(
        address, {"title": "覚書の照会", "label": "第1版", "due_on": timezone.localdate().isoformat()}
    )
    assert answer.status_code == 302
    inquiry = workflow.inquiries_about(version)[0]
    assert inquiry.digest == version.inquiry_digest
    shown = client.get(reverse("workflow-inquiry", args=[in_region.slug, inquiry.pk])).content.decode()
    assert version.get_absolute_url() in shown
    before = version.inquiry_digest
    version.preamble = "別の前文"
    assert version.inquiry_digest != before
