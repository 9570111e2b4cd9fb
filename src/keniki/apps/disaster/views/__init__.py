"""The pages of disaster work, room by room."""
