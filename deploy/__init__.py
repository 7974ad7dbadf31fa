"""What `make` runs: installing, starting and ending an instance of envmap.

Everything here uses the standard library only, because it runs before the virtual environment exists.
"""
