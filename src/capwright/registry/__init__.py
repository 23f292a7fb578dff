"""The registry: account holders, representatives, typed transactions, approvals, delays, reversals."""
