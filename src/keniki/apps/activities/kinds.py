"""What kinds of activities there are: the one list that records, files and the API share."""

from __future__ import annotations

from django.db.models import TextChoices


class Kind(TextChoices):
    STUDY = "study", "検討"
    SURVEY = "survey", "調査"
    TRAINING = "training", "研修"
    COURSE = "course", "講習"
    DRILL = "drill", "訓練"
    EVENT = "event", "イベント"
    PURCHASE = "purchase", "購入"
    DEVELOPMENT = "development", "整備・開発"
    PUBLICATION = "publication", "作成・発行"
    SERVICE = "service", "運用"
    MEETING = "meeting", "会議"
    OTHER = "other", "その他"
    NONE = "none", "実績なし"


#: Kinds of what was done: all but 実績なし.
DONE = tuple(kind.value for kind in Kind if kind is not Kind.NONE)
