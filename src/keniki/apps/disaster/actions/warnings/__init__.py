"""Warnings of the weather agency: switched on by the operator, asked for, taken once, told to real incidents."""
