"""The API for programs: everything that desks can do, under `/api/v1`, with the pages mounted beside it."""
