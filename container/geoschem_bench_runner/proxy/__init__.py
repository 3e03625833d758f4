"""The proxy: real transport and chemistry on the model's grid, where GEOS-Chem is not at hand.

Its seconds are the proxy's own. They scale with threads and feel memory bandwidth as a transport
model does, but they are not GEOS-Chem's and are never shown beside them.
"""
