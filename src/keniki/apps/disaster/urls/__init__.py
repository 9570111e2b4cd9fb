"""Where disaster work is reached."""

from . import (
    board,
    certificates,
    contacts,
    drills,
    field,
    housing,
    incidents,
    places,
    plans,
    privacy,
    procedures,
    public,
    reception,
    stock,
    stock_plans,
    support,
    training,
    warnings,
)

app_name = "disaster"
urlpatterns = [
    *public.patterns,
    *incidents.patterns,
    *board.patterns,
    *places.patterns,
    *plans.patterns,
    *stock_plans.patterns,
    *stock.patterns,
    *privacy.patterns,
    *contacts.patterns,
    *drills.patterns,
    *procedures.patterns,
    *training.patterns,
    *housing.patterns,
    *support.patterns,
    *warnings.patterns,
    *field.patterns,
    *reception.patterns,
    *certificates.patterns,
]
