"""Pages for people: a Django project that reads projections and sends commands."""
