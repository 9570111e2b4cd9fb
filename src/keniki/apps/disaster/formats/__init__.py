"""Files of shelters, hazards and districts: bytes in, frozen rows and what could not be read out. No models here."""
