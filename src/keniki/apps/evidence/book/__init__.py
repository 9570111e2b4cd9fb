"""The region book (圏域基礎調査): what the store says of any set of municipalities, chapter by chapter."""
