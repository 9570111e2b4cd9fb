"""The reception of shelters: devices, files of sticks, cards and sheets, persons, residents' own forms."""
