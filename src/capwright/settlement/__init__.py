"""Settlement: cash in and out, and delivery against payment."""
