"""Pages of people who need help to evacuate, and of safety inquiries."""
