"""The exchange: trading days, order books, trades agreed between two, prices, surveillance."""
