"""A district's stations talking HJ 212 to a gateway: honest clients, for demonstrations, tests and measurements."""
