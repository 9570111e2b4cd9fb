"""Django's PostgreSQL engine, telling the server which regions are in scope."""
