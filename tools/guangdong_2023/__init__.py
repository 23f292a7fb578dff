"""Parts of the generator of the synthetic Guangdong compliance year 2023; run `make_guangdong_2023.py`."""
