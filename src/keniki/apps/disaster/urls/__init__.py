"""Where disaster work is reached."""

from . import board, contacts, incidents, places, plans, privacy, procedures, stock

app_name = "disaster"
urlpatterns = [
    *incidents.patterns,
    *board.patterns,
    *places.patterns,
    *plans.patterns,
    *stock.patterns,
    *privacy.patterns,
    *contacts.patterns,
    *procedures.patterns,
]
