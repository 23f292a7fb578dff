"""Data quality: rules that look at reported figures, and an order of inspection; no figure is changed."""
