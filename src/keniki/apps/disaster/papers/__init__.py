"""The papers of disaster work: every one says whether it is real or of an exercise."""
