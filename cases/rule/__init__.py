"""``dormatrix rule``: what the rule knows, its fit to counts, its network and its clutch."""
