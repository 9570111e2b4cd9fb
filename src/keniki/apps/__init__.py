"""The product: one vertical slice per capability."""
