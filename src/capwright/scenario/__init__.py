"""Scenarios: a market's story in a folder, played through the same commands as everybody's."""
