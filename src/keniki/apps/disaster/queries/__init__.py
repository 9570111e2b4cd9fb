"""What is read of disaster work, room by room."""
