"""The pages, by desk. Each module lists its own addresses in `urls`."""
