"""Importers play other registries' public records through the real commands of the market.

Each reads its files whole and checks them before a journal is touched. Nothing is written past the market:
what an importer brings in passed the same checks as any other command, and what did not is reported with its
place.
"""
