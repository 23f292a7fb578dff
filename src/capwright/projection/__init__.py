"""Views that follow the journal: the state in memory for what is now, SQL tables for what has been."""
