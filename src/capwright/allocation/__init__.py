"""Free allocation: caps, methods, pre-issue and true-up, new entrants, recalls, exits.

The modules are pure: rules and data in, structs that explain themselves out. They hold no state and read no
file.
"""
