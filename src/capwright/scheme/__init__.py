"""Schemes: every number and every choice of rule of a carbon market, with its source, as data."""
