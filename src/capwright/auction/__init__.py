"""Auctions: sealed bids, clearing, tie rules, reserve prices, and what becomes of unsold units."""
