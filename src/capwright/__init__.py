"""Capwright: a carbon market as a scheme file and a state machine."""

__version__ = "0.1.0"
