"""Files of monitoring and reporting: method pages, Excel templates, emission reports as JSON, CSV, PDF.

A layer above the market: it reads and writes files, the market does not. Heavy libraries belong to extras
(`excel`, `pdf`) and are imported by the function that needs them.
"""
