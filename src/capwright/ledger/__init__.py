"""The one book: accounts, serial-numbered units, cash, the buckets they lie in, and the laws they obey."""
