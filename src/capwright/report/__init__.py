"""What a run came to: the summary as data, on the terminal, and as one self-contained page."""
