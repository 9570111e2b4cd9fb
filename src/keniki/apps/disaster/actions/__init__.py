"""What may be done in disaster work, room by room."""
