"""Reading the reception: devices and what they sent, persons of the own town, numbers without persons."""
