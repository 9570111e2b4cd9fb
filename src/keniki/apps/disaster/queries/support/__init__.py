"""Reading about people who need help to evacuate: a town its own, everybody else numbers."""
