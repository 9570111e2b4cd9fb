"""Inquiries for figures: the form, its letters and sheets, the towns' answers, and their way into the store."""
