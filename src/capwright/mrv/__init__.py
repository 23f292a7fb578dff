"""Measuring, reporting, verification: methods as data, exact calculation, the workflow of a report."""
