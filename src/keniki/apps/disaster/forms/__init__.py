"""What is typed in disaster work, room by room."""
