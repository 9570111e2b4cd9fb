"""The pages of inquiries for figures."""
