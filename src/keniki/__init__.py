"""Keniki (圏域): the system a cooperating region of Japanese municipalities runs on."""

__version__ = "0.1.0"
