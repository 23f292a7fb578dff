"""Value types without input or output: everything else in Capwright is built on them."""
